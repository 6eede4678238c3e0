"""Graphs: walking them, measuring them, relating documents."""
