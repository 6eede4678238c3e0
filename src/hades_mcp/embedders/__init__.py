"""Turns text into vectors: one port, a packaged model, and a toy for tests."""
