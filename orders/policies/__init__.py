"""Rules of the trade as data: tables and comparisons that need no database."""
