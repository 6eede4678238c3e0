"""Which documents a search may find: by kind, by attributes, by what they hang together with."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, get_args

from hades_mcp.errors import InvalidArgument, UnknownName
from hades_mcp.services.documents.readers.parsed import Kind
from hades_mcp.services.layout import DOCUMENT_EDGES, DOCUMENTS
from hades_mcp.services.names import document_id
from hades_mcp.services.statements import rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from arango.database import StandardDatabase

CONNECTED = "connected_to"
"""The key of `where` that names a document instead of an attribute."""

PATH = "path"
"""The key of `where` for what a hit calls so: the file a document was read from, or its folder."""

CONNECTED_WITHIN = 2
"""Edges, in any direction, that connect."""

MOST_CONNECTED = 2000
"""Documents around the one named that are looked at, the nearest first."""

_KINDS = "FOR d IN @@documents COLLECT kind = d.kind FILTER kind != null RETURN kind"
_AROUND = f"""
WITH documents, chunks
FOR v IN 1..{CONNECTED_WITHIN} ANY @start {", ".join(DOCUMENT_EDGES)}
  OPTIONS {{order: "bfs", uniqueVertices: "global"}}
  FILTER v != null
  LIMIT {MOST_CONNECTED}
  RETURN v._key
"""
_NAMES = """
FOR d IN @@documents
  LIMIT 5000
  FOR name IN ATTRIBUTES(d, true)
    COLLECT n = name
    RETURN n
"""
# of all types only objects sort behind lists
_LISTS = """
FOR d IN @@documents
  COLLECT AGGREGATE greatest = MAX({attribute})
  FILTER IS_ARRAY(greatest) || IS_OBJECT(greatest)
  RETURN 1
"""
_PLAIN_NAME = re.compile(r"[A-Za-z]\w*", re.ASCII)
_ANY_HAS = "FOR d IN @@documents FILTER d.@path != null LIMIT 1 RETURN 1"


@dataclass(frozen=True, slots=True)
class Filter:
    """A condition on documents, as AQL.

    Args:
        conditions: FILTER statements about the variable `d`; names and values are bound.
        bind: What they bind.
        attributes: Paths of the attributes asked for.
    """

    conditions: str = ""
    bind: dict[str, Any] = field(default_factory=dict)
    attributes: list[list[str]] = field(default_factory=list)


def filter_of(db: StandardDatabase, kind: str | None, where: Mapping[str, Any] | None) -> Filter:
    """Return the filter that a call asks for.

    Args:
        db: The database.
        kind: Only documents of this kind.
        where: Attribute (`author`, or `meta.author` for one inside another) → the value it must
            have, or a list of which it must have one; an attribute that is a list must hold one of
            them. The key `path` is a file or folder, whole or its end (`src/a.py`). The key
            `connected_to` names a document instead, or several: what is found must be within two
            edges of one of them.

    Raises:
        UnknownName: No such kind, or no such document in `connected_to`.
        InvalidArgument: A value that is an object, or an attribute without a name.
    """
    conditions: list[str] = []
    bind: dict[str, Any] = {}
    attributes: list[list[str]] = []
    if kind is not None:
        _check_kind(db, kind)
        conditions.append("FILTER d.kind == @kind")
        bind["kind"] = kind
    for number, (name, value) in enumerate((where or {}).items()):
        values = _values(name, value)
        if name == CONNECTED:
            conditions.append("FILTER d._key IN @connected")
            bind["connected"] = _around(db, values)
            continue
        if name == PATH:
            files = {f"f{place}": f"/{str(each).strip('/')}/" for place, each in enumerate(values)}
            within = [f'CONTAINS(CONCAT("/", d.source, "/"), @{file})' for file in files]
            conditions.append("FILTER " + " OR ".join(["d.path IN @paths", *within]))
            bind |= files | {"paths": values}
            continue
        path = name.split(".")
        attribute, named = _attribute(path, f"w{number}")
        bound = f"v{number}"
        condition = f"{attribute} IN @{bound}"
        if rows(db, _LISTS.format(attribute=attribute), {"@documents": DOCUMENTS} | named):
            # an attribute that is a list, as tags are, fits by any of its members
            condition = f"IS_ARRAY({attribute}) ? {attribute} ANY IN @{bound} : {condition}"
        conditions.append(f"FILTER {condition}")
        bind |= {bound: values} | named
        attributes.append(path)
    return Filter(" ".join(conditions), bind, attributes)


def check_attributes(db: StandardDatabase, wanted: Filter) -> None:
    """Make sure that the attributes of a filter that nothing passed are those of some document.

    Raises:
        UnknownName: No document has one of them; the nearest that some have is suggested.
    """
    bind = {"@documents": DOCUMENTS}
    for path in wanted.attributes:
        if not rows(db, _ANY_HAS, bind | {"path": path}):
            known = {n for n in rows(db, _NAMES, bind) if not n.startswith("_")} | {CONNECTED, PATH}
            raise UnknownName("attribute of documents", ".".join(path), known)


def _attribute(path: list[str], name: str) -> tuple[str, dict[str, Any]]:
    """Return an attribute as AQL and what it binds: plain names are written, to be looked up."""
    if all(map(_PLAIN_NAME.fullmatch, path)):
        return "d" + "".join(f".`{part}`" for part in path), {}
    return f"d.@{name}", {name: path}


def _check_kind(db: StandardDatabase, kind: str) -> None:
    if kind not in get_args(Kind):
        known = {*get_args(Kind), *map(str, rows(db, _KINDS, {"@documents": DOCUMENTS}))}
        if kind not in known:
            raise UnknownName("kind of document", kind, known)


def _values(name: str, value: Any) -> list[Any]:
    values = value if isinstance(value, list) else [value]
    if not all(name.split(".")) or any(isinstance(item, dict | list) for item in values):
        raise InvalidArgument(
            f"where {name!r}: {value!r} is no value to compare with.",
            hint='Use {"attribute": value} or {"attribute": [value, value]}.',
        )
    return values


def _around(db: StandardDatabase, names: list[Any]) -> list[str]:
    keys: dict[str, None] = {}
    for name in names:
        keys |= dict.fromkeys(rows(db, _AROUND, {"start": document_id(db, str(name))}))
    return list(keys)
