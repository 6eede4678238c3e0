"""Requests and responses of the HTTP API, without HTTP: values in, bytes out."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson

from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.rest.rights import ROOT, check_collection, collection_level

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hades_mcp.embedded.rest.rights import Account
    from hades_mcp.embedded.rest.state import State
    from hades_mcp.embedded.storage import Collection, Database, Transaction

BAD_PARAMETER = 400
CORRUPTED_JSON = 600
NOT_IMPLEMENTED = 9
NO_COLLECTION_NAMED = 1204
_TRUE = frozenset({"1", "true", "yes", "on", "y"})
_MAY_BE_WHOLE = re.compile(rb"\.0(?=[,\]}]|\Z)")
_TEXT_OR_ZERO = re.compile(rb'("[^"\\]*(?:\\.[^"\\]*)*")|\.0(?=[,\]}]|\Z)', re.DOTALL)
"""A text, to be kept, or the end of a whole number: velocypack's dumper writes none."""
JSON_HEADERS = {"Content-Type": "application/json; charset=utf-8"}
TEXT = {"Content-Type": "text/plain; charset=utf-8"}


@dataclass(frozen=True, slots=True)
class Response:
    """What the server answers.

    Attributes:
        status: HTTP status.
        headers: HTTP headers as ArangoDB spells them.
        body: UTF-8; empty where HTTP wants none.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(slots=True)
class Request:
    """What a client asks, with what the server knows to answer it.

    Attributes:
        state: Engine, cursors, stream transactions and running queries.
        database_name: From the path; `_system` when it names none.
        method: HTTP method in capitals.
        path: Path below the database.
        params: Query parameters.
        headers: HTTP headers, names in small letters.
        body: Raw body.
        account: Who asks, if held to an account's rights.
    """

    state: State
    database_name: str
    method: str
    path: str
    params: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    account: Account | None = None
    _json: list[Any] = field(default_factory=list)

    @property
    def database(self) -> Database:
        """The database the path names; ArangoError 1228 if there is none."""
        return self.state.engine.database(self.database_name)

    @property
    def user(self) -> str | None:
        """The name of who asks; None where nobody is asked for it."""
        if self.account is not None:
            return str(self.account["user"])
        return ROOT if self.state.accounts.guarded else None

    @property
    def realm(self) -> str:
        """Whose cursors and stream transactions it may use: its database's, of its account."""
        return self.database_name if self.account is None else f"{self.database_name}/{self.user}"

    @property
    def stream_id(self) -> str | None:
        """Id of the stream transaction the request belongs to, if any."""
        return self.headers.get("x-arango-trx-id")

    def json(self) -> Any:
        """Return the body as a value; None if it is empty.

        Raises:
            ArangoError: 600 if it is no JSON, 9 if it is said to be velocypack.
        """
        if not self._json:
            try:
                self._json.append(orjson.loads(self.body) if self.body.strip() else None)
            except ValueError as error:
                if "velocypack" in self.headers.get("content-type", ""):
                    raise ArangoError(
                        NOT_IMPLEMENTED, "not implemented: bodies but JSON"
                    ) from error
                raise ArangoError(CORRUPTED_JSON, f"VPackError error: {error}") from error
        return self._json[0]

    def object(self) -> dict[str, Any]:
        """Return the body, an object; an empty body counts as an empty object."""
        body = self.json()
        if body is None:
            return {}
        if not isinstance(body, dict):
            raise ArangoError(BAD_PARAMETER, "expecting a JSON object in the request")
        return body

    def level(self, collection: str) -> str:
        """Return what who asks may do with a collection: none, ro or rw."""
        if self.account is None:
            return "rw"
        return collection_level(self.account, self.database_name, collection)

    def check_rights(self, collection: str, *, write: bool) -> None:
        """Raise ArangoError 11 or 1004 for what the account may not do with a collection."""
        if self.account is not None:
            check_collection(self.account, self.database_name, collection, write=write)

    def named(self, name: str) -> str:
        """Return the name of the collection that a name or, as of old, an id means."""
        if not name.isdecimal():
            return name
        with self.database.transaction(write=False) as transaction:
            known = transaction.collections()
        return next((info.name for info in known if info.id == name), name)

    def flag(self, name: str, *, default: bool = False) -> bool:
        """Return a query parameter that is true or false."""
        value = self.params.get(name)
        return default if value is None else value.lower() in _TRUE

    def required(self, name: str) -> str:
        """Return a query parameter; ArangoError 1204 if it is missing."""
        value = self.params.get(name)
        if not value:
            raise ArangoError(NO_COLLECTION_NAMED, f"parameter '{name}' not found")
        return value

    @contextmanager
    def transaction(self, *, write: bool) -> Iterator[Transaction]:
        """Give the stream transaction the request names, or one of its own.

        Raises:
            ArangoError: 1004 for a write to a server in read-only mode.
        """
        if write:
            self.state.check_writable()
        if self.stream_id is not None:
            with self.state.streams.use(self.realm, self.stream_id) as stream:
                if not write:
                    yield stream.transaction
                    return
                stream.transaction.session.sync |= self.flag("waitForSync")
                with stream.transaction.savepoint():  # a request that fails leaves nothing
                    yield stream.transaction
            return
        with self.database.transaction(write=write) as transaction:
            transaction.session.sync = self.flag("waitForSync")
            yield transaction

    @contextmanager
    def collection(self, name: str, *, write: bool) -> Iterator[Collection]:
        """Give a collection within the request's transaction.

        Raises:
            ArangoError: 1203 if there is none; 1652 for a collection that the stream transaction
                did not declare.
        """
        self.check_rights(name, write=write)
        if self.stream_id is not None:
            self.state.streams.check(self.realm, self.stream_id, name, write=write)
        with self.transaction(write=write) as transaction:
            yield transaction.collection(name)


def dump(value: object) -> bytes:
    """Return a value as JSON; as a server does it, `2.0` is written `2`."""
    try:
        text = orjson.dumps(value)
    except TypeError:  # integers beyond 64 bits: orjson has no way to write them
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    if _MAY_BE_WHOLE.search(text) is None:
        return text
    if b"\\" in text:
        return _TEXT_OR_ZERO.sub(rb"\1", text)
    parts = text.split(b'"')  # every second one is inside a text; three times faster
    parts[::2] = [_MAY_BE_WHOLE.sub(b"", part) if b".0" in part else part for part in parts[::2]]
    return b'"'.join(parts)


def plain(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Answer with a value as it is."""
    return Response(status, {**JSON_HEADERS, **headers} if headers else JSON_HEADERS, dump(value))


def ok(
    body: Mapping[str, Any], status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Answer with an object and ArangoDB's `error` and `code`."""
    return plain({**body, "error": False, "code": status}, status, headers)


def result(value: object, status: int = 200) -> Response:
    """Answer with an object that holds a `result`."""
    return ok({"result": value}, status)


def failure(
    error: ArangoError,
    more: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Answer with an error in ArangoDB's shape."""
    body = {
        "error": True,
        "code": error.status,
        "errorNum": error.number,
        "errorMessage": error.message,
        **(more or {}),
    }
    return plain(body, error.status, headers)
