"""`/_api/document/{collection}` with arrays: many documents in one transaction."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.rest.message import Response, dump, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from hades_mcp.embedded.rest.write_options import WriteOptions
    from hades_mcp.embedded.storage import Collection, Written

_BAD_PARAMETER = 400
_CONFLICT = 1200
_REVISIONS_DIFFER = "conflict, _rev values do not match"
_NO_DOCUMENT = 1202
_BAD_ID = 1205
_NO_OBJECT = 1227


def insert_many(collection: Collection, body: list[Any], options: WriteOptions) -> Response:
    """Insert documents; one that fails does not stop the others."""
    if options.overwrite == "conflict":
        return _answer(collection, collection.insert_many(body), options)

    def insert(document: Any) -> Written:
        if not isinstance(document, dict):
            raise ArangoError(_NO_OBJECT)
        return options.unless_newer(
            collection,
            document.get("_key"),
            document,
            lambda: collection.insert(
                document,
                overwrite_mode=options.overwrite,
                keep_null=options.keep_null,
                merge_objects=options.merge_objects,
            ),
        )

    return _answer(collection, _each(body, insert), options)


def update_many(collection: Collection, body: Any, options: WriteOptions) -> Response:
    """Change some attributes of several documents."""

    def update(document: Any) -> Written:
        key = key_of(collection, document, whole=True)
        return options.unless_newer(
            collection,
            key,
            document,
            lambda: collection.update(
                key,
                document,
                keep_null=options.keep_null,
                merge_objects=options.merge_objects,
                expect_rev=options.expected(document),
            ),
        )

    return _answer(collection, _each(_array(body), update), options)


def replace_many(collection: Collection, body: Any, options: WriteOptions) -> Response:
    """Replace several documents."""

    def replace(document: Any) -> Written:
        key = key_of(collection, document, whole=True)
        return options.unless_newer(
            collection,
            key,
            document,
            lambda: collection.replace(key, document, expect_rev=options.expected(document)),
        )

    return _answer(collection, _each(_array(body), replace), options)


def remove_many(collection: Collection, body: Any, options: WriteOptions) -> Response:
    """Remove several documents, named by key, by id or by a document."""

    def remove(selector: Any) -> Written:
        expected = options.expected(selector) if isinstance(selector, dict) else None
        return collection.remove(key_of(collection, selector), expect_rev=expected)

    return _answer(collection, _each(_array(body), remove), options, done=200)


def read_many(collection: Collection, body: Any, options: WriteOptions) -> Response:
    """Read several documents, named by key, by id or by a document."""
    selectors = _array(body)
    keys: list[str | ArangoError] = []
    for selector in selectors:
        try:
            keys.append(key_of(collection, selector))
        except ArangoError as error:
            keys.append(error)
    found = collection.get_many([key for key in keys if isinstance(key, str)])
    answers: list[dict[str, Any]] = []
    for selector, key in zip(selectors, keys, strict=True):
        if isinstance(key, ArangoError):
            answers.append(_error(key))
            continue
        document = found.get(key)
        expected = options.expected(selector) if isinstance(selector, dict) else None
        if document is None:
            answers.append(_error(ArangoError(_NO_DOCUMENT)))
        elif expected is not None and expected != document["_rev"]:
            answers.append(_error(ArangoError(_CONFLICT, _REVISIONS_DIFFER)))
        else:
            answers.append(document)
    return plain(answers)


def key_of(collection: Collection, selector: Any, *, whole: bool = False) -> str:
    """Return the key a selector names.

    Args:
        collection: Where the document should be.
        selector: A key, an id, or an object with `_key` or `_id`.
        whole: Whether only an object will do.

    Raises:
        ArangoError: 1227 if an object was wanted, 1202 for the id of a document of another
            collection, 1205 for anything that names no document.
    """
    foreign = _NO_DOCUMENT
    if isinstance(selector, dict):
        selector, foreign = selector.get("_key", selector.get("_id")), _BAD_ID
    elif whole:
        raise ArangoError(_NO_OBJECT)
    if not isinstance(selector, str):
        raise ArangoError(_BAD_ID)
    name, slash, key = selector.rpartition("/")
    if slash and name != collection.name:
        raise ArangoError(foreign)
    return key


def _array(body: Any) -> list[Any]:
    if not isinstance(body, list):
        raise ArangoError(_BAD_PARAMETER, "expecting an array in the request body")
    return body


def _each(items: Iterable[Any], write: Callable[[Any], Written]) -> list[Written | ArangoError]:
    written: list[Written | ArangoError] = []
    for item in items:
        try:
            written.append(write(item))
        except ArangoError as error:
            written.append(error)
    return written


def _error(error: ArangoError) -> dict[str, Any]:
    return {"error": True, "errorNum": error.number, "errorMessage": error.message}


def _answer(
    collection: Collection,
    written: Sequence[Written | ArangoError],
    options: WriteOptions,
    done: int = 201,
) -> Response:
    codes: Counter[str] = Counter()
    body: list[dict[str, Any]] = []
    for item in written:
        if isinstance(item, ArangoError):
            codes[str(item.number)] += 1
            body.append(_error(item))
        elif not options.silent:
            body.append(options.describe(item))
    headers = {"X-Arango-Error-Codes": dump(dict(codes)).decode()} if codes else {}
    wrote = sum(codes.values()) < len(written)  # else there is nothing to be on disk
    on_disk = wrote and (options.wait or collection.info.properties.get("waitForSync"))
    return plain(body, done if on_disk else 202, headers)
