"""`/_api/import`: many documents at once, as lines, as an array or as a table."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

import orjson

from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.rest.garbage import postponed
from hades_mcp.embedded.rest.message import Request, Response, dump, plain
from hades_mcp.embedded.rest.router import Routes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hades_mcp.embedded.rest.write_options import OverwriteMode
    from hades_mcp.embedded.storage import Collection, Written

routes = Routes()

_BAD_PARAMETER = 400
_BATCH = 10_000
_ON_DUPLICATE: dict[str, OverwriteMode] = {
    "error": "conflict",
    "update": "update",
    "replace": "replace",
    "ignore": "ignore",
}
_OFFENDING = 200
_EDGE_INCOMPLETE = 1233
_NO_OBJECT = 1227


@dataclass(slots=True)
class _Tally:
    """What an import did, as ArangoDB counts it."""

    created: int = 0
    errors: int = 0
    empty: int = 0
    updated: int = 0
    ignored: int = 0
    details: list[str] = field(default_factory=list)

    def count(self, written: Written) -> None:
        match written.operation:
            case "insert":
                self.created += 1
            case "ignore":
                self.ignored += 1
            case _:
                self.updated += 1


@routes.add("POST", "/_api/import")
def import_documents(request: Request) -> Response:
    """Import documents; those that fail are counted, unless the import must be complete."""
    name = request.required("collection")
    mode = _ON_DUPLICATE.get(request.params.get("onDuplicate", "error"))
    if mode is None:
        raise ArangoError(_BAD_PARAMETER, "invalid value for onDuplicate")
    complete, tally = request.flag("complete"), _Tally()
    with postponed(request.body), request.collection(name, write=True) as collection:
        if request.flag("overwrite"):
            collection.truncate()
        for position, item, written in _inserted(request, collection, mode, tally):
            if not isinstance(written, ArangoError):
                tally.count(written)
                continue
            if complete:  # the bare text, without the index and the key
                raise ArangoError(written.number) from written
            tally.errors += 1
            tally.details.append(_detail(position, written, item))
    body: dict[str, Any] = {
        "error": False,
        "created": tally.created,
        "errors": tally.errors,
        "empty": tally.empty,
        "updated": tally.updated,
        "ignored": tally.ignored,
    }
    if request.flag("details"):
        body["details"] = tally.details
    return plain(body, 201)


def _inserted(
    request: Request, collection: Collection, mode: OverwriteMode, tally: _Tally
) -> Iterator[tuple[int, Any, Written | ArangoError]]:
    """Insert the rows of the body; yield position and value of each, and what became of it."""
    rows = _items(request, tally)
    while batch := list(islice(rows, _BATCH)):
        items = [_with_prefixes(request, item) for _, item in batch]
        documents = [item for item in items if not isinstance(item, ArangoError)]
        written = iter(_each(collection, documents, mode))
        for (position, item), document in zip(batch, items, strict=True):
            yield position, item, document if isinstance(document, ArangoError) else next(written)


def _each(
    collection: Collection, documents: list[dict[str, Any]], mode: OverwriteMode
) -> list[Written | ArangoError]:
    if mode == "conflict":
        return collection.insert_many(documents)
    written: list[Written | ArangoError] = []
    for document in documents:
        try:
            written.append(collection.insert(document, overwrite_mode=mode))
        except ArangoError as error:
            written.append(error)
    return written


def _items(request: Request, tally: _Tally) -> Iterator[tuple[int, Any]]:
    """Yield position and value of each row of the body; what can't be read is an ArangoError."""
    kind = request.params.get("type")
    if kind == "auto":
        kind = "list" if request.body.lstrip().startswith(b"[") else "documents"
    match kind:
        case "list" | "array":
            body = request.json()
            if not isinstance(body, list):
                raise ArangoError(_BAD_PARAMETER, "expecting a JSON array in the request")
            yield from enumerate(body, 1)
        case "documents":
            yield from _lines(request, tally)
        case None:
            yield from _table(request, tally)
        case _:
            raise ArangoError(_BAD_PARAMETER, "invalid value for type")


def _lines(request: Request, tally: _Tally) -> Iterator[tuple[int, Any]]:
    for position, line in enumerate(request.body.splitlines(), 1):
        if not line.strip():
            tally.empty += 1
            continue
        try:
            yield position, orjson.loads(line)
        except ValueError:
            yield position, line.decode(errors="replace")


def _table(request: Request, tally: _Tally) -> Iterator[tuple[int, Any]]:
    """Read rows of values under a row of attribute names, each row a JSON array."""
    rows = _lines(request, tally)
    _, names = next(rows, (0, None))
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ArangoError(_BAD_PARAMETER, "no JSON array found in the first line")
    for position, values in rows:
        if isinstance(values, list) and len(values) == len(names):
            row = dict(zip(names, values, strict=True))
            # the header is line 1; ArangoDB counts the rows below it
            yield position - 1, {name: value for name, value in row.items() if value is not None}
        else:
            yield position - 1, values


def _with_prefixes(request: Request, item: Any) -> dict[str, Any] | ArangoError:
    if not isinstance(item, dict):
        return ArangoError(_NO_OBJECT)
    prefixes = {"_from": request.params.get("fromPrefix"), "_to": request.params.get("toPrefix")}
    changed: dict[str, Any] = {}
    for end, prefix in prefixes.items():
        value = item.get(end)
        if prefix and isinstance(value, str):
            name, slash, key = value.rpartition("/")
            if not slash or request.flag("overwriteCollectionPrefix"):
                changed[end] = f"{prefix.rstrip('/')}/{key}"
            else:
                changed[end] = f"{name}/{key}"
    return {**item, **changed} if changed else item


def _detail(position: int, error: ArangoError, item: Any) -> str:
    shown = dump(item).decode()
    if error.number == _NO_OBJECT:
        reason = "invalid JSON type (expecting object, probably parse error)"
    elif error.number == _EDGE_INCOMPLETE:
        reason = "missing '_from' or '_to' attribute"
    else:
        reason = f"creating document failed with error '{error.message}'"
    if len(shown) > _OFFENDING:
        shown = shown[:_OFFENDING] + "..."
    return f"at position {position}: {reason}, offending document: {shown}"
