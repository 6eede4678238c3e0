"""Properties of arangosearch views and their links: checked and completed as ArangoDB does.

Source: ArangoDB manual, HTTP interface for arangosearch Views.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.storage.store_properties import (
    BUFFERS,
    MUTABLE,
    caches,
    compression,
    flag,
    sort_fields,
    store_properties,
    stored_values,
    top_k,
    wrong,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

Properties = dict[str, Any]

_LINK: Properties = {
    "analyzers": ["identity"],
    "fields": {},
    "includeAllFields": False,
    "storeValues": "none",
    "trackListPositions": False,
}
_BELOW = ("fields", "nested")


def new_properties(given: Properties) -> Properties:
    """Return all properties of a new view without its links; 10 for values that make no sense."""
    return {
        "primarySort": sort_fields(given.get("primarySort", [])),
        "primarySortCompression": compression(given, "primarySortCompression"),
        "storedValues": stored_values(given),
        "optimizeTopK": top_k(given),
        **store_properties(given, {**BUFFERS, **MUTABLE}),
        **caches(given, "primarySortCache", "primaryKeyCache"),
    }


def changed_properties(old: Properties, given: Properties, *, replace: bool) -> Properties:
    """Return the properties after a change; what is fixed at creation stays, as in ArangoDB.

    Args:
        old: The properties before.
        given: The ones to change; links are not looked at.
        replace: Whether what is not given goes back to its default.
    """
    before = MUTABLE if replace else {name: old[name] for name in MUTABLE}
    return {**old, **store_properties(given, before)}


def complete_link(given: object) -> Properties:
    """Return a link's definition with its defaults; 10 for one that makes no sense."""
    if not isinstance(given, dict):
        raise wrong("links", "an object of objects")
    if given.get("nested"):
        raise wrong("nested", "given for a field, not for a whole link")
    return {**_LINK, "fields": {}, **_link_part(given, {**_LINK, "cache": False})}


def analyzers_of(link: Properties) -> set[str]:
    """Return the names of all Analyzers a link uses, at any depth."""
    names = set(link.get("analyzers", ()))
    for part in _parts(link):
        names |= analyzers_of(part)
    return names


def _parts(link: Properties) -> Iterator[Properties]:
    for kind in _BELOW:
        yield from link.get(kind, {}).values()


def _link_part(given: Properties, inherited: Properties) -> Properties:
    """Return what is given of a link or a field where it differs from what it inherits."""
    values: Properties = {
        name: flag(given, name, default=inherited[name])
        for name in ("includeAllFields", "trackListPositions", "cache")
    }
    values["analyzers"] = _analyzers(given.get("analyzers", inherited["analyzers"]))
    values["storeValues"] = given.get("storeValues", inherited["storeValues"])
    if values["storeValues"] not in ("none", "id"):
        raise wrong("storeValues", "'none' or 'id'")
    part = {name: value for name, value in values.items() if value != inherited[name]}
    for kind in _BELOW:
        below = given.get(kind, {})
        if not isinstance(below, dict) or not all(isinstance(one, dict) for one in below.values()):
            raise wrong(kind, "an object of objects")
        if below:
            part[kind] = {name: _link_part(one, values) for name, one in below.items()}
    return part


def _analyzers(given: object) -> list[str]:
    if isinstance(given, list) and all(isinstance(name, str) for name in given):
        return given
    raise wrong("analyzers", "an array of names")
