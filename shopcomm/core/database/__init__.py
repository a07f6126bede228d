"""Connections to PostgreSQL: each web process holds a fixed number of them at most."""
