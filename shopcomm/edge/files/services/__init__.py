"""What makes files, and what takes them in."""
