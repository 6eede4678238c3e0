"""Takes an argument under another name that models give it, where only one can be meant."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

ALSO_CALLED = {
    "bind_vars": ("bind", "binds", "bind_variables", "variables", "parameters", "params"),
    "collection": ("collections", "name"),
    "content": ("text", "message", "fact", "entry"),
    "context": ("context_id", "name", "id", "handle"),
    "depth": ("max_depth", "hops"),
    "document": ("id", "_id", "document_id", "doc", "title", "name"),
    "edges": ("edge_types", "edge_kinds", "kinds"),
    "helped": ("helpful", "useful"),
    "hops": ("depth",),
    "kind": ("type", "relation", "label"),
    "limit": ("top_k", "k", "n", "max_results"),
    "measure": ("metric", "algorithm"),
    "next": ("handle", "cursor", "page"),
    "note": ("comment", "reason"),
    "path": ("file", "folder", "filename", "file_path"),
    "query": ("aql", "q"),
    "question": ("query", "text", "q"),
    "start": ("from", "_from", "source", "document", "id", "start_node"),
    "tags": ("tag",),
    "target": ("to", "_to", "end", "destination", "id", "document"),
    "text": ("query", "q", "content", "question"),
    "title": ("name",),
    "tokens": ("max_tokens", "budget"),
    "where": ("filter", "filters"),
}
"""What models write for an argument when they do not copy its name: other servers call it so."""

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def known_names(given: dict[str, Any], known: Iterable[str]) -> dict[str, Any]:
    """Return the arguments under the tool's own names; what stays doubtful keeps its name.

    Args:
        given: As they came.
        known: The names of the tool's arguments.
    """
    names = list(known)
    taken = {name for name in given if name in names}
    wanted: dict[str, list[str]] = {}
    for name in given.keys() - taken:
        for meant in _meant(name, [free for free in names if free not in taken]):
            wanted.setdefault(meant, []).append(name)
    claims = [name for claimants in wanted.values() for name in claimants]
    renamed = {
        claimants[0]: meant
        for meant, claimants in wanted.items()
        if len(claimants) == 1 and claims.count(claimants[0]) == 1
    }
    return {renamed.get(name, name): value for name, value in given.items()}


def _meant(name: str, free: list[str]) -> list[str]:
    spelt = _HUMP.sub("_", name).replace("-", "_").lower()
    if spelt in free:
        return [spelt]
    return [own for own in free if {name, spelt} & set(ALSO_CALLED.get(own, ()))]
