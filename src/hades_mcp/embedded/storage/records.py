"""Records: a document with its system attributes in ArangoDB's order, and how two are merged."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import orjson

from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.storage.names import is_id

Document = dict[str, Any]
Operation = Literal["insert", "update", "replace", "remove", "ignore"]

_ILLEGAL_EDGE = 1233
LARGEST = 2**28  # bytes of a document; SQLite takes a thousand million, several at a time in memory
SYSTEM_ATTRIBUTES = ("_key", "_id", "_rev", "_from", "_to")


class Written(NamedTuple):
    """What one write did; a tuple because bulk inserts make one per row.

    Attributes:
        old: The document before, or None for an insert.
        new: The document after, or None for a removal.
        operation: What happened; `ignore` when overwrite mode `ignore` met an existing key.
    """

    old: Document | None
    new: Document | None
    operation: Operation


def compose(identity: str, key: str, revision: str, document: Document) -> Document:
    """Build the stored form of a document; the user's own `_id` and `_rev` are ignored."""
    record: Document = {"_key": key, "_id": identity, "_rev": revision}
    record.update(document)
    record["_key"], record["_id"], record["_rev"] = key, identity, revision
    if "_from" in document:  # only edges have ends
        del record["_from"]
    if "_to" in document:
        del record["_to"]
    return record


def compose_edge(identity: str, key: str, revision: str, document: Document) -> Document:
    """Build the stored form of an edge; 1233 unless both ends look like document ids."""
    source, target = check_ends(document)
    record = {"_key": key, "_id": identity, "_from": source, "_to": target, "_rev": revision}
    record.update(document)
    record["_key"], record["_id"], record["_rev"] = key, identity, revision
    return record


def check_ends(edge: Document) -> tuple[str, str]:
    """Return an edge's ends; 1233 unless both look like document ids."""
    source, target = edge.get("_from"), edge.get("_to")
    if isinstance(source, str) and isinstance(target, str) and is_id(source) and is_id(target):
        return source, target
    raise ArangoError(_ILLEGAL_EDGE)


def merge(old: Document, patch: Document, *, keep_null: bool, merge_objects: bool) -> Document:
    """Apply a patch as UPDATE does.

    Args:
        old: The document (or sub-object) to change; left as it is.
        patch: The attributes to set.
        keep_null: False removes an attribute the patch sets to null.
        merge_objects: True merges sub-objects, False replaces them.
    """
    merged = dict(old)
    for name, value in patch.items():
        if value is None and not keep_null:
            merged.pop(name, None)
            continue
        if isinstance(value, dict):
            before = merged.get(name)
            if merge_objects and isinstance(before, dict):
                value = merge(before, value, keep_null=keep_null, merge_objects=True)  # noqa: PLW2901  the merged value takes its place
            elif not keep_null:
                value = without_nulls(value)  # noqa: PLW2901  same
        merged[name] = value
    return merged


def without_nulls(value: Document) -> Document:
    """Leave out attributes that are null, in sub-objects too, but not inside arrays."""
    return {
        name: without_nulls(item) if isinstance(item, dict) else item
        for name, item in value.items()
        if item is not None
    }


def user_attributes(document: Document, *, edge: bool) -> Document:
    """Return a patch without the attributes a user cannot set."""
    hidden = SYSTEM_ATTRIBUTES[:3] if edge else SYSTEM_ATTRIBUTES
    if not any(name in document for name in hidden):
        return document
    return {name: value for name, value in document.items() if name not in hidden}


def check_document(document: object) -> Document:
    """Return the document; 1227 if it is no object."""
    if isinstance(document, dict):
        return document
    raise ArangoError(1227)


def dump(record: Document) -> str:
    """Return the JSON text to store; 10 for what JSON cannot hold, 1216 for too much of it."""
    try:
        text = orjson.dumps(record)
    except TypeError as error:  # orjson's own error is a TypeError too
        raise ArangoError(10, f"document cannot be stored as JSON: {error}") from error
    if len(text) > LARGEST:
        raise ArangoError(
            1216, f"document too large: {len(text)} bytes as JSON, at most {LARGEST} are stored"
        )
    return text.decode()


load = orjson.loads
