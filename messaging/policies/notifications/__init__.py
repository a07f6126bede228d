"""When a notice goes out, what it is merged with, and when it is no longer needed."""
