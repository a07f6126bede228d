"""Pages of exports and imports."""
