"""Libraries: example queries that can be installed and found."""
