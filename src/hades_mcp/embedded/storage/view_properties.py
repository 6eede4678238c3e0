"""Properties of views and their links: checked and completed as ArangoDB does.

Source: ArangoDB manual, HTTP interface for arangosearch Views.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from hades_mcp.embedded.errors import ArangoError

Properties = dict[str, Any]

_BAD_PARAMETER = 10
_INTERVALS = ("cleanupIntervalStep", "commitIntervalMsec", "consolidationIntervalMsec")
_MUTABLE: Properties = {
    "cleanupIntervalStep": 2,
    "commitIntervalMsec": 1000,
    "consolidationIntervalMsec": 5000,
    "consolidationPolicy": {
        "type": "tier",
        "segmentsBytesMax": 8589934592,
        "maxSkewThreshold": 0.4,
        "minDeletionRatio": 0.5,
    },
}
_FIXED: Properties = {
    "primarySort": [],
    "primarySortCompression": "lz4",
    "storedValues": [],
    "optimizeTopK": [],
    "writebufferActive": 0,
    "writebufferIdle": 64,
    "writebufferSizeMax": 33554432,
}
_LINK: Properties = {
    "analyzers": ["identity"],
    "fields": {},
    "includeAllFields": False,
    "storeValues": "none",
    "trackListPositions": False,
}


def new_properties(given: Properties) -> Properties:
    """Return all properties of a new view without its links; 10 for values of wrong types."""
    return _checked({**deepcopy(_FIXED), **deepcopy(_MUTABLE)}, given, {**_FIXED, **_MUTABLE})


def changed_properties(old: Properties, given: Properties, *, replace: bool) -> Properties:
    """Return the properties after a change; what is fixed at creation stays, as in ArangoDB.

    Args:
        old: The properties before.
        given: The ones to change; links are not looked at.
        replace: Whether what is not given goes back to its default.
    """
    base = {**old, **deepcopy(_MUTABLE)} if replace else dict(old)
    return _checked(base, given, _MUTABLE)


def complete_link(given: object) -> Properties:
    """Return a link's definition with its defaults; 10 for one that makes no sense."""
    if not isinstance(given, dict):
        raise _wrong("links", "an object of objects")
    return {**_LINK, "fields": {}, **_link_part(given, _LINK)}


def analyzers_of(link: Properties) -> set[str]:
    """Return the names of all Analyzers a link uses, at any depth."""
    names = set(link.get("analyzers", ()))
    for part in link.get("fields", {}).values():
        names |= analyzers_of(part)
    return names


def _link_part(given: Properties, inherited: Properties) -> Properties:
    """Return what is given of a link or a field where it differs from what it inherits."""
    part: Properties = {}
    for name, default in _LINK.items():
        if name not in given:
            continue
        value = given[name]
        if type(value) is not type(default):
            raise _wrong(name, f"like {default!r}")
        if name != "fields" and value != inherited[name]:
            part[name] = value
    names = part.get("analyzers", [])
    if not all(isinstance(name, str) for name in names):
        raise _wrong("analyzers", "an array of names")
    fields = given.get("fields", {})
    if not all(isinstance(field, dict) for field in fields.values()):
        raise _wrong("fields", "an object of objects")
    if fields:
        below = {**inherited, **part}
        part["fields"] = {name: _link_part(field, below) for name, field in fields.items()}
    return part


def _checked(base: Properties, given: Properties, allowed: Properties) -> Properties:
    for name, default in allowed.items():
        if name not in given:
            continue
        value = given[name]
        if type(value) is not type(default) or (name in _INTERVALS and value < 0):
            raise _wrong(name, f"like {default!r}")
        base[name] = value
    return base


def _wrong(name: str, wanted: str) -> ArangoError:
    return ArangoError(_BAD_PARAMETER, f"view property '{name}' must be {wanted}")
