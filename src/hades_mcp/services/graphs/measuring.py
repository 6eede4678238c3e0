"""Measures of a whole graph: which documents matter, and which belong together."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, assert_never, cast, get_args

from hades_mcp.errors import LimitReached, UnknownName
from hades_mcp.services.layout import CHUNK_OF, CHUNKS, DOCUMENT_EDGES, DOCUMENTS, GRAPH
from hades_mcp.services.statements import rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from arango.database import StandardDatabase

Measure = Literal["pagerank", "components", "communities", "betweenness", "degree"]
Groups: TypeAlias = "list[list[int]]"

MOST_VERTICES = 50_000
EDGES_PER_VERTEX = 10
"""So many times as many edges as vertices are read at most."""

MOST_FOR: dict[str, int] = {"betweenness": 5_000, "communities": 20_000}
"""Vertices at most, where the work grows faster than the graph: these take seconds then."""

MEMBERS = 3
"""Members of a group that are named, those with most edges first."""

_TITLES = """
FOR id IN @ids
  LET d = DOCUMENT(id)
  RETURN TO_STRING(NOT_NULL(d.title, d.name, id))
"""


@dataclass(frozen=True, slots=True)
class Ranked:
    """A document and what it measures.

    Args:
        id: Its `_id`.
        title: What a person calls it.
        score: PageRank (all sum to 1), betweenness (share of shortest paths) or number of edges.
    """

    id: str
    title: str
    score: float


@dataclass(frozen=True, slots=True)
class Group:
    """Documents that belong together.

    Args:
        size: How many.
        members: Titles of those with most edges.
    """

    size: int
    members: list[str]


@dataclass(frozen=True, slots=True)
class Measured:
    """What a measure says of a graph.

    Args:
        measure: Which.
        graph: Its name.
        vertices: How many it has.
        edges: How many it has.
        top: The documents that measure most, for a measure of single documents.
        groups: The largest groups, for a measure of groups.
        found: How many groups there are in all.
    """

    measure: str
    graph: str
    vertices: int
    edges: int
    top: list[Ranked] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    found: int = 0


@dataclass(frozen=True, slots=True)
class _Web:
    """A graph in memory: `_id`s of the vertices, edges as pairs of their positions."""

    ids: list[str]
    edges: list[tuple[int, int]]

    def degrees(self) -> list[int]:
        counted = Counter(end for edge in self.edges for end in edge)
        return [counted[number] for number in range(len(self.ids))]


def measured(
    db: StandardDatabase, measure: str, graph: str, limit: int, most_vertices: int
) -> Measured:
    """Read a named graph once, and measure it.

    PageRank (damping 0.85), components (weak) and betweenness (Brandes, normalised; all without
    weights) are those of rustworkx; communities are those of Louvain by networkx, seeded, so that
    the same graph has the same ones.

    Args:
        db: The database.
        measure: Which.
        graph: Name of the graph; of HADES' own, passages are left out.
        limit: How many documents or groups to name.
        most_vertices: More are refused.

    Raises:
        UnknownName: There is no such measure or graph.
        LimitReached: The graph is too large.
    """
    if measure not in get_args(Measure):
        raise UnknownName("measure", measure, get_args(Measure))
    kind = cast("Measure", measure)
    web = _read(db, graph, min(most_vertices, MOST_FOR.get(measure, most_vertices)), measure)
    result = Measured(kind, graph, len(web.ids), len(web.edges))
    match kind:
        case "components" | "communities":
            groups = _components(web) if kind == "components" else _communities(web)
            return _grouped(db, web, result, groups, limit)
        case "pagerank" | "betweenness" | "degree":
            return _ranked(db, web, result, _scores(web, kind), limit)
        case _:
            assert_never(kind)


def _read(db: StandardDatabase, graph: str, most: int, measure: str) -> _Web:
    vertices, edges = _collections(db, graph)
    counted = sum(cast("int", db.collection(name).count()) for name in vertices)
    drawn = sum(cast("int", db.collection(name).count()) for name in edges)
    if counted > most or drawn > most * EDGES_PER_VERTEX:
        raise LimitReached(
            f"The graph {graph!r} has {counted:,} vertices and {drawn:,} edges; {measure} takes "
            f"{most:,} and {most * EDGES_PER_VERTEX:,} at most.",
            hint="Name a smaller graph, use the measure degree, or traverse from one document; "
            "HADES_MAX_VERTICES raises the limit of pagerank, components and degree.",
        )
    # an edge may lead to where nothing is (any more): such ends count as vertices too
    places: dict[str, int] = {}
    for name in vertices:
        for identifier in rows(db, "FOR v IN @@c RETURN v._id", {"@c": name}):
            places.setdefault(identifier, len(places))
    pairs = [
        (places.setdefault(start, len(places)), places.setdefault(end, len(places)))
        for name in edges
        for start, end in rows(db, "FOR e IN @@c RETURN [e._from, e._to]", {"@c": name})
    ]
    return _Web(list(places), pairs)


def _collections(db: StandardDatabase, graph: str) -> tuple[list[str], list[str]]:
    if graph == GRAPH:
        return [DOCUMENTS], list(DOCUMENT_EDGES)
    graphs = {found["name"]: found for found in cast("list[dict[str, Any]]", db.graphs())}
    if graph not in graphs:
        raise UnknownName("graph", graph, graphs)
    definitions = graphs[graph]["edge_definitions"]
    edges = [d["edge_collection"] for d in definitions]
    vertices = {
        name
        for d in definitions
        for name in (*d["from_vertex_collections"], *d["to_vertex_collections"])
    }
    vertices.update(graphs[graph].get("orphan_collections") or ())
    return sorted(vertices - {CHUNKS}), [name for name in edges if name != CHUNK_OF]


def _scores(web: _Web, measure: Literal["pagerank", "betweenness", "degree"]) -> Sequence[float]:
    if measure == "degree":
        return web.degrees()
    import rustworkx as rx  # noqa: PLC0415  only who measures pays for it

    graph = _directed(web)
    if measure == "pagerank":
        found = rx.pagerank(graph) if web.ids else {}
    else:
        found = rx.betweenness_centrality(graph)
    return [found[number] for number in range(len(web.ids))]


def _directed(web: _Web) -> Any:
    import rustworkx as rx  # noqa: PLC0415

    graph: Any = rx.PyDiGraph()
    graph.add_nodes_from(range(len(web.ids)))
    graph.add_edges_from_no_data(web.edges)
    return graph


def _components(web: _Web) -> Groups:
    import rustworkx as rx  # noqa: PLC0415

    return [sorted(group) for group in rx.weakly_connected_components(_directed(web))]


def _communities(web: _Web) -> Groups:
    import networkx as nx  # noqa: PLC0415  half a second

    graph: Any = nx.Graph()
    graph.add_nodes_from(range(len(web.ids)))
    graph.add_edges_from(web.edges)
    return [sorted(group) for group in nx.community.louvain_communities(graph, seed=0)]


def _ranked(
    db: StandardDatabase, web: _Web, result: Measured, scores: Sequence[float], limit: int
) -> Measured:
    best = sorted(range(len(web.ids)), key=lambda n: (-scores[n], web.ids[n]))[:limit]
    titles = _titles(db, (web.ids[number] for number in best))
    result.top.extend(
        Ranked(web.ids[number], title, round(scores[number], 6))
        for number, title in zip(best, titles, strict=True)
    )
    return result


def _grouped(
    db: StandardDatabase, web: _Web, result: Measured, groups: Groups, limit: int
) -> Measured:
    degrees = web.degrees()
    largest = sorted(groups, key=lambda group: (-len(group), web.ids[group[0]]))[:limit]
    named = [sorted(g, key=lambda n: (-degrees[n], web.ids[n]))[:MEMBERS] for g in largest]
    titles = iter(_titles(db, (web.ids[number] for members in named for number in members)))
    shown = [
        Group(len(group), [next(titles) for _ in members])
        for group, members in zip(largest, named, strict=True)
    ]
    return Measured(
        result.measure,
        result.graph,
        result.vertices,
        result.edges,
        groups=shown,
        found=len(groups),
    )


def _titles(db: StandardDatabase, ids: Iterable[str]) -> list[str]:
    return rows(db, _TITLES, {"ids": list(ids)})
