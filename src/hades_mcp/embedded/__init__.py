"""The embedded ArangoDB: AQL over SQLite behind ArangoDB's own HTTP API; a library of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hades_mcp.embedded.client import connect

__all__ = ["connect"]


def __getattr__(name: str) -> Any:
    """Import `connect` when it is asked for: the driver takes a tenth of a second to load."""
    if name == "connect":
        from hades_mcp.embedded.client import connect  # noqa: PLC0415  this is the point

        return connect
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
