"""Asking for a change of an order that is agreed: read, routed, answered, made."""
