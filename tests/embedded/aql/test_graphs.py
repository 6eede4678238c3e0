from collections.abc import Callable
from typing import Any

import pytest

from hades_mcp.embedded.aql import execute
from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.storage.database import Database

Run = Callable[..., list[Any]]
Refusal = Callable[..., ArangoError]


@pytest.mark.parametrize("edges", ["knows", "GRAPH 'friends'", "GRAPH @graph", "@@edges"])
def test_a_traversal_follows_collections_and_named_graphs(run: Run, edges: str) -> None:
    names = {"GRAPH @graph": {"graph": "friends"}, "@@edges": {"__edges": "knows"}}
    query = f"FOR v IN 1..2 OUTBOUND 'people/ann' {edges} RETURN v.name"
    assert sorted(run(query, **names.get(edges, {}))) == ["Bob", "Cid", "Dee"]


@pytest.mark.parametrize(
    ("clause", "expected"),
    [
        ("OUTBOUND 'people/cid' knows", ["Dee"]),
        ("INBOUND 'people/cid' knows", ["Bob"]),
        ("ANY 'people/cid' knows", ["Bob", "Dee"]),
        ("0..1 OUTBOUND 'people/cid' knows", ["Cid", "Dee"]),
        ("2 OUTBOUND 'people/ann' knows", ["Cid"]),
        ("1..9 OUTBOUND {_id: 'people/bob'} knows", ["Cid", "Dee"]),
        ("1..9 OUTBOUND 'people/ann' knows PRUNE v.name == 'Bob'", ["Bob", "Dee"]),
        (
            "1..9 OUTBOUND 'people/ann' knows OPTIONS {order: 'bfs', uniqueVertices: 'global'}",
            ["Bob", "Cid", "Dee"],
        ),
    ],
)
def test_directions_depths_and_pruning(run: Run, clause: str, expected: list[str]) -> None:
    assert sorted(run(f"FOR v, e, p IN {clause} RETURN v.name")) == expected


def test_edges_and_paths_come_with_the_vertices(run: Run) -> None:
    query = """
        FOR v, e, p IN 2..2 OUTBOUND 'people/ann' knows
          RETURN [e.since, p.vertices[*].name, p.edges[*].since, p.weights]
    """
    assert run(query) == [[1, ["Ann", "Bob", "Cid"], [0, 1], [0, 1, 2]]]


def test_the_condition_of_prune_can_be_named(run: Run) -> None:
    query = """
        FOR v IN 1..9 OUTBOUND 'people/ann' knows PRUNE stop = v.name == 'Cid'
          FILTER stop RETURN v.name
    """
    assert run(query) == ["Cid"]


def test_a_shortest_path_gives_vertices_with_the_edge_before(run: Run) -> None:
    query = """
        FOR v, e IN OUTBOUND SHORTEST_PATH 'people/ann' TO 'people/dee' knows
          RETURN [v.name, e.since]
    """
    assert run(query) == [["Ann", None], ["Dee", 3]]


@pytest.mark.parametrize(
    ("clause", "expected"),
    [
        ("OUTBOUND K_SHORTEST_PATHS 'people/ann' TO 'people/dee' knows", [1, 3]),
        ("OUTBOUND ALL_SHORTEST_PATHS 'people/ann' TO 'people/dee' knows", [1]),
        ("2..3 OUTBOUND K_PATHS 'people/ann' TO 'people/dee' GRAPH 'friends'", [3]),
    ],
)
def test_several_paths_are_one_row_each(run: Run, clause: str, expected: list[int]) -> None:
    assert run(f"FOR p IN {clause} RETURN LENGTH(p.edges)") == expected


def test_a_start_that_is_no_vertex_is_a_warning(database: Database) -> None:
    result = execute(database, "FOR v IN OUTBOUND NOOPT(5) knows RETURN v")
    assert (result.rows, [warning.number for warning in result.warnings]) == ([], [10])


@pytest.mark.parametrize(
    ("clause", "number"),
    [
        ("OUTBOUND 'people/ann' people", 1218),
        ("OUTBOUND 'people/ann' knows, INBOUND knows", 1218),
        ("OUTBOUND 'people/ann' GRAPH 'missing'", 1924),
        ("1.5 OUTBOUND 'people/ann' knows", 1501),
        ("(RETURN 1) OUTBOUND 'people/ann' knows", 1501),
        ("3..1 OUTBOUND 'people/ann' knows", 10),
        ("OUTBOUND 'people/ann' knows OPTIONS {uniqueEdges: 'global'}", 10),
        ("OUTBOUND 'people/ann' knows OPTIONS {uniqueVertices: 'global'}", 10),
    ],
)
def test_graph_queries_that_make_no_sense_are_refused(
    refusal: Refusal, clause: str, number: int
) -> None:
    assert refusal(f"FOR v IN {clause} RETURN v").number == number


@pytest.mark.parametrize(
    ("source", "options", "number"),
    [
        ("knows", "{vertexCollections: 'nowhere'}", 1203),
        ("knows", "{edgeCollections: ['nowhere']}", 1203),
        ("knows", "{edgeCollections: 'people'}", 1218),
        ("knows", "{edgeCollections: 'likes'}", 1939),
        ("GRAPH 'friends'", "{edgeCollections: ['knows', 'likes']}", 1939),
        ("GRAPH 'friends'", "{vertexCollections: 'log'}", 1926),
    ],
)
def test_a_traversal_is_restricted_to_what_it_can_meet_only(
    database: Database, refusal: Refusal, source: str, options: str, number: int
) -> None:
    with database.transaction(write=True) as transaction:
        transaction.create_collection("likes", edge=True)
    query = f"FOR v IN 1 OUTBOUND 'people/ann' {source} OPTIONS {options} RETURN v"
    assert refusal(query).number == number


def test_a_traversal_follows_chosen_collections(run: Run) -> None:
    options = "OPTIONS {edgeCollections: 'knows', vertexCollections: ['people', 'log']}"
    assert run(f"FOR v IN 1 OUTBOUND 'people/ann' knows {options} SORT v.name RETURN v.name") == [
        "Bob",
        "Dee",
    ]


def test_an_edge_that_leads_nowhere_is_warned_of_and_its_vertex_null(database: Database) -> None:
    with database.transaction(write=True) as transaction:
        transaction.collection("knows").insert({"_from": "people/dee", "_to": "people/nobody"})
    found = execute(database, "FOR v IN 1 OUTBOUND 'people/dee' knows RETURN v")
    assert found.rows == [None]
    assert [(each.number, each.message) for each in found.warnings] == [
        (1202, "vertex 'people/nobody' not found")
    ]


def test_among_paths_of_one_weight_the_last_found_comes_first(run: Run) -> None:
    """The train stations of ArangoDB's manual, in the order it gives."""
    stations = ["Edinburgh Glasgow", "Edinburgh York", "Glasgow Carlisle", "Carlisle York"]
    stations += ["Carlisle Birmingham", "Birmingham London", "York London"]
    both = [way for each in stations for way in (each.split(), each.split()[::-1])]
    run(
        "FOR way IN @ways INSERT {_from: CONCAT('people/', way[0]), _to: CONCAT('people/', way[1])}"
        " INTO knows",
        ways=both,
    )
    query = """
        FOR path IN OUTBOUND K_SHORTEST_PATHS 'people/Edinburgh' TO 'people/London' knows
          RETURN CONCAT(path.edges[*RETURN LEFT(PARSE_IDENTIFIER(CURRENT._to).key, 1)])
    """
    assert run(query) == ["YL", "YCBL", "GCBL", "GCYL"]
