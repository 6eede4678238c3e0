"""Graphs: what hangs together with a document, how far, and by which way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast, get_args

from hades_mcp.errors import InvalidArgument, NotFound, UnknownName
from hades_mcp.services.layout import DOCUMENT_EDGES, EDGE_COLLECTIONS
from hades_mcp.services.names import document_id
from hades_mcp.services.refusals import translated
from hades_mcp.services.statements import rows
from hades_mcp.types import Direction

if TYPE_CHECKING:
    from collections.abc import Sequence

    from arango.database import StandardDatabase

DEEPEST = 10
MOST_NODES = 200

# a cluster wants the vertex collections declared
_TRAVERSE = """
WITH documents, chunks
FOR v, e, p IN 1..@depth {direction} @start {edges}
  OPTIONS {{order: "bfs", uniqueVertices: "global"}}
  FILTER v != null
  LIMIT @limit
  RETURN {{
    id: v._id, title: NOT_NULL(v.title, v.name, v._key), kind: v.kind,
    depth: LENGTH(p.edges), edge: e._id, source: e._from, target: e._to
  }}
"""
_PATH = """
WITH documents, chunks
FOR v, e IN {direction} SHORTEST_PATH @start TO @target {edges}
  RETURN {{
    id: v._id, title: NOT_NULL(v.title, v.name, v._key), kind: v.kind,
    edge: e._id, source: e._from, target: e._to
  }}
"""
_DEGREE = """
FOR e IN @@edges
  FILTER e.{end} == @id
  COLLECT WITH COUNT INTO n
  RETURN n
"""


@dataclass(frozen=True, slots=True)
class Node:
    """A document reached, and the edge it was reached by.

    Args:
        id: Its `_id`.
        title: What a person calls it.
        kind: What it is; None for documents of other collections.
        depth: How many edges from the start.
        edge: Kind of the edge walked last (its collection); empty at the start of a path.
        source: `_id` where that edge begins.
        target: `_id` where it ends.
    """

    id: str
    title: str
    kind: str | None
    depth: int
    edge: str
    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Traversal:
    """What a traversal reached.

    Args:
        start: `_id` it began at.
        nodes: What it reached, the nearest first.
        truncated: There is more than the limit let through.
    """

    start: str
    nodes: list[Node]
    truncated: bool


@dataclass(frozen=True, slots=True)
class Neighbours:
    """A document's surroundings in figures.

    Args:
        id: Its `_id`.
        outbound: Edges that begin here, counted by kind; kinds without any are left out.
        inbound: Edges that end here, counted by kind.
    """

    id: str
    outbound: dict[str, int]
    inbound: dict[str, int]


class GraphService:
    """Walks the edges between documents.

    Args:
        db: The database, with its layout made.
    """

    def __init__(self, db: StandardDatabase) -> None:
        self._db = db

    @translated
    def traverse(
        self,
        start: str,
        *,
        depth: int = 1,
        direction: str = "outbound",
        edges: Sequence[str] = (),
        limit: int = 50,
    ) -> Traversal:
        """Return what can be reached from a document, each once, the nearest first.

        Args:
            start: `_id`, title or qualified name.
            depth: How many edges far, 1 to 10.
            direction: outbound (what it names), inbound (what names it) or any.
            edges: Kinds of edges to walk; by default all between documents.
            limit: How many documents at most, 1 to 200.

        Raises:
            UnknownName: No such document, direction or kind of edge.
            InvalidArgument: Depth or limit out of range, or a name that fits several documents.
        """
        _check_range("depth", depth, DEEPEST)
        _check_range("limit", limit, MOST_NODES)
        names, bind = self._edge_names(edges)
        query = _TRAVERSE.format(direction=_word(direction), edges=names)
        identifier = document_id(self._db, start)
        bind |= {"start": identifier, "depth": depth, "limit": limit + 1}
        nodes = [_node(row) for row in rows(self._db, query, bind)]
        return Traversal(identifier, nodes[:limit], len(nodes) > limit)

    @translated
    def path(
        self, start: str, target: str, *, direction: str = "any", edges: Sequence[str] = ()
    ) -> list[Node]:
        """Return the shortest way between two documents, both ends included.

        Args:
            start: `_id`, title or qualified name of one end.
            target: The other end.
            direction: How edges may be walked: outbound, inbound or any.
            edges: Kinds of edges to walk; by default all between documents.

        Raises:
            UnknownName: No such document, direction or kind of edge.
            NotFound: There is no way.
        """
        names, bind = self._edge_names(edges)
        query = _PATH.format(direction=_word(direction), edges=names)
        bind |= {"start": document_id(self._db, start), "target": document_id(self._db, target)}
        found = rows(self._db, query, bind)
        if not found:
            raise NotFound(
                f"There is no path from {start!r} to {target!r}.",
                hint="Try direction 'any', or all kinds of edges.",
            )
        return [_node({**row, "depth": depth}) for depth, row in enumerate(found)]

    @translated
    def neighbours(self, name: str) -> Neighbours:
        """Return how many edges of each kind begin and end at a document.

        Args:
            name: `_id`, title or qualified name.

        Raises:
            UnknownName: No such document.
        """
        identifier = document_id(self._db, name)
        return Neighbours(
            identifier, self._degrees(identifier, "_from"), self._degrees(identifier, "_to")
        )

    def _edge_names(self, edges: Sequence[str]) -> tuple[str, dict[str, Any]]:
        """Return the bind parameters that name the edge collections, and their values."""
        chosen = list(dict.fromkeys(edges)) or list(DOCUMENT_EDGES)
        if not set(chosen) <= set(EDGE_COLLECTIONS):
            known = self._edge_collections()
            for name in chosen:
                if name not in known:
                    raise UnknownName("kind of edge", name, known)
        bind = {f"@edges{number}": name for number, name in enumerate(chosen)}
        return ", ".join(f"@{name}" for name in bind), bind

    def _edge_collections(self) -> set[str]:
        """Return all edge collections, also those that people made."""
        found = cast("list[dict[str, Any]]", self._db.collections())
        return {c["name"] for c in found if c["type"] == "edge" and not c["system"]}

    def _degrees(self, identifier: str, end: str) -> dict[str, int]:
        query = _DEGREE.format(end=end)
        counts = {
            name: sum(rows(self._db, query, {"@edges": name, "id": identifier}))
            for name in DOCUMENT_EDGES
        }
        return {name: count for name, count in counts.items() if count}


def _word(direction: str) -> str:
    if direction.lower() not in get_args(Direction):
        raise UnknownName("direction", direction, get_args(Direction))
    return direction.upper()


def _check_range(name: str, value: int, most: int) -> None:
    if not 1 <= value <= most:
        raise InvalidArgument(f"{name} is {value}.", hint=f"Use 1 to {most}.")


def _node(row: dict[str, Any]) -> Node:
    return Node(
        id=row["id"],
        title=row["title"],
        kind=row["kind"],
        depth=row["depth"],
        edge=(row["edge"] or "").partition("/")[0],
        source=row["source"] or "",
        target=row["target"] or "",
    )
