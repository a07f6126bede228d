"""A shop that keeps its orders in another system: both run as processes, fail and come back, and must agree at the end."""
