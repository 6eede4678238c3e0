"""Graph queries ≡ the enumeration of all walks, options, conditions and weights included."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hades_mcp.embedded.aql import QueryOptions, execute
from hades_mcp.embedded.storage.engine import Engine
from hades_mcp.embedded.storage.transaction import Transaction

RANDOM = settings(
    max_examples=80,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
VERTICES = 5
edge_lists = st.lists(
    st.tuples(st.integers(0, VERTICES - 1), st.integers(0, VERTICES - 1), st.integers(1, 4)),
    max_size=7,
)
directions = st.sampled_from(["OUTBOUND", "INBOUND", "ANY"])


@dataclass(frozen=True)
class Walk:
    """A walk: its vertices and edges by number, and what the edges weigh together."""

    vertices: tuple[int, ...]
    edges: tuple[int, ...] = ()
    weight: int = 0


def steps(
    edges: list[tuple[int, int, int]], direction: str, vertex: int
) -> Iterator[tuple[int, int]]:
    """Yield each edge that leads on from a vertex, and where it leads."""
    for at, (source, target, _) in enumerate(edges):
        if direction != "INBOUND" and source == vertex:
            yield at, target
        elif direction != "OUTBOUND" and target == vertex:
            yield at, source


def walks(
    edges: list[tuple[int, int, int]],
    direction: str,
    most: int,
    *,
    vertices: str = "none",
    unique_edges: bool = True,
    prune: Callable[[Walk], bool] = lambda _: False,
) -> Iterator[Walk]:
    """Yield all walks from vertex 0."""
    pending = [Walk((0,))]
    while pending:
        walk = pending.pop()
        yield walk
        if len(walk.edges) == most or prune(walk):
            continue
        for at, to in steps(edges, direction, walk.vertices[-1]):
            if unique_edges and at in walk.edges:
                continue
            if vertices == "path" and to in walk.vertices:
                continue
            pending.append(
                Walk((*walk.vertices, to), (*walk.edges, at), walk.weight + edges[at][2])
            )


@pytest.fixture(scope="module")
def transaction() -> Iterator[Transaction]:
    with Engine(None) as engine:
        transaction = engine.database("_system").begin(write=True)
        vertices = transaction.create_collection("v")
        transaction.create_collection("e", edge=True)
        vertices.insert_many([{"_key": str(at), "n": at} for at in range(VERTICES)])
        yield transaction
        transaction.abort()


def store(transaction: Transaction, edges: list[tuple[int, int, int]]) -> None:
    collection = transaction.collection("e")
    collection.truncate()
    collection.insert_many(
        [
            {"_key": str(at), "_from": f"v/{source}", "_to": f"v/{target}", "w": weight}
            for at, (source, target, weight) in enumerate(edges)
        ]
    )


EDGES = "RETURN p.edges[* RETURN TO_NUMBER(CURRENT._key)]"
SHOWN = "RETURN [p.vertices[*].n, p.edges[* RETURN TO_NUMBER(CURRENT._key)]]"


def rows(transaction: Transaction, text: str) -> list[Any]:
    """Run a query with and without optimizer rules; they must agree."""
    found = execute(transaction, text).rows
    plain = execute(transaction, text, options=QueryOptions(rules=("-all",))).rows
    assert sorted(map(str, found)) == sorted(map(str, plain))
    return found


@given(
    edge_lists,
    directions,
    st.integers(0, 2),
    st.integers(0, 2),
    st.sampled_from(["none", "path"]),
    st.booleans(),
    st.sampled_from(["dfs", "bfs", "weighted"]),
)
@RANDOM
def test_a_traversal_gives_all_walks(
    transaction: Transaction,
    edges: list[tuple[int, int, int]],
    direction: str,
    least: int,
    more: int,
    vertices: str,
    unique_edges: bool,
    order: str,
) -> None:
    store(transaction, edges)
    options = (
        f"{{order: '{order}', uniqueVertices: '{vertices}', weightAttribute: 'w',"
        f" uniqueEdges: '{'path' if unique_edges else 'none'}'}}"
    )
    depths = f"{least}..{least + more}"
    found = rows(
        transaction, f"FOR v, e, p IN {depths} {direction} 'v/0' e OPTIONS {options} {SHOWN}"
    )
    every = walks(edges, direction, least + more, vertices=vertices, unique_edges=unique_edges)
    wanted = [[list(walk.vertices), list(walk.edges)] for walk in every if len(walk.edges) >= least]
    assert sorted(found) == sorted(wanted)


@given(edge_lists, directions, st.integers(0, VERTICES - 1), st.integers(0, VERTICES - 1))
@RANDOM
def test_conditions_on_paths_and_prune_keep_what_they_should(
    transaction: Transaction,
    edges: list[tuple[int, int, int]],
    direction: str,
    stop: int,
    other: int,
) -> None:
    store(transaction, edges)
    walk = f"FOR v, e, p IN 0..3 {direction} 'v/0' e"
    every = list(walks(edges, direction, 3))
    pruned = walks(edges, direction, 3, prune=lambda one: one.vertices[-1] == stop)

    def shown(some: Any) -> list[Any]:
        return sorted([list(one.vertices), list(one.edges)] for one in some)

    assert sorted(rows(transaction, f"{walk} PRUNE v.n == {stop} {SHOWN}")) == shown(pruned)
    conditions: dict[str, Callable[[Walk], bool]] = {
        f"v.n == {stop}": lambda one: one.vertices[-1] == stop,
        f"p.vertices[*].n ALL != {stop}": lambda one: stop not in one.vertices,
        f"p.vertices[*].n ANY == {stop}": lambda one: stop in one.vertices,
        f"p.vertices[1].n == {stop}": lambda one: len(one.vertices) > 1 and one.vertices[1] == stop,
        f"p.edges[0].w > {other}": lambda one: bool(one.edges) and edges[one.edges[0]][2] > other,
        f"p.edges[*].w ALL <= {other}": lambda one: all(edges[e][2] <= other for e in one.edges),
        f"e.w == {other} OR v.n < {stop}": lambda one: (
            (bool(one.edges) and edges[one.edges[-1]][2] == other) or one.vertices[-1] < stop
        ),
        f"LENGTH(p.edges) == 2 AND p.vertices[-1].n != {other}": lambda one: (
            len(one.edges) == 2 and one.vertices[-1] != other
        ),
    }
    for text, keeps in conditions.items():
        found = rows(transaction, f"{walk} FILTER {text} {SHOWN}")
        assert sorted(found) == shown(one for one in every if keeps(one)), text


@given(edge_lists, directions, st.integers(1, VERTICES - 1), st.booleans())
@RANDOM
def test_path_searches_give_the_best_of_all_loopless_walks(
    transaction: Transaction,
    edges: list[tuple[int, int, int]],
    direction: str,
    target: int,
    weighted: bool,
) -> None:
    store(transaction, edges)
    options = "OPTIONS {weightAttribute: 'w'}" if weighted else ""
    ends = f"'v/0' TO 'v/{target}' e"
    every = [
        walk
        for walk in walks(edges, direction, VERTICES, vertices="path")
        if walk.vertices[-1] == target
    ]
    weights = sorted(walk.weight if weighted else len(walk.edges) for walk in every)
    best = rows(
        transaction,
        f"RETURN SUM(FOR v, e IN {direction} SHORTEST_PATH {ends} {options} RETURN e.w ?: 0)",
    )
    hops = rows(transaction, f"FOR v IN {direction} SHORTEST_PATH {ends} {options} RETURN v.n")
    if weighted:
        assert best == [min(weights, default=0)]
    else:
        assert len(hops) == (weights[0] + 1 if weights else 0)
    paths = execute(
        transaction, f"FOR p IN {direction} K_SHORTEST_PATHS {ends} {options} RETURN p.weight"
    ).rows
    assert paths == weights
    least = min((len(walk.edges) for walk in every), default=0)
    shortest = rows(
        transaction,
        f"FOR p IN {direction} ALL_SHORTEST_PATHS {ends} {EDGES}",
    )
    assert sorted(shortest) == sorted(list(w.edges) for w in every if len(w.edges) == least)
    some = rows(
        transaction,
        f"FOR p IN 1..3 {direction} K_PATHS {ends} {EDGES}",
    )
    assert sorted(some) == sorted(list(w.edges) for w in every if 1 <= len(w.edges) <= 3)
