"""Forms of pages, read as the services take them."""
