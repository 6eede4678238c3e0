"""Graph queries over stored collections give what they give over the brute-force test's lists."""

from __future__ import annotations

from itertools import islice
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from hades_mcp.embedded.storage import Engine
from hades_mcp.embedded.traversal import (
    GraphReader,
    all_shortest_paths,
    k_paths,
    k_shortest_paths,
    shortest_path,
    traverse,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hades_mcp.embedded.storage import Transaction
    from hades_mcp.embedded.traversal import Direction

SPEC: list[tuple[str, Direction]] = [("road", "any"), ("rail", "outbound")]
TOWNS = 30


@pytest.fixture(scope="module")
def stored() -> Iterator[tuple[Transaction, dict[str, list[dict[str, Any]]]]]:
    """A random graph in an engine, and its edges as plain lists."""
    random = Random(7)
    edges: dict[str, list[dict[str, Any]]] = {}
    with Engine(None) as engine:
        with engine.database("_system").transaction(write=True) as transaction:
            towns = transaction.create_collection("town")
            towns.insert_many([{"_key": str(number)} for number in range(TOWNS)])
            for name in ("road", "rail"):
                collection = transaction.create_collection(name, edge=True)
                edges[name] = [
                    {
                        "_key": f"{number}",
                        "_from": f"town/{random.randrange(TOWNS)}",
                        "_to": f"town/{random.randrange(TOWNS)}",
                        "km": random.randrange(9),
                    }
                    for number in range(45)
                ]
                collection.insert_many(edges[name])
        with engine.database("_system").transaction() as transaction:
            yield transaction, edges


def neighbours(edges: dict[str, list[dict[str, Any]]], town: str) -> Iterator[tuple[str, str]]:
    """Yield edge and vertex in ArangoDB's order, from the lists."""
    for name, direction in SPEC:
        for edge in edges[name]:
            if edge["_from"] == town:
                yield f"{name}/{edge['_key']}", edge["_to"]
        for edge in edges[name]:
            if direction == "any" and edge["_to"] == town and edge["_from"] != town:
                yield f"{name}/{edge['_key']}", edge["_from"]


def test_depth_first_follows_the_order_of_insertion_backwards(stored):
    transaction, edges = stored

    def walk(vertices: list[str], used: list[str]) -> Iterator[list[str]]:
        yield vertices
        if len(used) < 3:
            for edge, town in reversed(list(neighbours(edges, vertices[-1]))):
                if edge not in used:
                    yield from walk([*vertices, town], [*used, edge])

    found = traverse(transaction, "town/0", minimum=0, maximum=3, edge_collections=SPEC)
    assert [path.vertex_ids for path in found] == list(walk(["town/0"], []))


def test_vertices_and_edges_are_the_stored_documents(stored):
    transaction, _ = stored
    path = next(traverse(transaction, "town/0", minimum=2, maximum=2, edge_collections=SPEC))
    town = transaction.collection("town")
    assert path.vertices == [town.get(each.partition("/")[2]) for each in path.vertex_ids]
    for edge in path.edges:
        name, _, key = edge["_id"].partition("/")
        assert transaction.collection(name).get(key) == edge


def test_all_kinds_of_paths_agree_with_each_other(stored):
    transaction, _ = stored
    reader = GraphReader(transaction)
    reached = 0
    for number in range(1, TOWNS):
        target = f"town/{number}"
        shortest = shortest_path(reader, "town/0", target, SPEC)
        best = list(all_shortest_paths(reader, "town/0", target, SPEC))
        if shortest is None:
            assert best == []
            continue
        reached += 1
        length = len(shortest)
        some = list(islice(k_shortest_paths(reader, "town/0", target, SPEC), len(best) + 1))
        exact = k_paths(reader, "town/0", target, SPEC, minimum=0, maximum=length)
        ways = sorted([edge["_id"] for edge in path.edges] for path in best)
        assert ways == sorted([edge["_id"] for edge in path.edges] for path in exact)
        assert [len(path) for path in some[: len(best)]] == [length] * len(best)
        light = shortest_path(reader, "town/0", target, SPEC, weight_attribute="km")
        assert light is not None
        assert light.weight == sum(edge["km"] for edge in light.edges)
        assert light.weight <= sum(edge["km"] for edge in shortest.edges)
    assert reached > TOWNS / 2
