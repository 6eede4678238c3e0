"""Records what HADES says to ArangoDB, and what it reads of the answers, by kind of request."""

from __future__ import annotations

import json
import re
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from arango.http import HTTPClient

if TYPE_CHECKING:
    from collections.abc import Iterator

    from arango.client import ArangoClient
    from arango.response import Response

_WORDS = frozenset(
    {"_api", "begin", "count", "current", "edge", "rename", "truncate", "user", "vertex"}
    | {"analyzer", "collection", "cursor", "database", "document", "explain", "gharial", "index"}
    | {
        "import",
        "query",
        "slow",
        "transaction",
        "version",
        "view",
        "properties",
        "_admin",
        "status",
    }
)
"""Segments of a path that are the API's own; the others are names."""

_OPAQUE = frozenset({"bindVars", "new", "old", "options", "params", "plan", "properties", "links"})
_CURSOR = re.compile(r"\w+ /_api/cursor")
_DOCUMENT = re.compile(r"(POST|PUT|PATCH|DELETE) /_api/document/")


@dataclass
class Shape:
    """One kind of request.

    Args:
        sent: Parameters (`?name`) and attributes of the body that were given.
        read: Attributes of the answer; of those of HADES, the ones that were looked at.
    """

    sent: set[str] = field(default_factory=set)
    read: set[str] = field(default_factory=set)


Shapes = dict[str, Shape]


class Recorder(HTTPClient):
    """Stands between python-arango and its transport, and writes down what passes.

    Args:
        client: The client to listen to; it has made no database handles yet.
        shapes: Where to write.
    """

    def __init__(self, client: ArangoClient, shapes: Shapes) -> None:
        self._inner = client._http
        self._shapes = shapes
        self._asked = threading.local()
        client._http = self
        client._deserializer = self.deserialized

    def create_session(self, host: str) -> Any:
        return self._inner.create_session(host)

    def send_request(
        self,
        session: Any,
        method: str,
        url: str,
        headers: Any = None,
        params: Any = None,
        data: Any = None,
        auth: Any = None,
    ) -> Response:
        query = "&".join(f"{name}={value}" for name, value in (params or {}).items())
        name = kind_of(method, f"{urlsplit(url).path}?{query}")
        self._asked.shape = shape = self._shapes.setdefault(name, Shape())
        self._asked.kind = name
        body = data if isinstance(data, str | bytes) else None
        shape.sent |= sent_in(name, query, json.loads(body) if body else None)
        return self._inner.send_request(session, method, url, headers, params, data, auth)

    def deserialized(self, text: str) -> Any:
        """Return an answer that notes what is read of it."""
        return _watched(json.loads(text), "", self._asked.kind, self._asked.shape.read)


class _Watched(dict[str, Any]):
    """An object of an answer."""

    def __init__(self, found: dict[str, Any], path: str, read: set[str]) -> None:
        super().__init__(found)
        self._own = frozenset(found)  # python-arango renames some, and reads them again
        self._path = path
        self._read = read

    def __getitem__(self, name: str) -> Any:
        self._note(name)
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        self._note(name)
        return super().get(name, default)

    def pop(self, name: str, *default: Any) -> Any:
        self._note(name)
        return super().pop(name, *default)

    def _note(self, name: str) -> None:
        if name in self._own:
            self._read.add(f"{self._path}{name}")


def _watched(value: Any, path: str, kind: str, read: set[str]) -> Any:
    match value:
        case dict() if not _is_data(path, kind):
            inner = {
                name: _watched(item, f"{path}{name}.", kind, read) for name, item in value.items()
            }
            return _Watched(inner, path, read)
        case list() if not _is_data(path, kind):
            return [_watched(item, path, kind, read) for item in value]
        case _:
            return value


def kind_of(method: str, url: str) -> str:
    """Return a request with `{}` for every name in its path."""
    path = re.sub(r"^/_db/[^/]+", "", urlsplit(url).path)
    parts = [part for part in path.split("/") if part]
    shown = [
        # a collection may be called document: what comes second is the API's, then names follow
        part if place < 2 or (place > 2 and part in _WORDS) or part in {"begin", "user"} else "{}"
        for place, part in enumerate(parts)
    ]
    return f"{method.upper()} /{'/'.join(shown)}"


def sent_in(kind: str, query: str, body: Any) -> set[str]:
    """Return the names of parameters and of attributes of the body."""
    names = {f"?{name}" for name, _ in parse_qsl(query, keep_blank_values=True)}
    if _DOCUMENT.match(kind):
        return names | ({"a list"} if isinstance(body, list) else set())
    return names | set(_names(body))


def read_in(kind: str, body: Any) -> set[str]:
    """Return the names of all attributes of an answer."""
    return set(_names(body, "", kind))


def _names(value: Any, path: str = "", kind: str = "") -> Iterator[str]:
    if _is_data(path, kind):
        return
    match value:
        case dict():
            for name, item in value.items():
                yield f"{path}{name}"
                yield from _names(item, f"{path}{name}.", kind)
        case list():
            for item in value:
                yield from _names(item, path, kind)


def _is_data(path: str, kind: str) -> bool:
    """Return whether what is here is somebody's data, not the protocol's."""
    steps = path.split(".")[:-1]
    if any(step in _OPAQUE for step in steps):
        return True
    return bool(steps) and steps[0] == "result" and bool(_CURSOR.match(kind))
