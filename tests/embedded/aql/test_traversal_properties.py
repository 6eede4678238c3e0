"""Conditions checked during a walk leave the paths that a filter after it would leave."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hades_mcp.embedded.aql import QueryOptions, execute
from hades_mcp.embedded.storage.engine import Engine
from hades_mcp.embedded.storage.transaction import Transaction

PLAIN = QueryOptions(rules=("-all",))
VERTICES = 5

edges = st.lists(
    st.tuples(st.integers(0, VERTICES - 1), st.integers(0, VERTICES - 1), st.integers(0, 2)),
    max_size=9,
)
operators = st.sampled_from(["==", "!=", "<", ">=", "IN"])
wanted = st.sampled_from(["0", "1", "2", "null", "[0, 1]", "[1, null]", "n"])
singles = st.builds(
    "p.{}[{}].x {} {}".format,
    st.sampled_from(["vertices", "edges"]),
    st.integers(0, 2),
    operators,
    wanted,
)
eachs = st.builds(
    "p.{}[*].x {} {} {}".format,
    st.sampled_from(["vertices", "edges"]),
    st.sampled_from(["ALL", "NONE", "ANY"]),
    operators,
    wanted,
)
others = st.builds("{}.x {} {}".format, st.sampled_from(["v", "e"]), operators, wanted)
conditions = st.recursive(
    singles | eachs | others,
    lambda inner: st.builds("({} {} {})".format, inner, st.sampled_from(["AND", "OR"]), inner),
    max_leaves=3,
)


@st.composite
def queries(draw: st.DrawFn) -> str:
    least = draw(st.integers(0, 2))
    most = least + draw(st.integers(0, 2))
    way = draw(st.sampled_from(["OUTBOUND", "INBOUND", "ANY"]))
    text = f"LET n = 1 FOR v, e, p IN {least}..{most} {way} 'vs/0' es"
    if draw(st.booleans()):
        text += f" PRUNE {draw(singles | others)}"
    order = draw(st.sampled_from(["dfs", "bfs"]))
    unique = draw(
        st.sampled_from(["none", "path", "global"] if order == "bfs" else ["none", "path"])
    )
    text += f" OPTIONS {{order: '{order}', uniqueVertices: '{unique}'}}"
    for condition in draw(st.lists(conditions, min_size=1, max_size=2)):
        text += f" FILTER {condition}"
    return text + draw(st.sampled_from([" RETURN p.edges[*]._key", " RETURN v._key"]))


@pytest.fixture(scope="module")
def transaction() -> Iterator[Transaction]:
    with Engine(None) as engine:
        transaction = engine.database("_system").begin(write=True)
        vertices = transaction.create_collection("vs")
        vertices.insert_many([{"_key": str(at), "x": at % 3} for at in range(VERTICES)])
        transaction.create_collection("es", edge=True)
        yield transaction
        transaction.abort()


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(found=edges, query=queries())
def test_a_walk_that_is_cut_short_finds_what_a_filter_leaves(
    transaction: Transaction, found: list[tuple[int, int, int]], query: str
) -> None:
    collection = transaction.collection("es")
    collection.truncate()
    collection.insert_many(
        [
            {"_key": str(at), "_from": f"vs/{start}", "_to": f"vs/{end}", "x": x}
            for at, (start, end, x) in enumerate(found)
        ]
    )
    assert execute(transaction, query).rows == execute(transaction, query, options=PLAIN).rows


def test_a_walk_does_not_go_on_where_a_condition_is_broken(transaction: Transaction) -> None:
    chain = [{"_from": f"vs/{at}", "_to": f"vs/{at + 1}", "x": at} for at in range(VERTICES - 1)]
    collection = transaction.collection("es")
    collection.truncate()
    collection.insert_many(chain)
    query = "FOR v, e, p IN 1..4 OUTBOUND 'vs/0' es FILTER p.edges[*].x ALL < 1 RETURN v._key"
    profiled = execute(transaction, query, options=QueryOptions(profile=True))
    assert profiled.rows == ["1"]
    assert profiled.prepared is not None
    assert profiled.profile is not None
    walk = profiled.prepared.plan.nodes[1]
    assert profiled.profile.nodes[id(walk)].items == 1
