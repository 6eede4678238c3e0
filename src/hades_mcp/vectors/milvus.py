"""Vectors kept in Milvus: Milvus Lite in a folder of this machine, or a Milvus server.

Only pymilvus' `MilvusClient` is used (its older interface goes with 3.1). Nothing here connects
before it must, and importing pymilvus takes most of a second, so that waits too.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote, unquote

from hades_mcp.errors import ConfigError, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

T = TypeVar("T")

BATCH = 500
"""Rows per request: a row of 384 numbers takes 1.6 kB, and gRPC's messages end at 64 MB."""

PATIENCE = 5.0
"""Seconds an answer may take before the server counts as gone; pymilvus tries again until then."""

LONG = 120.0
"""Seconds for what may take long: to load a large set, to write a batch."""

SUFFIX = ".db"
"""How the folder of Milvus Lite ends: pymilvus tells a path from a URL by it."""

# gRPC's connections are shared by the whole process, and one that failed is not tried again for a
# while that grows to two minutes: a server that is back would go unnoticed
_OWN_CONNECTION = {"grpc.use_local_subchannel_pool": 1, "grpc.max_reconnect_backoff_ms": 1000}
_PLAIN = "-_.:@"  # what of a key stays as it is; everything else is %XX
_LONGEST_ID = 1024  # a key has at most 254 bytes, each at most three characters here
_LITE_IN_USE: Counter[str] = Counter()
_LITE = threading.Lock()


@dataclass(frozen=True, slots=True)
class StoredVector:
    """A vector as Milvus keeps it.

    Args:
        key: `_key` of the document it belongs to.
        mark: Recognises the vector's content, so that copies can be compared without reading them.
        vector: The numbers.
    """

    key: str
    mark: str
    vector: Sequence[float]


class MilvusStore:
    """Named sets of vectors in one Milvus; connects again by itself. Safe to share by threads.

    Args:
        target: URL of a server, or the folder of Milvus Lite, which one process at a time may use.
        token: `user:password` or an API key, if the server wants one.

    Raises:
        ConfigError: The folder's name does not end in `.db`.
    """

    def __init__(self, target: str | Path, *, token: str = "") -> None:
        self.lite = "://" not in str(target)
        self.target = str(target)
        if self.lite and not self.target.endswith(SUFFIX):
            raise ConfigError(
                f"The folder of Milvus Lite, {self.target}, must end in {SUFFIX}.",
                hint="Change HADES_MILVUS_PATH.",
            )
        self._token = token
        self._lock = threading.RLock()
        self._client: Any = None
        self._loaded: set[str] = set()

    def has(self, name: str) -> bool:
        """Return whether there is such a set."""
        return bool(self._ask(lambda client: client.has_collection(name, timeout=PATIENCE)))

    def create(self, name: str, dimension: int) -> None:
        """Make an empty set of vectors compared by cosine; one that is there stays.

        Args:
            name: Letters, digits and underscores.
            dimension: Length of its vectors.
        """
        if not self.has(name):
            self._ask(lambda client: _create(client, name, dimension))

    def drop(self, name: str) -> None:
        """Forget a set."""
        self._ask(lambda client: client.drop_collection(name, timeout=PATIENCE))
        self._loaded.discard(name)

    def upsert(self, name: str, vectors: Iterable[StoredVector]) -> None:
        """Store vectors, each in the place of an earlier one of its key."""
        data = [
            {"id": _id(stored.key), "mark": stored.mark, "embedding": list(stored.vector)}
            for stored in vectors
        ]
        for start in range(0, len(data), BATCH):
            self._loaded_ask(name, partial(_upsert, name, data[start : start + BATCH]))

    def delete(self, name: str, keys: Iterable[str]) -> None:
        """Forget vectors; a key that is not there does no harm."""
        ids = [_id(key) for key in keys]
        for start in range(0, len(ids), BATCH):
            self._loaded_ask(name, partial(_delete, name, ids[start : start + BATCH]))

    def seal(self, name: str) -> None:
        """Have an index made of what was written, after a lot of it; a server does so by itself.

        Milvus Lite compares one by one what it has only in its log; with 1,000 vectors a search
        was six times faster afterwards.
        """
        if self.lite:
            self._ask(lambda client: client.flush(name, timeout=LONG))

    def search(self, name: str, vector: Sequence[float], k: int) -> list[tuple[str, float]]:
        """Return at most `k` keys with their cosine similarity, the nearest first."""

        def ask(client: Any) -> Any:
            return client.search(
                name,
                data=[list(vector)],
                limit=k,
                output_fields=["id"],  # without, Milvus Lite sends the vectors along
                # a graph's beam must be as wide as the answer
                search_params={"metric_type": "COSINE", "params": {"ef": max(k, 64)}},
                consistency_level="Strong",
                timeout=PATIENCE,
            )

        hits = self._loaded_ask(name, ask)[0]
        return [(_key(hit["id"]), float(hit["distance"])) for hit in hits]

    def marks(self, name: str) -> Iterator[tuple[str, str]]:
        """Yield key and mark of every vector, in no order."""
        fields = ["id", "mark"]
        rows = self._loaded_ask(
            name,
            lambda client: client.query_iterator(
                name,
                batch_size=BATCH,
                filter="",
                output_fields=fields,
                consistency_level="Strong",
                timeout=LONG,  # without, each question may wait for ever
            ),
        )
        try:
            while batch := self._ask(lambda _client: rows.next()):
                for row in batch:
                    yield _key(row["id"]), row["mark"]
        finally:
            rows.close()

    def close(self) -> None:
        """Let go of the connection and, with Milvus Lite, of the folder."""
        with self._lock:
            client, self._client = self._client, None
            self._loaded.clear()
            if client is not None:
                with suppress(Exception):  # a server that is gone has closed it
                    client.close()
                if self.lite:
                    _release(self.target)

    def _loaded_ask(self, name: str, question: Callable[[Any], T]) -> T:
        """Ask about a set that must be in memory: after a restart Milvus has released it."""

        def ask(client: Any) -> T:
            if name not in self._loaded:
                client.load_collection(name, timeout=LONG)
                self._loaded.add(name)
            return question(client)

        return self._ask(ask)

    def _ask(self, question: Callable[[Any], T]) -> T:
        connected = self._client is not None
        try:
            return self._ask_once(question)
        except Unavailable:
            if not connected:
                raise
        # the connection was old: a server may have been started anew since, with nothing loaded
        return self._ask_once(question)

    def _ask_once(self, question: Callable[[Any], T]) -> T:
        client = self._connected()
        from pymilvus import MilvusException  # noqa: PLC0415  imported above, when connecting

        try:
            return question(client)
        except (MilvusException, OSError, RuntimeError, ValueError) as error:
            self.close()  # the next call connects anew
            raise self._unavailable(error) from error

    def _connected(self) -> Any:
        with self._lock:
            if self._client is None:
                self._client = self._connect()
            return self._client

    def _connect(self) -> Any:
        client_class = _import_client()
        if self.lite:
            _take(self.target)
        try:
            return client_class(
                self.target,
                token=self._token,
                timeout=PATIENCE,
                dedicated=True,  # closing it must not close another store's
                grpc_options=_OWN_CONNECTION,
            )
        except Exception as error:
            if self.lite:
                _release(self.target)
            raise self._unavailable(error) from error

    def _unavailable(self, error: Exception) -> Unavailable:
        reason = str(getattr(error, "message", None) or error).strip().rstrip(".")
        if self.lite and "Open local milvus failed" in reason:
            return Unavailable(
                f"Milvus Lite in {self.target} cannot be opened: it serves one process at a time,"
                " and another has it open.",
                hint="Close the other, or run a Milvus server and set HADES_MILVUS_URL.",
            )
        if self.lite:
            return Unavailable(
                f"Milvus Lite in {self.target} fails: {reason}.",
                hint="It holds copies only: move that folder away, and they are made anew.",
            )
        return Unavailable(
            f"Milvus at {self.target} does not answer: {reason}.",
            hint="Start it, or check HADES_MILVUS_URL; it is used again as soon as it is back.",
        )


def _create(client: Any, name: str, dimension: int) -> None:
    from pymilvus import DataType  # noqa: PLC0415  imported by now

    schema = client.create_schema(auto_id=False, enable_dynamic_field=False)
    schema.add_field("id", DataType.VARCHAR, is_primary=True, max_length=_LONGEST_ID)
    schema.add_field("mark", DataType.VARCHAR, max_length=64)
    schema.add_field("embedding", DataType.FLOAT_VECTOR, dim=dimension)
    indexes = client.prepare_index_params()
    # HNSW is what Lite, standalone and cluster all have; others Lite takes and then ignores
    indexes.add_index(
        "embedding",
        index_type="HNSW",
        metric_type="COSINE",
        params={"M": 16, "efConstruction": 200},
    )
    client.create_collection(
        name, schema=schema, index_params=indexes, consistency_level="Strong", timeout=PATIENCE
    )


def _upsert(name: str, data: list[dict[str, Any]], client: Any) -> None:
    client.upsert(name, data, timeout=LONG)


def _delete(name: str, ids: list[str], client: Any) -> None:
    client.delete(name, ids=ids, timeout=LONG)


def _id(key: str) -> str:
    """Return a key as an id without quotes, spaces or backslashes.

    pymilvus pastes ids into a filter expression without escaping them, and Milvus Lite knows no
    parameters there: `' or 1 == 1` would run.
    """
    return quote(key, safe=_PLAIN)


def _key(stored: str) -> str:
    return unquote(stored)


def _import_client() -> Any:
    _quieten()
    try:
        from pymilvus import MilvusClient  # noqa: PLC0415  takes most of a second
    except ImportError as error:
        raise ConfigError(
            "The Milvus client is not installed.", hint="Run: pip install 'hades-mcp[milvus]'"
        ) from error
    except Exception as error:
        raise ConfigError(
            f"The Milvus client cannot be loaded: {error}.",
            hint="If MILVUS_URI is set, unset it: pymilvus reads it and takes only URLs.",
        ) from error
    _quieten()
    return MilvusClient


def _quieten() -> None:
    """Keep off stderr what is raised as well, and the calls Lite's server does not know."""
    for name in ("pymilvus", "milvus_lite", "grpc._server"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


def _take(path: str) -> None:
    from pathlib import Path  # noqa: PLC0415  only Lite has a path

    Path(path).parent.mkdir(parents=True, exist_ok=True)
    with _LITE:
        _LITE_IN_USE[path] += 1


def _release(path: str) -> None:
    """Stop Lite's server when its last user in this process is gone: closing a client does not."""
    with _LITE:
        _LITE_IN_USE[path] -= 1
        last = _LITE_IN_USE[path] <= 0
    if last:
        from milvus_lite.server_manager import (  # noqa: PLC0415  loaded with the client
            server_manager_instance,
        )

        server_manager_instance.release_server(path)
