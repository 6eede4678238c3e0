"""Finds which collections a writing query reaches by functions: no plan and no transaction tells.

A transaction that writes must declare the journal as written, and what is declared can be read. So
functions that take the name of a collection, or an id, as a value are looked at in the syntax tree.
An id that is known only while the query runs is let through: it leads to nothing, as nobody can
guess the keys there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hades_mcp.embedded.aql.nodes import Node

UNKNOWN = "?"
"""A collection, or a function, that a value names."""

_BY_ID = frozenset({"DOCUMENT"})
_BY_NAME = frozenset(
    {
        *("COLLECTION_COUNT", "FULLTEXT", "NEAR", "WITHIN", "WITHIN_RECTANGLE"),
        *("SCHEMA_GET", "SHARD_ID"),
    }
)
_BY_FUNCTION = frozenset({"APPLY", "CALL"})


def reached(query: str, bind: dict[str, Any]) -> set[str]:
    """Return the collections that functions of a query name, `UNKNOWN` among them if not told.

    Args:
        query: AQL; of one that does not parse here nothing is known.
        bind: Its bind variables.
    """
    from hades_mcp.embedded.aql import parse  # noqa: PLC0415  for writes only
    from hades_mcp.embedded.aql.nodes import Call, walk  # noqa: PLC0415
    from hades_mcp.embedded.errors import ArangoError  # noqa: PLC0415

    try:
        tree = parse(query)
    except ArangoError:
        return {UNKNOWN}
    calls = (node for node in walk(tree) if isinstance(node, Call))
    return {name for call in calls for name in _named(call.name.upper(), call.arguments, bind)}


def _named(function: str, arguments: tuple[Node, ...], bind: dict[str, Any]) -> Iterator[str]:
    first = _texts(arguments[0], bind) if arguments else None
    if function in _BY_FUNCTION:
        reaching = _BY_ID | _BY_NAME | _BY_FUNCTION
        if first is None or any(name.upper() in reaching for name in first):
            yield UNKNOWN
    elif function in _BY_ID:
        yield from (text.partition("/")[0] for text in first or ())
    elif function in _BY_NAME:
        yield from [UNKNOWN] if first is None else first


def _texts(node: Node, bind: dict[str, Any]) -> list[str] | None:
    """Return the texts an argument stands for; None if they are not told by the query."""
    from hades_mcp.embedded.aql.nodes import ArrayLiteral, Constant, Name, Parameter  # noqa: PLC0415

    match node:
        case Constant(value=value):
            return _flat(value)
        case Name(name=name):
            return [name]
        case Parameter(name=name):
            return _flat(bind.get(name))
        case ArrayLiteral(items=items):
            found = [_texts(item, bind) for item in items]
            return [text for texts in found for text in texts or ()]
        case _:
            return None


def _flat(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [each for each in values if isinstance(each, str)]
