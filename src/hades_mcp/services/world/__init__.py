"""Worlds: everything of a database as one JSON file, in and out."""
