"""Memory of what was done: one canonical record per run, and the same run as live spans."""
