"""HADES: memory a language model can query, an agent on it, a trainer that learns."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hades_mcp.config import Settings
    from hades_mcp.errors import HadesError
    from hades_mcp.tools.toolset import Toolset
    from hades_mcp.workspace import Workspace, open_workspace

__version__ = "0.1.0"

__all__ = ["HadesError", "Settings", "Toolset", "Workspace", "__version__", "open_workspace"]

# PEP 562: `import hades_mcp` costs nothing until a name is used.
_HOMES = {
    "HadesError": "hades_mcp.errors",
    "Settings": "hades_mcp.config",
    "Toolset": "hades_mcp.tools.toolset",
    "Workspace": "hades_mcp.workspace",
    "open_workspace": "hades_mcp.workspace",
}


def __getattr__(name: str) -> Any:
    """Import a public name from its home on first use."""
    home = _HOMES.get(name)
    if home is None:
        msg = f"module 'hades_mcp' has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(import_module(home), name)
