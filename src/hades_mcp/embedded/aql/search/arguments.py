"""Arguments of search functions: evaluated, checked, refused in ArangoDB's words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.aql.search.scene import bad
from hades_mcp.embedded.values import type_name

if TYPE_CHECKING:
    from hades_mcp.embedded.analyzers import Analyzer
    from hades_mcp.embedded.aql.nodes import Call
    from hades_mcp.embedded.aql.search.scene import Scene


def attribute(call: Call, scene: Scene, at: int = 0) -> str:
    """Return the path an argument reads of the document; 10 for any other expression."""
    path = scene.path(call.arguments[at])
    if not path:
        raise bad(
            f"'{call.name}' AQL function: Unable to parse argument at position '{at + 1}'"
            " as an attribute identifier"
        )
    return path


def argument(call: Call, scene: Scene, at: int) -> Any:
    """Return the value of an argument; 10 if it reads the document."""
    node = call.arguments[at]
    if scene.mentions(node):
        raise bad(f"'{call.name}' AQL function: Failed to evaluate argument at position '{at + 1}'")
    return scene.value(node)


def text(call: Call, scene: Scene, at: int) -> str:
    """Return an argument that must be text."""
    value = argument(call, scene, at)
    if isinstance(value, str):
        return value
    raise mismatch(call.name, at, value, "string")


def number(call: Call, scene: Scene, at: int) -> float:
    """Return an argument that must be a number."""
    value = argument(call, scene, at)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    raise mismatch(call.name, at, value, "double")


def boolean(call: Call, scene: Scene, at: int) -> bool:
    """Return an argument that must be a boolean."""
    value = argument(call, scene, at)
    if isinstance(value, bool):
        return value
    raise mismatch(call.name, at, value, "boolean")


def analyzer(call: Call, scene: Scene, at: int) -> Analyzer:
    """Return the Analyzer an argument names; 10 if there is none."""
    return scene.find_analyzer(text(call, scene, at))


def mismatch(name: str, at: int, value: Any, wanted: str) -> Exception:
    """Return the error for an argument of a wrong type."""
    return bad(
        f"'{name}' AQL function: argument at position '{at + 1}' has invalid type"
        f" '{type_name(value)}' ('{wanted}' expected)"
    )
