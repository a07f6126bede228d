"""What pages ask of people, read as the services take it."""
