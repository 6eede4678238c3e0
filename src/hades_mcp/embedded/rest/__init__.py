"""ArangoDB's HTTP API over the embedded engine, one file per group of paths."""

from hades_mcp.embedded.rest.message import Response
from hades_mcp.embedded.rest.server import Server, covered

__all__ = ["Response", "Server", "covered"]
