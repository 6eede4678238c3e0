"""Plays suites against a model and says how it did: HADES-Bench, BFCL, and one's own suites."""
