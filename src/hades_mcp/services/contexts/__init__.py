"""Contexts: named memories of entries, read back by recency, by meaning, or both."""

from hades_mcp.services.contexts.service import ContextService

__all__ = ["ContextService"]
