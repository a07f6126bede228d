"""Connections to PostgreSQL: a web process keeps a stated number of them, whatever is asked of it."""
