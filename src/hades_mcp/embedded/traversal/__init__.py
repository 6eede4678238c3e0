"""Graph algorithms of AQL: traversal, shortest paths, k shortest paths, k paths."""

from hades_mcp.embedded.traversal.k_paths import k_paths
from hades_mcp.embedded.traversal.k_shortest import k_shortest_paths
from hades_mcp.embedded.traversal.path import Path
from hades_mcp.embedded.traversal.reaching import reach
from hades_mcp.embedded.traversal.reader import Direction, GraphReader
from hades_mcp.embedded.traversal.shortest import all_shortest_paths, shortest_path
from hades_mcp.embedded.traversal.traverse import traverse

__all__ = [
    "Direction",
    "GraphReader",
    "Path",
    "all_shortest_paths",
    "k_paths",
    "k_shortest_paths",
    "reach",
    "shortest_path",
    "traverse",
]
