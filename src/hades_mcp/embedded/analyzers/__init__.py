"""Analyzers: what turns text into the tokens that full-text indexes and searches compare."""

from hades_mcp.embedded.analyzers.definition import BUILT_IN, Analyzer, check_features, define
from hades_mcp.embedded.analyzers.tokens import GEO_TYPES, Token, analyze
from hades_mcp.embedded.analyzers.words import lower, words
from hades_mcp.embedded.values.stopping import stopping

__all__ = [
    "BUILT_IN",
    "GEO_TYPES",
    "Analyzer",
    "Token",
    "analyze",
    "check_features",
    "define",
    "lower",
    "stopping",
    "words",
]
