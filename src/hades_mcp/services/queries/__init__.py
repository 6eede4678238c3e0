"""Guarded AQL: what a query may do, its limits, what it changed, errors that teach."""
