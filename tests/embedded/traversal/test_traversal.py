"""Graph queries, judged by a brute-force enumeration of paths over a tiny graph store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.storage.recent import edge_handle
from hades_mcp.embedded.storage.web import Web
from hades_mcp.embedded.traversal import (
    GraphReader,
    all_shortest_paths,
    k_paths,
    k_shortest_paths,
    reach,
    shortest_path,
    traverse,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

Edge = dict[str, Any]


class ToyCollection:
    def __init__(self, store: ToyGraph, name: str) -> None:
        self.store = store
        self.name = name

    @property
    def number(self) -> int:
        return list(self.store.edge_collections).index(self.name)

    def hops(self, vertex_ids: Collection[str], direction: str) -> dict[str, list[Any]]:
        self.store.reads.append((self.name, direction, list(vertex_ids)))
        near, far = ("_from", "_to") if direction == "outbound" else ("_to", "_from")
        found: dict[str, list[Any]] = {vertex: [] for vertex in vertex_ids}
        for row, edge in enumerate(self.store.edge_collections[self.name]):
            if edge[near] in found:
                found[edge[near]].append((edge_handle(self.number, row), edge[far]))
        return found

    def in_rows(self, rows: Collection[int]) -> Iterator[tuple[int, Edge]]:
        return ((row, self.store.edge_collections[self.name][row]) for row in rows)

    def keys_of(self, ids: Sequence[str]) -> dict[str, str | None]:
        stored = self.store.vertices
        return {each: each.partition("/")[2] if each in stored else None for each in ids}

    def get_many(self, keys: Iterable[str]) -> dict[str, Edge]:
        self.store.vertex_reads += 1
        return {
            key: {"_id": f"{self.name}/{key}", "_key": key}
            for key in keys
            if f"{self.name}/{key}" in self.store.vertices
        }


class ToyGraph:
    """Vertices and edge collections in plain lists, in the order of insertion."""

    def __init__(self, vertices: Iterable[str], **edge_collections: list[tuple[str, str]]) -> None:
        self.vertices = set(vertices)
        self.edge_collections: dict[str, list[Edge]] = {
            name: [
                {"_id": f"{name}/{n}", "_key": str(n), "_from": tail, "_to": head}
                for n, (tail, head) in enumerate(pairs)
            ]
            for name, pairs in edge_collections.items()
        }
        self.reads: list[tuple[str, str, list[str]]] = []
        self.vertex_reads = 0

    def collection(self, name: str) -> ToyCollection:
        if name not in self.edge_collections and not any(
            vertex.startswith(f"{name}/") for vertex in self.vertices
        ):
            raise ArangoError(1203)
        return ToyCollection(self, name)

    def web(self, edges: Sequence[tuple[str, str]]) -> Web:
        assert {name for name, _ in edges} <= self.edge_collections.keys()
        return Web()

    def mark(self, name: str) -> object:
        return (name, id(self))


@dataclass(frozen=True)
class Walk:
    vertices: tuple[str, ...]
    edges: tuple[str, ...]


def hops(graph: ToyGraph, vertex: str, spec: list[tuple[str, Any]]) -> Iterator[tuple[Edge, str]]:
    for name, direction in spec:
        for edge in graph.edge_collections[name]:
            if direction != "inbound" and edge["_from"] == vertex:
                yield edge, edge["_to"]
            elif direction != "outbound" and edge["_to"] == vertex:
                yield edge, edge["_from"]


def walks(
    graph: ToyGraph,
    start: str,
    spec: list[tuple[str, Any]],
    maximum: int,
    *,
    unique_vertices: bool = False,
    unique_edges: bool = True,
) -> Iterator[Walk]:
    """Yield every walk from a vertex, by recursion over the definition."""

    def extend(walk: Walk) -> Iterator[Walk]:
        yield walk
        if len(walk.edges) == maximum:
            return
        for edge, vertex in hops(graph, walk.vertices[-1], spec):
            if unique_edges and edge["_id"] in walk.edges:
                continue
            if unique_vertices and vertex in walk.vertices:
                continue
            yield from extend(Walk((*walk.vertices, vertex), (*walk.edges, edge["_id"])))

    return extend(Walk((start,), ()))


def as_walk(path: Any) -> Walk:
    return Walk(tuple(path.vertex_ids), tuple(edge["_id"] for edge in path.edges))


NAMES = ["v/a", "v/b", "v/c", "v/d", "v/e"]
DIRECTIONS = ["outbound", "inbound", "any"]


@st.composite
def graphs(draw: st.DrawFn) -> tuple[ToyGraph, list[tuple[str, Any]]]:
    pairs = st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)), max_size=5)
    graph = ToyGraph(draw(st.sets(st.sampled_from(NAMES))), road=draw(pairs), rail=draw(pairs))
    for edge in [*graph.edge_collections["road"], *graph.edge_collections["rail"]]:
        edge["cost"] = draw(st.one_of(st.integers(0, 4), st.just("none")))
    names = draw(st.permutations(["road", "rail"]))[: draw(st.integers(1, 2))]
    return graph, [(name, draw(st.sampled_from(DIRECTIONS))) for name in names]


@pytest.fixture
def diamond() -> ToyGraph:
    vertices = ["v/a", "v/b", "v/c", "v/d"]
    return ToyGraph(vertices, road=[("v/a", "v/b"), ("v/a", "v/c"), ("v/b", "v/d"), ("v/c", "v/d")])


def cost(graph: ToyGraph, walk: Walk, default: float) -> float:
    costs: dict[str, Any] = {
        edge["_id"]: edge["cost"] for edges in graph.edge_collections.values() for edge in edges
    }
    return sum(default if costs[edge] == "none" else costs[edge] for edge in walk.edges)


def loopless(graph: ToyGraph, spec: list[tuple[str, Any]], start: str, target: str) -> list[Walk]:
    return [
        walk
        for walk in walks(graph, start, spec, 10, unique_vertices=True)
        if walk.vertices[-1] == target
    ]


@given(graphs(), st.sampled_from(["dfs", "bfs", "weighted"]), st.booleans(), st.booleans())
def test_a_traversal_finds_exactly_the_walks_of_brute_force(graph, order, vertices, edges):
    store, spec = graph
    found = traverse(
        store,
        "v/a",
        minimum=1,
        maximum=3,
        edge_collections=spec,
        order=order,
        unique_vertices="path" if vertices else "none",
        unique_edges="path" if edges else "none",
        weight_attribute="cost",
    )
    expected = walks(store, "v/a", spec, 3, unique_vertices=vertices, unique_edges=edges)
    assert sorted(map(repr, map(as_walk, found))) == sorted(
        repr(walk) for walk in expected if walk.edges
    )


@given(graphs())
def test_depth_first_visits_the_newest_edge_first(graph):
    store, spec = graph

    def preorder(walk: Walk) -> Iterator[Walk]:
        yield walk
        ordered = [
            hop
            for name, direction in spec
            for way in (("outbound", "inbound") if direction == "any" else (direction,))
            for hop in hops(store, walk.vertices[-1], [(name, way)])
            if not (direction == "any" and way == "inbound" and hop[0]["_from"] == hop[0]["_to"])
        ]
        for edge, vertex in reversed(ordered):
            if edge["_id"] not in walk.edges and len(walk.edges) < 3:
                yield from preorder(Walk((*walk.vertices, vertex), (*walk.edges, edge["_id"])))

    found = traverse(store, "v/a", minimum=0, maximum=3, edge_collections=spec)
    assert list(map(as_walk, found)) == list(preorder(Walk(("v/a",), ())))


@given(graphs())
def test_breadth_first_never_goes_back_to_a_lesser_depth(graph):
    store, spec = graph
    found = traverse(store, "v/a", minimum=0, maximum=4, edge_collections=spec, order="bfs")
    depths = [len(path) for path in found]
    assert depths == sorted(depths)


@given(graphs())
def test_a_weighted_traversal_yields_paths_by_weight(graph):
    store, spec = graph
    paths = list(
        traverse(
            store,
            "v/a",
            minimum=0,
            maximum=3,
            edge_collections=spec,
            order="weighted",
            weight_attribute="cost",
            default_weight=7,
        )
    )
    assert [path.weight for path in paths] == sorted(path.weight for path in paths)
    assert all(path.weight == cost(store, as_walk(path), 7) for path in paths)


@given(graphs(), st.sampled_from(["bfs", "weighted"]))
def test_global_uniqueness_reaches_each_vertex_once_by_the_best_way(graph, order):
    store, spec = graph
    paths = list(
        traverse(
            store,
            "v/a",
            minimum=0,
            maximum=9,
            edge_collections=spec,
            order=order,
            unique_vertices="global",
            weight_attribute="cost",
        )
    )
    reached = [path.vertex_ids[-1] for path in paths]
    everything = list(walks(store, "v/a", spec, 9, unique_vertices=True))
    assert sorted(reached) == sorted({walk.vertices[-1] for walk in everything})
    for path in paths:
        ways = [walk for walk in everything if walk.vertices[-1] == path.vertex_ids[-1]]
        if order == "bfs":
            assert len(path) == min(len(walk.edges) for walk in ways)
        else:
            assert path.weight == min(cost(store, walk, 1) for walk in ways)


@given(graphs(), st.sampled_from(NAMES))
def test_all_shortest_paths_are_the_loopless_walks_of_least_length(graph, target):
    store, spec = graph
    ways = loopless(store, spec, "v/a", target)
    least = min((len(walk.edges) for walk in ways), default=0)
    found = [as_walk(path) for path in all_shortest_paths(store, "v/a", target, spec)]
    assert sorted(map(repr, found)) == sorted(
        repr(walk) for walk in ways if len(walk.edges) == least
    )
    one = shortest_path(store, "v/a", target, spec)
    assert (one is None) == (not ways)
    assert one is None or as_walk(one) in found


@given(graphs(), st.sampled_from(NAMES))
def test_the_lightest_path_weighs_no_more_than_any_other(graph, target):
    store, spec = graph
    ways = loopless(store, spec, "v/a", target)
    found = shortest_path(store, "v/a", target, spec, weight_attribute="cost", default_weight=3)
    if found is None:
        assert not ways
    else:
        assert as_walk(found) in ways
        assert found.weight == min(cost(store, walk, 3) for walk in ways)


@given(graphs(), st.sampled_from(NAMES), st.sampled_from(["cost", None]))
def test_k_shortest_paths_are_all_loopless_walks_in_the_order_of_weight(graph, target, attribute):
    store, spec = graph
    ways = loopless(store, spec, "v/a", target)
    found = list(
        k_shortest_paths(store, "v/a", target, spec, weight_attribute=attribute, default_weight=2)
    )
    assert sorted(repr(as_walk(path)) for path in found) == sorted(map(repr, ways))
    weights = [path.weight for path in found]
    assert weights == sorted(weights)
    for path in found:
        walk = as_walk(path)
        assert path.weight == (cost(store, walk, 2) if attribute else len(walk.edges))


@given(graphs(), st.sampled_from(NAMES), st.integers(0, 3), st.integers(0, 3))
def test_k_paths_are_the_loopless_walks_within_the_range(graph, target, minimum, more):
    store, spec = graph
    found = k_paths(store, "v/a", target, spec, minimum=minimum, maximum=minimum + more)
    expected = [
        walk
        for walk in loopless(store, spec, "v/a", target)
        if minimum <= len(walk.edges) <= minimum + more
    ]
    assert sorted(repr(as_walk(path)) for path in found) == sorted(map(repr, expected))


def test_prune_keeps_the_path_it_stops_and_sees_the_start(diamond):
    seen = []

    def prune(path: Any) -> bool:
        seen.append(path.vertex_ids[-1])
        return bool(path.vertex_ids[-1] == "v/b")

    found = traverse(
        diamond,
        "v/a",
        minimum=1,
        maximum=3,
        edge_collections=[("road", "outbound")],
        prune=prune,
    )
    assert [path.vertex_ids for path in found] == [
        ["v/a", "v/c"],
        ["v/a", "v/c", "v/d"],
        ["v/a", "v/b"],
    ]
    assert seen[0] == "v/a"


def test_vertex_collections_bind_every_vertex_but_the_start():
    graph = ToyGraph(
        ["v/a", "w/b", "v/c", "v/d"],
        road=[("v/a", "w/b"), ("v/a", "v/c"), ("w/b", "v/d")],
    )
    found = traverse(
        graph,
        "v/a",
        minimum=0,
        maximum=2,
        edge_collections=[("road", "outbound")],
        vertex_collections=["v"],
    )
    assert [path.vertex_ids[-1] for path in found] == ["v/a", "v/c"]


def test_a_dangling_edge_leads_to_a_null_vertex_and_is_reported_once():
    graph = ToyGraph(["v/a"], road=[("v/a", "v/gone"), ("v/a", "lost/1"), ("v/gone", "v/a")])
    missing: list[str] = []
    reader = GraphReader(graph, missing=missing.append)
    paths = list(
        traverse(reader, "v/a", minimum=1, maximum=2, edge_collections=[("road", "outbound")])
    )
    assert [path.vertices for path in paths] == [
        [{"_id": "v/a", "_key": "a"}, None],
        [{"_id": "v/a", "_key": "a"}, None],
        [{"_id": "v/a", "_key": "a"}, None, {"_id": "v/a", "_key": "a"}],
    ]
    assert sorted(missing) == ["lost/1", "v/gone"]


def test_a_loop_followed_in_any_direction_is_one_path():
    graph = ToyGraph(["v/a"], road=[("v/a", "v/a")])
    found = traverse(graph, "v/a", minimum=1, maximum=1, edge_collections=[("road", "any")])
    assert len(list(found)) == 1


def test_edges_are_read_by_the_frontier_and_never_twice():
    leaves = [f"v/{n}" for n in range(200)]
    graph = ToyGraph(["v/root", *leaves], road=[("v/root", leaf) for leaf in leaves])
    reader = GraphReader(graph)

    def run() -> int:
        found = traverse(
            reader, "v/root", minimum=1, maximum=2, edge_collections=[("road", "outbound")]
        )
        return sum(path.vertex is not None for path in found)

    assert run() == 200
    assert len(graph.reads) < 12
    assert graph.vertex_reads < 12
    asked = [vertex for _, _, vertices in graph.reads for vertex in vertices]
    assert len(asked) == len(set(asked)) == 201
    before = len(graph.reads)
    assert run() == 200
    assert len(graph.reads) == before


def test_the_first_path_costs_few_reads():
    leaves = [f"v/{n}" for n in range(200)]
    graph = ToyGraph(["v/root", *leaves], road=[("v/root", leaf) for leaf in leaves])
    next(traverse(graph, "v/root", minimum=1, maximum=2, edge_collections=[("road", "outbound")]))
    assert [vertices for _, _, vertices in graph.reads] == [["v/root"]]
    assert graph.vertex_reads == 0


def test_a_negative_weight_is_refused(diamond):
    diamond.edge_collections["road"][0]["cost"] = -1
    spec: list[tuple[str, Any]] = [("road", "outbound")]
    with pytest.raises(ArangoError) as refused:
        shortest_path(diamond, "v/a", "v/d", spec, weight_attribute="cost")
    assert refused.value.number == 1948
    with pytest.raises(ArangoError) as refused:
        list(
            traverse(
                diamond,
                "v/a",
                minimum=1,
                maximum=2,
                edge_collections=spec,
                order="weighted",
                weight_attribute="cost",
            )
        )
    assert refused.value.number == 1948


def test_global_uniqueness_needs_an_order_that_makes_sense(diamond):
    with pytest.raises(ArangoError, match="only supported") as refused:
        traverse(
            diamond,
            "v/a",
            minimum=1,
            maximum=1,
            edge_collections=[("road", "outbound")],
            unique_vertices="global",
        )
    assert refused.value.number == 10


def test_a_killed_query_stops_before_its_next_read(diamond):
    def killed() -> None:
        raise ArangoError(1500)

    reader = GraphReader(diamond, check=killed)
    with pytest.raises(ArangoError) as stopped:
        list(traverse(reader, "v/a", minimum=1, maximum=2, edge_collections=[("road", "any")]))
    assert stopped.value.number == 1500


@given(found=graphs(), minimum=st.integers(0, 2), more=st.integers(0, 3), some=st.booleans())
def test_reach_visits_the_vertices_of_a_traversal_in_its_order(
    found: tuple[ToyGraph, list[tuple[str, Any]]], minimum: int, more: int, some: bool
) -> None:
    graph, spec = found
    within = ["w"] if some else None
    settings: dict[str, Any] = {
        "minimum": minimum,
        "maximum": minimum + more,
        "edge_collections": spec,
        "vertex_collections": within,
    }
    paths = traverse(graph, "v/a", order="bfs", unique_vertices="global", **settings)
    visited = [vertex for some in reach(graph, "v/a", **settings) for vertex in some]
    ids = [vertex.id for vertex in visited]
    assert ids == [path.vertex_ids[-1] for path in paths]
    reader = GraphReader(graph)
    stored = [{"_key": each[2:], "_id": each} if each in graph.vertices else None for each in ids]
    absent = reader.absent(visited) if visited else []
    assert [each.id for each in absent] == [each for each in ids if each not in graph.vertices]
    assert {each.id: each.key for each in visited if each not in absent} == {
        each["_id"]: each["_key"] for each in stored if each is not None
    }
    assert [reader.stub(each) for each in ids] == stored
    assert reader.vertices(ids or ["v/a"])[: len(ids)] == [reader.vertex(each) for each in ids]
