"""Indexes of a world: which of a collection's are written down, and made again."""

from __future__ import annotations

from typing import Any

KINDS = ("persistent", "ttl", "geo", "mdi", "mdi-prefixed")
"""Those that need nothing but their collection; the others need analyzers, or data to train on."""

_OPTIONS: dict[str, type | tuple[type, ...]] = {
    "type": str,
    "name": str,
    "fields": list,
    "unique": bool,
    "sparse": bool,
    "deduplicate": bool,
    "expireAfter": (int, float),
    "geoJson": bool,
    "storedValues": list,
    "prefixFields": list,
    "fieldValueTypes": str,
}
"""What ArangoDB's HTTP API takes for them, "Working with indexes"."""

_NAMES = {
    "expiry_time": "expireAfter",
    "geo_json": "geoJson",
    "field_value_types": "fieldValueTypes",
}
"""What python-arango calls differently."""


def exported_indexes(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return a collection's indexes as they can be made again, those of `KINDS`.

    Args:
        found: The indexes, as python-arango tells them.
    """
    named = (
        {_NAMES.get(name, name): value for name, value in index.items()}
        for index in found
        if index["type"] in KINDS
    )
    return [
        {name: index[name] for name in _OPTIONS if index.get(name) is not None} for index in named
    ]


def fault_in_index(index: Any) -> str:
    """Return what is wrong with an index of a world's file, in words; "" if nothing is."""
    if not isinstance(index, dict) or index.get("type") not in KINDS:
        return f"is no index of type {', '.join(KINDS)}"
    for name, value in index.items():
        if name not in _OPTIONS or not isinstance(value, _OPTIONS[name]):
            return f"has {name!r}, which no index has, or not as {value!r}"
    fields = index.get("fields")
    if not fields or not all(isinstance(field, str) and field for field in fields):
        return "lists no names of attributes in fields"
    return ""


def same_index(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Return whether two indexes, both as exported, do the same."""
    return all(
        one.get(name, missing) == other.get(name, missing)
        for name, missing in (("type", ""), ("fields", []), ("unique", False), ("sparse", False))
    )
