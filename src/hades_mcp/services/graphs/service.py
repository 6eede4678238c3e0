"""Graphs: what hangs together with a document, how far, and by which way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast, get_args

from hades_mcp.errors import InvalidArgument, NotFound, UnknownName
from hades_mcp.services.graphs.measuring import MOST_VERTICES, Measured, measured
from hades_mcp.services.graphs.relating import Relation, related
from hades_mcp.services.layout import DOCUMENT_EDGES, EDGE_COLLECTIONS, GRAPH, RELATIONS
from hades_mcp.services.names import document_id
from hades_mcp.services.refusals import translated
from hades_mcp.services.statements import rows
from hades_mcp.types import Direction

if TYPE_CHECKING:
    from collections.abc import Sequence

    from arango.database import StandardDatabase

DEEPEST = 10
MOST_NODES = 200
EXAMPLES = 3
"""Neighbours named for each kind of edge and direction."""

_ENDS = (("outbound", "_from", "_to"), ("inbound", "_to", "_from"))

# a cluster wants the vertex collections declared
_TRAVERSE = """
WITH documents, chunks
FOR v, e, p IN 1..@depth {direction} @start {edges}
  OPTIONS {{order: "bfs", uniqueVertices: "global"}}
  FILTER v != null
  LIMIT @limit
  RETURN {{
    id: v._id, title: NOT_NULL(v.title, v.name, v._key), kind: v.kind,
    depth: LENGTH(p.edges), edge: e._id, source: e._from, target: e._to, relation: e.type
  }}
"""
_PATH = """
WITH documents, chunks
FOR v, e IN {direction} SHORTEST_PATH @start TO @target {edges}
  RETURN {{
    id: v._id, title: NOT_NULL(v.title, v.name, v._key), kind: v.kind,
    edge: e._id, source: e._from, target: e._to, relation: e.type
  }}
"""
_COUNT = "LENGTH(FOR e IN @@edges{number} FILTER e.{here} == @id RETURN 1)"
_TITLES = """counts[{place}] == 0 ? [] : (
  FOR e IN @@edges{number}
    FILTER e.{here} == @id
    LIMIT @examples
    LET d = DOCUMENT(e.{there})
    RETURN TO_STRING(NOT_NULL(d.title, d.name, e.{there}))
)"""
_AROUND = """
LET counts = [{counts}]
RETURN [counts, [{titles}]]
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
        relation: What the edge says, if it is one of `relations`.
    """

    id: str
    title: str
    kind: str | None
    depth: int
    edge: str = ""
    source: str = ""
    target: str = ""
    relation: str = ""


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
class Bundle:
    """The edges of one kind at one document, in one direction.

    Args:
        count: How many.
        examples: Titles of the documents at the other end of the first few.
    """

    count: int
    examples: list[str]


@dataclass(frozen=True, slots=True)
class Neighbours:
    """A document's surroundings in figures.

    Args:
        id: Its `_id`.
        outbound: Edges that begin here, by their collection; those without any are left out.
        inbound: Edges that end here, by their collection.
    """

    id: str
    outbound: dict[str, Bundle]
    inbound: dict[str, Bundle]


class GraphService:
    """Walks the edges between documents, measures them, and draws new ones.

    Args:
        db: The database, with its layout made.
        max_vertices: Most vertices of a graph that is measured.
    """

    def __init__(self, db: StandardDatabase, *, max_vertices: int = MOST_VERTICES) -> None:
        self._db = db
        self._max_vertices = max_vertices

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
            edges: Kinds of edges to walk; by default all, also those that people made.
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
            edges: Kinds of edges to walk; by default all, also those that people made.

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
        """Return how many edges of each collection begin and end at a document, with examples.

        Edge collections that people made count too.

        Args:
            name: `_id`, title or qualified name.

        Raises:
            UnknownName: No such document.
        """
        names = self._walked()
        identifier = document_id(self._db, name)
        bind: dict[str, Any] = {"id": identifier, "examples": EXAMPLES}
        bind |= {f"@edges{number}": edges for number, edges in enumerate(names)}
        (read,) = rows(self._db, _around(len(names)), bind)
        found: dict[str, dict[str, Bundle]] = {"outbound": {}, "inbound": {}}
        kinds = ((edges, direction) for edges in names for direction, _, _ in _ENDS)
        for (edges, direction), *bundle in zip(kinds, *read, strict=True):
            if bundle[0]:
                found[direction][edges] = Bundle(*bundle)
        return Neighbours(identifier, **found)

    @translated
    def measure(self, measure: str, graph: str = GRAPH, limit: int = 10) -> Measured:
        """Return which documents of a graph matter most, or which belong together.

        Args:
            measure: pagerank, betweenness or degree (documents); components or communities.
            graph: A named graph; by default that of all documents.
            limit: How many documents or groups, 1 to 200.

        Raises:
            UnknownName: There is no such measure or graph.
            InvalidArgument: A limit out of range.
            LimitReached: The graph is too large to be read.
        """
        _check_range("limit", limit, MOST_NODES)
        return measured(self._db, measure, graph, limit, self._max_vertices)

    @translated
    def relate(
        self,
        start: str,
        target: str,
        kind: str = "related",
        note: str = "",
        *,
        evidence: str = "agent",
    ) -> Relation:
        """Draw an edge between two documents, unless it is there; it can be undone.

        Args:
            start: `_id`, title or qualified name of the document it begins at.
            target: The document it ends at.
            kind: What it says, such as `contradicts`.
            note: Why.
            evidence: Who says so: see `services.trust`.

        Raises:
            UnknownName: No such document.
            InvalidArgument: A text is empty or too long, both ends are one document, or a name
                fits several.
        """
        ends = document_id(self._db, start), document_id(self._db, target)
        return related(self._db, ends, kind, note, evidence)

    def _edge_names(self, edges: Sequence[str]) -> tuple[str, dict[str, Any]]:
        """Return the bind parameters that name the edge collections, and their values."""
        chosen = list(dict.fromkeys(edges)) or self._walked()
        if edges and not set(chosen) <= set(EDGE_COLLECTIONS):
            known = self._edge_collections()
            told = f"There are: {', '.join(sorted(known))}."
            told += f" What graph_relate drew is in {RELATIONS!r}."
            for name in chosen:
                if name not in known:
                    raise UnknownName("kind of edge", name, known, otherwise=told)
        bind = {f"@edges{number}": name for number, name in enumerate(chosen)}
        return ", ".join(f"@{name}" for name in bind), bind

    def _walked(self) -> list[str]:
        """Return the edge collections whose edges lead to what a person would call a document."""
        return [*DOCUMENT_EDGES, *sorted(self._edge_collections() - set(EDGE_COLLECTIONS))]

    def _edge_collections(self) -> set[str]:
        """Return all edge collections, also those that people made."""
        found = cast("list[dict[str, Any]]", self._db.collections())
        return {c["name"] for c in found if c["type"] == "edge" and not c["system"]}


def _around(kinds: int) -> str:
    """Return the query for counts and examples of so many kinds of edges, in both directions."""
    ends = [
        {"place": 2 * number + at, "number": number, "here": here, "there": there}
        for number in range(kinds)
        for at, (_, here, there) in enumerate(_ENDS)
    ]
    counts = ", ".join(_COUNT.format(**end) for end in ends)
    return _AROUND.format(counts=counts, titles=", ".join(_TITLES.format(**end) for end in ends))


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
        relation=row["relation"] or "",
    )
