"""Results of queries, kept and given again as long as nobody writes to what they were read from.

Sources: ArangoDB 3.12 manual, "The AQL query results cache"; the sizes are those of velocypack, of
which a result takes as many bytes on a server.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import blake2b
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeAlias

from hades_mcp.embedded.aql import parse
from hades_mcp.embedded.aql.clauses import Modification, PathSearch, Traversal
from hades_mcp.embedded.aql.functions.registry import find
from hades_mcp.embedded.aql.nodes import Call, walk
from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.rest.message import dump
from hades_mcp.embedded.rest.settings import change_settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hades_mcp.embedded.aql import PreparedQuery, Result
    from hades_mcp.embedded.rest.query_text import QueryText
    from hades_mcp.embedded.storage import Transaction

Fingerprint: TypeAlias = tuple[tuple[int, str, int], ...]
"""Number, newest revision and count of collections: whoever writes to one changes it."""

_BAD_PARAMETER = 400
_MODES = ("off", "on", "demand")
_SHORT_TEXT = 126  # longer ones carry their length in eight bytes
_SMALL = range(-6, 10)


@dataclass(slots=True)
class Settings:
    """How much is kept, in the words of the HTTP API.

    Attributes:
        mode: off; on for all queries; demand for those that ask for it.
        maxResults: Most results per database.
        maxResultsSize: Most bytes of all results of a database.
        maxEntrySize: Most bytes of one result.
        includeSystem: Whether results read from system collections are kept.
    """

    mode: str = "off"
    maxResults: int = 128  # noqa: N815  the names of the HTTP API
    maxResultsSize: int = 256 * 2**20  # noqa: N815
    maxEntrySize: int = 16 * 2**20  # noqa: N815
    includeSystem: bool = False  # noqa: N815


@dataclass(slots=True)
class Kept:
    """One result.

    Attributes:
        rows: The result, not to be changed.
        extra: Warnings and statistics as of the first run.
        prepared: How it was read; another one if collections, views or indexes changed.
        fingerprint: What the collections it was read from were like.
        size: Bytes of query, result and parameters, as velocypack.
    """

    hash: str
    query: str
    bind_vars: dict[str, Any]
    rows: list[Any]
    extra: dict[str, Any]
    prepared: PreparedQuery
    fingerprint: Fingerprint
    size: int
    seconds: float
    started: float = field(default_factory=time.time)
    hits: int = 0

    def describe(self) -> dict[str, Any]:
        """Return the entry as the HTTP API lists it."""
        return {
            "hash": self.hash,
            "query": self.query,
            "bindVars": self.bind_vars,
            "size": self.size,
            "results": len(self.rows),
            "hits": self.hits,
            "runTime": self.seconds,
            "started": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.started)),
            "dataSources": sorted(self.prepared.read),
        }


class ResultCache:
    """The results that one server keeps, by database; safe to call from several threads."""

    def __init__(self) -> None:
        self.settings = Settings()
        self._lock = Lock()
        self._kept: dict[str, OrderedDict[bytes, Kept]] = {}

    def wanted(self, query: QueryText, body: dict[str, Any]) -> bool:
        """Tell whether a request asks for a kept result, or to keep its own."""
        asked = body.get("cache", query.options.get("cache"))
        if self.settings.mode == "off" or query.options.get("stream") is True:
            return False
        return asked is True or (self.settings.mode == "on" and asked is not False)

    def find(
        self, database: str, key: bytes, prepared: PreparedQuery, transaction: Transaction
    ) -> Kept | None:
        """Return a kept result that is still what the query would give."""
        with self._lock:
            kept = self._of(database).get(key)
        if kept is None:
            return None
        if kept.prepared is not prepared or seen_by(transaction, prepared) != kept.fingerprint:
            with self._lock:
                self._of(database).pop(key, None)
            return None
        kept.hits += 1
        return kept

    def keep(
        self,
        database: str,
        key: bytes,
        query: QueryText,
        answer: Result,
        extra: dict[str, Any],
        seen: Fingerprint,
    ) -> None:
        """Keep a result, unless it is too large; the oldest ones make room."""
        prepared = answer.prepared
        if prepared is None or answer.warnings or not self._may_keep(prepared):
            return
        size = len(query.text.encode()) + _list_size(answer.rows) + _object_size(query.bind_vars)
        if size > min(self.settings.maxEntrySize, self.settings.maxResultsSize):
            return
        kept = Kept(
            hash=str(int.from_bytes(key[:8], "big")),
            query=query.text,
            bind_vars=query.bind_vars,
            rows=answer.rows,
            extra=extra,
            prepared=prepared,
            fingerprint=seen,
            size=size,
            seconds=sum(answer.phases.values()),
        )
        with self._lock:
            entries = self._of(database)
            entries[key] = kept
            entries.move_to_end(key)
            self._make_room(entries)

    def entries(self, database: str) -> list[dict[str, Any]]:
        """Return what is kept of a database."""
        with self._lock:
            return [kept.describe() for kept in self._of(database).values()]

    def clear(self, database: str | None = None) -> None:
        """Forget the results of one database, or of all."""
        with self._lock:
            if database is None:
                self._kept.clear()
            self._kept.pop(database or "", None)

    def change_settings(self, changes: dict[str, Any]) -> Settings:
        """Change some settings; what does not fit them any more is forgotten.

        Raises:
            ArangoError: 400 for a value that a setting cannot have.
        """
        if changes.get("mode", "off") not in _MODES:
            raise ArangoError(_BAD_PARAMETER, "expecting a mode of 'off', 'on' or 'demand'")
        change_settings(self.settings, changes)
        if self.settings.mode == "off":
            self.clear()
        with self._lock:
            for entries in self._kept.values():
                self._make_room(entries)
        return self.settings

    def _of(self, database: str) -> OrderedDict[bytes, Kept]:
        return self._kept.setdefault(database, OrderedDict())

    def _may_keep(self, prepared: PreparedQuery) -> bool:
        system = any(name.startswith("_") for name in prepared.read)
        return not prepared.modifies and (self.settings.includeSystem or not system)

    def _make_room(self, entries: OrderedDict[bytes, Kept]) -> None:
        size = sum(kept.size for kept in entries.values())
        while entries and (
            len(entries) > self.settings.maxResults or size > self.settings.maxResultsSize
        ):
            size -= entries.popitem(last=False)[1].size


def key_of(query: QueryText, body: dict[str, Any]) -> bytes:
    """Return what two requests share if one may be answered with the other's result."""
    profile, full_count = query.options.get("profile"), query.options.get("fullCount")
    shape = [query.text, query.bind_vars, bool(body.get("count")), full_count, profile]
    return blake2b(dump([*shape, query.rules]), digest_size=16).digest()


@lru_cache(maxsize=512)
def is_cacheable(text: str) -> bool:
    """Tell whether a query always gives the same while nobody writes; 1501 if it is malformed."""
    for node in walk(parse(text)):
        if isinstance(node, Modification):
            return False
        if isinstance(node, Call):
            function = find(node.name)
            if function is None or not function.foldable:
                return False
    return True


def seen_by(transaction: Transaction, prepared: PreparedQuery) -> Fingerprint:
    """Return what the collections behind a query are like: all, if edges may lead anywhere."""
    names = sorted(prepared.read)
    if walks_edges(prepared.text):
        names = [info.name for info in transaction.collections()]
    collections = [transaction.collection(name) for name in names]
    return tuple((each.info.number, each.revision(), each.count()) for each in collections)


@lru_cache(maxsize=512)
def walks_edges(text: str) -> bool:
    """Tell whether edges may lead a query to collections that it does not name."""
    return any(isinstance(node, Traversal | PathSearch) for node in walk(parse(text)))


def _size(value: Any) -> int:
    """Return about how many bytes a value takes as velocypack; exact for short plain values."""
    match value:
        case None | bool():
            return 1
        case int():
            return 1 if value in _SMALL else 1 + max(1, (value.bit_length() + 7) // 8)
        case float():
            return 9
        case str():
            size = len(value.encode("utf-8", "surrogatepass"))
            return size + (1 if size <= _SHORT_TEXT else 9)
        case list():
            return _list_size(value)
        case _:
            return _object_size(value)


def _list_size(values: Sequence[Any]) -> int:
    return 1 if not values else _compact(sum(map(_size, values)), len(values))


def _object_size(value: dict[str, Any]) -> int:
    parts = sum(_size(name) + _size(item) for name, item in value.items())
    return 1 if not value else _compact(parts, len(value))


def _compact(size: int, count: int) -> int:
    """Return the bytes of a list or an object: its type, length and count beside its parts."""
    return 1 + size + sum(1 + max(0, number.bit_length() - 1) // 7 for number in (size, count))
