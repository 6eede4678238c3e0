"""Reads files into parts and references: one reader per kind of file, all pure functions."""
