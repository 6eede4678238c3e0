"""Analyzers: what turns text into the tokens that full-text indexes and searches compare."""

from hades_mcp.embedded.analyzers.words import lower, words

__all__ = ["lower", "words"]
