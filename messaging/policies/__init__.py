"""Rules that need no database: plain values in, a decision out."""
