"""Contexts: named memories of entries, read back by recency, by meaning, or both."""
