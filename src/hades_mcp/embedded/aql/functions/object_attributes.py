"""KEEP and UNSET, flat and recursive: objects with some of their attributes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.aql.functions.arguments import is_number
from hades_mcp.embedded.aql.functions.registry import aql_function
from hades_mcp.embedded.values import to_text
from hades_mcp.embedded.values.stopping import paced

if TYPE_CHECKING:
    from collections.abc import Callable

    from hades_mcp.embedded.aql.context import Context


def _register(name: str, change: Callable[[dict[str, Any], set[str]], dict[str, Any]]) -> None:
    @aql_function(name, low=2, high=None)
    def call(context: Context, document: Any, *names: Any) -> Any:
        if not isinstance(document, dict):
            return context.refuse(name)
        return change(document, _names(context, name, names))


def _names(context: Context, function: str, arguments: tuple[Any, ...]) -> set[str]:
    """Read attribute names given one by one or in arrays; numbers in arrays are no names."""
    names: set[str] = set()
    for argument in arguments:
        if isinstance(argument, str) or is_number(argument):
            names.add(to_text(argument))
        for item in paced(argument) if isinstance(argument, list) else ():
            if isinstance(item, str):
                names.add(item)
            else:
                context.refuse(function)
    return names


def _keep(document: dict[str, Any], names: set[str]) -> dict[str, Any]:
    return {name: value for name, value in paced(document.items()) if name in names}


def _unset(document: dict[str, Any], names: set[str]) -> dict[str, Any]:
    return {name: value for name, value in paced(document.items()) if name not in names}


def _keep_recursive(document: dict[str, Any], names: set[str]) -> dict[str, Any]:
    return {
        name: _keep_recursive(value, names) if isinstance(value, dict) else value
        for name, value in paced(document.items())
        if name in names
    }


def _unset_recursive(document: dict[str, Any], names: set[str]) -> dict[str, Any]:
    return {
        name: _unset_recursive(value, names) if isinstance(value, dict) else value
        for name, value in paced(document.items())
        if name not in names
    }


_register("KEEP", _keep)
_register("UNSET", _unset)
_register("KEEP_RECURSIVE", _keep_recursive)
_register("UNSET_RECURSIVE", _unset_recursive)
