"""Search expressions: what SEARCH, and FILTER over an inverted index, ask of postings."""

from hades_mcp.embedded.aql.search.conditions import filter_of
from hades_mcp.embedded.aql.search.scene import Scene

__all__ = ["Scene", "filter_of"]
