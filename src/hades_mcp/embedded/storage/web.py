"""The web of a graph: vertices as walks meet them, each with those its edges lead to, once read."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence

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
    """

    __slots__ = ("_vertices", "versions")

    def __init__(self, versions: Sequence[int] = ()) -> None:
        self.versions = versions
        self._vertices: dict[str, Vertex] = {}

    @property
    def size(self) -> int:
        """How many vertices were met."""
        return len(self._vertices)

    def vertex(self, vertex_id: str) -> Vertex:
        """Return the one object for a vertex."""
        found = self._vertices.get(vertex_id)
        return found or self._vertices.setdefault(vertex_id, Vertex(vertex_id))


class Webs:
    """The webs of a database, by the edges that make them."""

    def __init__(self) -> None:
        self._webs: dict[Strands, Web] = {}

    def of(self, strands: Strands, versions: tuple[int, ...]) -> Web:
        """Return what is known at these versions; who has an older web may go on with it."""
        found = self._webs.get(strands)
        if found is not None and found.versions == versions and found.size <= KEPT:
            return found
        fresh = Web(versions)
        if found is None or not _older(versions, found.versions):  # an old snapshot has its own
            if len(self._webs) >= _WEBS:
                self._webs.clear()
            self._webs[strands] = fresh
        return fresh

    def keep(self, numbers: set[int]) -> None:
        """Let go of webs of collections that are no more."""
        for strands in list(self._webs):
            if not {number for number, _ in strands} <= numbers:
                self._webs.pop(strands, None)


def _older(versions: Sequence[int], others: Sequence[int]) -> bool:
    return any(one < other for one, other in zip(versions, others, strict=True))
