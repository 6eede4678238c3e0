"""Writes a schema for a model: an overview within a budget of tokens, or one collection in full."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hades_mcp.tokens import count_tokens

if TYPE_CHECKING:
    from collections.abc import Callable

    from hades_mcp.services.schema.inference import Attribute
    from hades_mcp.services.schema.service import CollectionSchema, Schema

OVERVIEW_TOKENS = 1_600
"""So that the overview stays below 2,000 whatever surrounds it."""

MOST_ATTRIBUTES = 60
"""Shown of one collection in full."""

_LESS = (40, 16, 8, 4)


def schema_text(schema: Schema, tokens: int = OVERVIEW_TOKENS) -> dict[str, Any]:
    """Return what a model is shown: one collection in full, several each on a line.

    Lines say `name (count): attribute type, attribute? type, …; index …`; a `?` marks what may be
    missing. When there are too many, first what is nested goes, then attributes, then their types.

    Args:
        schema: What is there.
        tokens: Room for the lines of several collections.
    """
    graphs = {graph.name: list(graph.edges) for graph in schema.graphs}
    shown = {"graphs": graphs} if graphs else {}
    if len(schema.collections) == 1:
        return _full(schema.collections[0]) | shown
    room = tokens - count_tokens(str(graphs))
    lines = _lines(schema.collections, _line_with(None))
    for most in _LESS:
        if count_tokens("\n".join(lines)) <= room:
            break
        lines = _lines(schema.collections, _line_with(most))
    else:
        if count_tokens("\n".join(lines)) > room:
            lines = _lines(schema.collections, _short_line)
    return {"collections": lines} | shown


def _full(collection: CollectionSchema) -> dict[str, Any]:
    attributes = collection.attributes[:MOST_ATTRIBUTES]
    left = len(collection.attributes) - len(attributes)
    full: dict[str, Any] = {
        "collection": collection.name,
        "type": collection.type,
        "count": collection.count,
        "attributes": {attribute.path: attribute.described() for attribute in attributes},
    }
    if left:
        full["attributes"]["…"] = f"{left} more"
    if collection.indexes:
        full["indexes"] = list(collection.indexes)
    if collection.example:
        full["example"] = collection.example
    return full


def _lines(
    collections: list[CollectionSchema], line: Callable[[CollectionSchema], str]
) -> list[str]:
    return [line(collection) for collection in collections]


def _line_with(most: int | None) -> Callable[[CollectionSchema], str]:
    def line(collection: CollectionSchema) -> str:
        nested = most is None
        known = [one for one in collection.attributes if _told(one, nested=nested)]
        parts = [_short(one) for one in known[:most]]
        if len(known) > len(parts):
            parts.append(f"… {len(known) - len(parts)} more")
        indexes = "".join(f"; {index}" for index in collection.indexes)
        return f"{_head(collection)}: {', '.join(parts)}{indexes}" if parts else _head(collection)

    return line


def _short_line(collection: CollectionSchema) -> str:
    return _head(collection)


def _head(collection: CollectionSchema) -> str:
    edge = " edges" if collection.type == "edge" else ""
    return f"{collection.name} ({collection.count}{edge})"


def _told(attribute: Attribute, *, nested: bool) -> bool:
    # every document has a _key, and each array of texts has items that are texts
    return attribute.path != "_key" and (nested or "." not in attribute.path.replace("[*]", "."))


def _short(attribute: Attribute) -> str:
    if attribute.targets:
        return f"{attribute.path} {'|'.join(attribute.targets)}"
    mark = "?" if attribute.optional else ""
    return f"{attribute.path}{mark} {'|'.join(attribute.types)}"
