"""Requesting a change of an order: parsed, routed, answered, applied."""
