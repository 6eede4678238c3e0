"""The web of a graph: vertices as walks meet them, each with those its edges lead to, once read."""

from __future__ import annotations

from itertools import chain
from threading import RLock
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hades_mcp.embedded.storage.changes import Changes

Strands: TypeAlias = tuple[tuple[int, str], ...]
"""The numbers of edge collections with the direction each is followed in."""

KEPT = 500_000
"""Vertices of one web; about 200 MB."""

_WEBS = 8


class Vertex:
    """A vertex by its `_id`. That objects lead to objects spares walks most look-ups by text.

    Attributes:
        id: Its `_id`.
        key: Its `_key`; to be read only where `stored` tells that there is a document.
        ends: The vertices its edges lead to, each once, in the order of the edges; None until read.
        stored: The mark of a state of its collection in which there was a document of it.
    """

    __slots__ = ("ends", "id", "key", "stored")

    def __init__(self, vertex_id: str) -> None:
        self.id = vertex_id
        self.key = ""
        self.ends: tuple[Vertex, ...] | None = None
        self.stored: object = None


class Web:
    """The vertices met so far over some edge collections, as of one version of each of these.

    Threads share it: what is known only grows, and a thread that knows the same twice over writes
    the same.

    Args:
        versions: Of the edge collections.

    Attributes:
        vertices: By their `_id`s.
        users: The transactions that use it and have not ended: until then it is not mended.
    """

    __slots__ = ("users", "versions", "vertices")

    def __init__(self, versions: Sequence[int] = ()) -> None:
        self.versions = versions
        self.users = 0
        self.vertices: dict[str, Vertex] = {}

    def vertex(self, vertex_id: str) -> Vertex:
        """Return the one object for a vertex."""
        found = self.vertices.get(vertex_id)
        return found or self.vertices.setdefault(vertex_id, Vertex(vertex_id))

    def mend(self, versions: Sequence[int], moved: Iterable[str]) -> None:
        """Go on at newer versions, at which edges lead elsewhere from some vertices."""
        for vertex_id in moved:
            vertex = self.vertices.get(vertex_id)
            if vertex is not None:
                vertex.ends = None
        self.versions = versions


class Webs:
    """The webs of a database, by the edges that make them.

    Args:
        moves: The ends of edges that commits have written.
    """

    def __init__(self, moves: Changes[str]) -> None:
        self._moves = moves
        self._lock = RLock()  # a transaction nobody ended may be collected while it is held
        self._webs: dict[Strands, Web] = {}

    def take(self, strands: Strands, versions: tuple[int, ...]) -> Web:
        """Return what is known at these versions, until `give_back`."""
        with self._lock:
            web = self._webs.get(strands)
            if web is None or web.versions != versions or len(web.vertices) > KEPT:
                web = self._renewed(web, strands, versions)
            web.users += 1
            return web

    def give_back(self, web: Web) -> None:
        """Note that a transaction that has taken a web has ended."""
        with self._lock:
            web.users -= 1

    def _renewed(self, web: Web | None, strands: Strands, versions: tuple[int, ...]) -> Web:
        if web is not None and _older(versions, web.versions):
            return Web(versions)  # an old snapshot has its own
        if web is not None and not web.users and len(web.vertices) <= KEPT:
            moved = [
                self._moves.between(number, old, new)
                for (number, _), old, new in zip(strands, web.versions, versions, strict=True)
            ]
            known = [ends for ends in moved if ends is not None]
            if len(known) == len(moved):
                web.mend(versions, chain.from_iterable(known))
                return web
        if len(self._webs) >= _WEBS:
            self._webs.clear()
        self._webs[strands] = web = Web(versions)
        return web

    def keep(self, numbers: set[int]) -> None:
        """Let go of webs of collections that are no more."""
        with self._lock:
            for strands in list(self._webs):
                if not {number for number, _ in strands} <= numbers:
                    del self._webs[strands]


def _older(versions: Sequence[int], others: Sequence[int]) -> bool:
    return any(one < other for one, other in zip(versions, others, strict=True))
