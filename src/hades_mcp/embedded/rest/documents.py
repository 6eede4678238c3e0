"""`/_api/document/{collection}/{key}`: read, write and remove one document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.rest.bulk import (
    insert_many,
    read_many,
    remove_many,
    replace_many,
    update_many,
)
from hades_mcp.embedded.rest.garbage import postponed
from hades_mcp.embedded.rest.message import Request, Response, failure, plain
from hades_mcp.embedded.rest.router import Routes
from hades_mcp.embedded.rest.write_options import WriteOptions

if TYPE_CHECKING:
    from collections.abc import Callable

    from hades_mcp.embedded.storage import Collection, Written

routes = Routes()

CONFLICT = 1200
REVISIONS_DIFFER = "conflict, _rev values do not match"
_NO_DOCUMENT = 1202
_NO_OBJECT = 1227
_NOT_MODIFIED = 304
_PLAIN = "/:@()+,=;$!*'"  # what keys may hold and a path too
_PRECONDITION_FAILED = 412


@routes.add("GET HEAD", "/_api/document/{collection}/{key}")
def read(request: Request, name: str, key: str) -> Response:
    """Read a document; conditions on its revision may turn the answer into 304 or 412."""
    with request.collection(name, write=False) as collection:
        document = collection.get(key)
    if document is None:
        raise ArangoError(_NO_DOCUMENT)
    return answer_read(request, document, document)


@routes.add("POST", "/_api/document/{collection}")
def insert(request: Request, name: str) -> Response:
    """Insert one document, or an array of them."""
    with postponed(request.body):
        return _insert(request, name)


def _insert(request: Request, name: str) -> Response:
    body, options = request.json(), WriteOptions.of(request)
    with request.collection(name, write=True) as collection:
        if isinstance(body, list):
            return insert_many(collection, body, options)
        document = check_object(body)
        written = options.unless_newer(
            collection,
            document.get("_key") if options.overwrite != "conflict" else None,
            document,
            lambda: collection.insert(
                document,
                overwrite_mode=options.overwrite,
                keep_null=options.keep_null,
                merge_objects=options.merge_objects,
            ),
        )
        return answer_write(request, collection, written, options)


@routes.add("PATCH", "/_api/document/{collection}/{key}")
def update(request: Request, name: str, key: str) -> Response:
    """Change some attributes of a document."""
    body, options = check_object(request.json()), WriteOptions.of(request)
    expected = if_match(request) or options.expected(body)
    with request.collection(name, write=True) as collection:
        return checked(
            lambda: options.unless_newer(
                collection,
                key,
                body,
                lambda: collection.update(
                    key,
                    body,
                    keep_null=options.keep_null,
                    merge_objects=options.merge_objects,
                    expect_rev=expected,
                ),
            ),
            lambda written: answer_write(request, collection, written, options),
            lambda: collection.get(key),
            expected,
        )


@routes.add("PUT", "/_api/document/{collection}/{key}")
def replace(request: Request, name: str, key: str) -> Response:
    """Replace all attributes of a document."""
    body, options = check_object(request.json()), WriteOptions.of(request)
    expected = if_match(request) or options.expected(body)
    with request.collection(name, write=True) as collection:
        return checked(
            lambda: options.unless_newer(
                collection,
                key,
                body,
                lambda: collection.replace(key, body, expect_rev=expected),
            ),
            lambda written: answer_write(request, collection, written, options),
            lambda: collection.get(key),
            expected,
        )


@routes.add("DELETE", "/_api/document/{collection}/{key}")
def remove(request: Request, name: str, key: str) -> Response:
    """Remove a document."""
    options, expected = WriteOptions.of(request), if_match(request)
    with request.collection(name, write=True) as collection:
        return checked(
            lambda: collection.remove(key, expect_rev=expected),
            lambda written: answer_write(request, collection, written, options, done=200),
            lambda: collection.get(key),
            expected,
        )


@routes.add("PATCH", "/_api/document/{collection}")
def update_all(request: Request, name: str) -> Response:
    """Change some attributes of several documents."""
    options = WriteOptions.of(request)
    with request.collection(name, write=True) as collection:
        return update_many(collection, request.json(), options)


@routes.add("PUT", "/_api/document/{collection}")
def replace_or_read_all(request: Request, name: str) -> Response:
    """Replace several documents, or with `onlyget` read them."""
    options, only_read = WriteOptions.of(request), request.flag("onlyget")
    with request.collection(name, write=not only_read) as collection:
        if only_read:
            return read_many(collection, request.json(), options)
        return replace_many(collection, request.json(), options)


@routes.add("DELETE", "/_api/document/{collection}")
def remove_all(request: Request, name: str) -> Response:
    """Remove several documents."""
    options = WriteOptions.of(request)
    with request.collection(name, write=True) as collection:
        return remove_many(collection, request.json(), options)


def if_match(request: Request) -> str | None:
    """Return the revision the request insists on; quotes around it are optional."""
    revision = request.headers.get("if-match")
    return revision.strip('"') if revision else None


def check_object(body: object) -> dict[str, Any]:
    """Return the body if it can be a document; ArangoError 1227 otherwise."""
    if not isinstance(body, dict):
        raise ArangoError(_NO_OBJECT)
    return body


def etag(document: dict[str, Any]) -> dict[str, str]:
    """Return the header that tells the revision."""
    return {"Etag": f'"{document["_rev"]}"'}


def answer_read(request: Request, document: dict[str, Any], body: dict[str, Any]) -> Response:
    """Answer with a document unless a condition on its revision says otherwise."""
    expected, known = if_match(request), request.headers.get("if-none-match")
    if expected is not None and expected != document["_rev"]:
        return precondition_failed(document)
    headers = etag(document)
    if known is not None and known.strip('"') == document["_rev"]:
        return Response(_NOT_MODIFIED, headers, b"")
    return plain(body, 200, headers)


def checked(
    write: Callable[[], Written],
    answer: Callable[[Written], Response],
    current: Callable[[], dict[str, Any] | None],
    expected: str | None,
) -> Response:
    """Write and answer; a revision that differs from the expected one is a failed condition."""
    try:
        written = write()
    except ArangoError as error:
        document = current() if error.number == CONFLICT and expected is not None else None
        if document is None:
            raise
        return precondition_failed(document)
    return answer(written)


def precondition_failed(document: dict[str, Any]) -> Response:
    """Answer 412 and tell the revision that is there."""
    body = {name: document[name] for name in ("_id", "_key", "_rev")}
    error = ArangoError(CONFLICT, REVISIONS_DIFFER, status=_PRECONDITION_FAILED)
    answer = failure(error, body)
    return Response(answer.status, {**answer.headers, **etag(document)}, answer.body)


def answer_write(
    request: Request,
    collection: Collection,
    written: Written,
    options: WriteOptions,
    done: int = 201,
) -> Response:
    """Answer a write: 202 unless the collection or the client waits for the disk."""
    status = done if waits(collection, options) else 202
    if options.silent:
        return plain({}, status)
    body = options.describe(written)
    location = quote(f"/_db/{request.database_name}/_api/document/{body['_id']}", safe=_PLAIN)
    headers = etag(body) if written.new is None else {**etag(body), "Location": location}
    return plain(body, status, headers)


def waits(collection: Collection, options: WriteOptions) -> bool:
    """Tell whether a write to the collection counts as on disk when it is answered."""
    return options.wait or bool(collection.info.properties.get("waitForSync"))
