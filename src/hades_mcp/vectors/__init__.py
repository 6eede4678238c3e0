"""Finds the nearest vectors: one port and its drivers."""
