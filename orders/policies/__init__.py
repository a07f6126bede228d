"""Business rules as data: tables and comparisons that need no database."""
