"""Properties that views and inverted indexes share: how their data store is kept, and topK.

Source: ArangoDB manual, HTTP interface for arangosearch Views and for inverted indexes. They have
no effect here, where a search sees each write at once; they are checked, kept and shown.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from hades_mcp.embedded.errors import ArangoError

Properties = dict[str, Any]

_BAD_PARAMETER = 10
_MOST_TOP_K = 64
_COUNTS = ("cleanupIntervalStep", "commitIntervalMsec", "consolidationIntervalMsec")
_TIER: Properties = {
    "type": "tier",
    "segmentsBytesMax": 8589934592,
    "maxSkewThreshold": 0.4,
    "minDeletionRatio": 0.5,
}
_BYTES: Properties = {"type": "bytes_accum", "threshold": 0.1}
MUTABLE: Properties = {
    "cleanupIntervalStep": 2,
    "commitIntervalMsec": 1000,
    "consolidationIntervalMsec": 5000,
    "consolidationPolicy": _TIER,
}
BUFFERS: Properties = {
    "writebufferActive": 0,
    "writebufferIdle": 64,
    "writebufferSizeMax": 33554432,
}


def wrong(name: str, wanted: str) -> ArangoError:
    """Return the error for a property that is not as it must be."""
    return ArangoError(_BAD_PARAMETER, f"error in attribute '{name}': must be {wanted}")


def store_properties(given: Properties, base: Properties) -> Properties:
    """Return the properties of `base` with the values given for them; 10 for values of wrong types.

    Args:
        given: What a user asked for; other properties in it are not looked at.
        base: Property names and what they are where nothing is given.
    """
    properties = deepcopy(base)
    for name in base:
        if name not in given:
            continue
        value = given[name]
        if name == "consolidationPolicy":
            properties[name] = _policy(value)
        elif name in _COUNTS or name in BUFFERS:
            if isinstance(value, bool) or not isinstance(value, int) or value < 0:
                raise wrong(name, "a non-negative integer")
            properties[name] = value
    return properties


def caches(given: Properties, *names: str) -> Properties:
    """Return those of these switches that are on: ArangoDB does not show the others."""
    return {name: True for name in names if flag(given, name, default=False)}


def flag(given: Properties, name: str, *, default: bool) -> bool:
    """Return a boolean property; 10 for anything else."""
    value = given.get(name, default)
    if isinstance(value, bool):
        return value
    raise wrong(name, "a boolean")


def top_k(given: Properties) -> list[str]:
    """Return the expressions of `optimizeTopK`; 10 for what can be none."""
    value = given.get("optimizeTopK", [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise wrong("optimizeTopK", "an array of strings")
    if len(value) > _MOST_TOP_K:
        raise wrong("optimizeTopK", f"at most {_MOST_TOP_K} expressions")
    return list(value)


def stored_values(given: Properties) -> list[Properties]:
    """Return `storedValues` in full: columns of fields, each with its compression.

    A string is a column of one field, an array of strings a column of several. Fields that repeat
    in a column, and columns that repeat, count once.
    """
    value = given.get("storedValues", [])
    if not isinstance(value, list):
        raise wrong("storedValues", "an array")
    columns: list[Properties] = []
    for item in value:
        column = item if isinstance(item, dict) else {"fields": item}
        fields = column.get("fields")
        fields = [fields] if isinstance(fields, str) and column is not item else fields
        if not isinstance(fields, list) or not all(isinstance(path, str) for path in fields):
            raise wrong("storedValues", "columns of attribute paths")
        kept = list(dict.fromkeys(path for path in fields if path))
        made = {"fields": kept, "compression": compression(column), **caches(column, "cache")}
        if kept and made not in columns:
            columns.append(made)
    return columns


def sort_fields(value: object) -> list[Properties]:
    """Return a primary sort order in the form ArangoDB shows: `field` and whether `asc`."""
    if not isinstance(value, list):
        raise wrong("primarySort", "an array of objects")
    fields = []
    for item in value:
        path = item.get("field") if isinstance(item, dict) else None
        if not isinstance(path, str) or not path:
            raise wrong("primarySort", "objects with a field and a direction")
        fields.append({"field": path, "asc": _ascending(item)})
    return fields


def compression(given: Properties, name: str = "compression") -> str:
    """Return how a column is compressed: lz4 or none."""
    value = given.get(name, "lz4")
    if value in ("lz4", "none"):
        return str(value)
    raise wrong(name, "'lz4' or 'none'")


def _ascending(item: Properties) -> bool:
    asc, direction = item.get("asc"), item.get("direction")
    if isinstance(asc, bool):
        return asc
    if isinstance(direction, str) and direction.lower() in ("asc", "desc"):
        return direction.lower() == "asc"
    raise wrong("primarySort", "objects with a direction 'asc' or 'desc'")


def _policy(given: object) -> Properties:
    """Return a policy with its defaults; a type decides which attributes it has."""
    kind = given.get("type", "tier") if isinstance(given, dict) else None
    known = {"tier": _TIER, "bytes_accum": _BYTES}.get(kind) if isinstance(kind, str) else None
    if known is None or not isinstance(given, dict):
        raise wrong("consolidationPolicy", "an object of type 'tier' or 'bytes_accum'")
    policy = dict(known)
    for name, default in known.items():
        value = given.get(name, default)
        if name != "type" and (isinstance(value, bool) or not isinstance(value, int | float)):
            raise wrong(f"consolidationPolicy.{name}", "a number")
        policy[name] = value
    return policy
