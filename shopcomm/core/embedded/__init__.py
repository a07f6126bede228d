"""PostgreSQL and Valkey from their wheels, and the supervisor of `make run`. Imports nothing of Django."""
