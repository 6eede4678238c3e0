"""Sorting, grouping and returning from columns gives what the usual steps give.

A profiled run takes the usual steps: it is the model.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hades_mcp.embedded.aql import QueryOptions, execute
from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.storage import Database, Engine
from hades_mcp.embedded.values.sorting import by_numbers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hades_mcp.embedded.aql.executor import Execution

RUNS = 3  # until columns were read and used
PROFILED = QueryOptions(profile=True)

numbers = st.one_of(st.integers(-3, 3), st.sampled_from([0.5, -0.0, 2.0, 1e300, 2**53 + 1, -1.5]))
texts = st.sampled_from(["", "a", "A", "b", "é", "e\u0301", "Ä", "z"])
plain = st.one_of(st.none(), st.booleans(), numbers, texts)
columns = st.sampled_from([numbers, texts, plain, st.one_of(st.none(), numbers)])


@st.composite
def collections(draw: st.DrawFn) -> list[dict[str, Any]]:
    a, b = draw(columns), draw(columns)
    names = {"a": a, "b": b, "c": st.fixed_dictionaries({"d": numbers})}
    return draw(st.lists(st.fixed_dictionaries({"n": numbers}, optional=names), max_size=12))


filters = st.sampled_from(["", "FILTER t.n >= @n", "FILTER t.n > @n FILTER t.b == 1"])
sorts = st.sampled_from(
    [
        "t.a",
        "t.a DESC",
        "t.n DESC",
        "t.n, t.a DESC",
        "t.a DESC, t.b",
        "t.c.d",
        "t.n + 1",
        "t.c, t.n",
    ]
)
limits = st.sampled_from(["", "LIMIT 3", "LIMIT 2, 3", "LIMIT 0", "LIMIT 5, null"])
results = st.sampled_from(["t._key", "t.c.d", "[t._key, t.a]", "t", "{k: t._key}", "[]", "1"])
sorted_queries = st.builds(
    "FOR t IN things {} SORT {} {} RETURN {}".format, filters, sorts, limits, results
)
plain_queries = st.builds("FOR t IN things {} RETURN {}".format, filters, results)
groups = st.sampled_from(
    [
        "COLLECT g = t.a WITH COUNT INTO n RETURN [g, n]",
        "COLLECT g = t.a, h = t.n WITH COUNT INTO n RETURN [g, h, n]",
        "COLLECT WITH COUNT INTO n RETURN n",
        "COLLECT AGGREGATE s = SUM(t.a), n = COUNT(t.b), m = MAX(t.n) RETURN [s, n, m]",
        """COLLECT g = t.b AGGREGATE s = SUM(t.n), v = AVG(t.n), l = MIN(t.n), m = MAX(t.n)
        RETURN [g, s, v, l, m]""",
        """COLLECT g = t.n AGGREGATE s = SUM(t.a), v = AVG(t.a), l = MIN(t.a), m = MAX(t.a),
        u = UNIQUE(t.b), p = PUSH(t.a), d = STDDEV(t.a) RETURN [g, s, v, l, m, u, p, d]""",
        "COLLECT g = t.a INTO members RETURN [g, LENGTH(members)]",
        "COLLECT g = t.a OPTIONS {method: 'sorted'} RETURN g",
        "RETURN DISTINCT t.a",
        "SORT t.n LET x = (FOR s IN things FILTER s.n == t.n SORT s.a RETURN s._key) RETURN x",
    ]
)
grouped_queries = st.builds("FOR t IN things {} {}".format, filters, groups)


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine(None) as engine:
        yield engine


def filled(engine: Engine, documents: list[dict[str, Any]]) -> Database:
    database = engine.database("_system")
    with database.transaction(write=True) as tx:
        if tx.has_collection("things"):
            tx.drop_collection("things")
        keyed = [{"_key": f"k{at}", **document} for at, document in enumerate(documents)]
        tx.create_collection("things").insert_many(keyed)
    return database


@given(
    documents=collections(),
    query=st.one_of(sorted_queries, plain_queries, grouped_queries),
    bound=numbers,
)
def test_columns_give_what_the_usual_steps_give(
    engine: Engine, documents: list[dict[str, Any]], query: str, bound: Any
) -> None:
    database = filled(engine, documents)
    values = {"n": bound} if "@n" in query else {}
    expected = execute(database, query, values, options=PROFILED)
    for _ in range(RUNS):
        found = execute(database, query, values)
        assert repr(found.rows) == repr(expected.rows)
        for name in ("scannedFull", "filtered"):
            assert found.stats[name] == expected.stats[name] or "LET" in query


@pytest.mark.parametrize(
    "query",
    [
        "FOR t IN things SORT t.n DESC LIMIT 3 RETURN t.n",
        "FOR t IN things COLLECT g = t.n % 2 == 0, h = t.n RETURN h",
        "FOR t IN things COLLECT g = t.n AGGREGATE p = PUSH(t.n) RETURN p",
        "FOR t IN things SORT t.n RETURN t.n",
    ],
)
def test_a_query_that_was_killed_gives_nothing_from_columns(engine: Engine, query: str) -> None:
    database = filled(engine, [{"n": number} for number in range(100)])
    for _ in range(RUNS):
        execute(database, query)
    stop = threading.Event()
    stop.set()

    def watch(execution: Execution) -> None:
        execution.killed = stop

    with pytest.raises(ArangoError) as refused:
        execute(database, query, options=QueryOptions(watch=watch))
    assert refused.value.number == 1500


def test_what_is_pushed_from_columns_counts_as_memory(engine: Engine) -> None:
    database = filled(
        engine, [{"n": number % 3, "text": f"{number:050}"} for number in range(3000)]
    )
    query = "FOR t IN things COLLECT g = t.n AGGREGATE p = PUSH(t.text) RETURN LENGTH(p)"
    for _ in range(RUNS):
        assert execute(database, query).rows == [1000, 1000, 1000]
    with pytest.raises(ArangoError) as refused:
        execute(database, query, options=QueryOptions(memory_limit=50_000))
    assert refused.value.number == 32


def test_documents_are_read_only_where_they_are_returned(engine: Engine) -> None:
    database = filled(engine, [{"n": number, "m": {"x": 1}} for number in range(100)])
    query = "FOR t IN things SORT t.n DESC LIMIT 2 RETURN t.m"
    for _ in range(RUNS):
        execute(database, query)
    with database.transaction() as tx:
        seen: list[str] = []
        tx.session._connection.set_trace_callback(seen.append)
        assert execute(tx, query).rows == [{"x": 1}, {"x": 1}]
        tx.session._connection.set_trace_callback(None)
    (read,) = [text for text in seen if "body" in text]
    assert "'[100,99]'" in read


def test_what_warns_is_not_computed_once_more_for_columns(engine: Engine) -> None:
    database = filled(engine, [{"n": number} for number in range(3)])
    query = "FOR t IN things FILTER t.n > 1 / @zero SORT t.n RETURN t.n"
    seen = [len(execute(database, query, {"zero": 0}).warnings) for _ in range(RUNS)]
    unsorted = execute(database, query.replace("SORT t.n", ""), {"zero": 0})
    assert set(seen) == {len(unsorted.warnings)} == {4}


@pytest.mark.parametrize("downwards", ["", "DESC"])
@pytest.mark.parametrize("limit", [0, 1, 7, 1999, 2000])
@pytest.mark.parametrize("least", [0, 1])
def test_the_first_of_many_are_those_of_the_whole_order(
    many: Database, downwards: str, limit: int, least: int
) -> None:
    query = f"""FOR t IN things FILTER t.m >= {least} SORT t.n {downwards} LIMIT {limit}
        RETURN t._key"""
    whole = execute(many, query.replace(f"LIMIT {limit}", "")).rows
    for _ in range(RUNS):
        assert execute(many, query).rows == whole[:limit]


@pytest.fixture(scope="module")
def many() -> Iterator[Database]:
    with Engine(None) as engine:
        yield filled(engine, [{"n": at * 7919 % 50, "m": at % 4} for at in range(4500)])


@pytest.mark.parametrize("downwards", [False, True])
@pytest.mark.parametrize("size", [0, 1, 1000, 250_000])
def test_many_numbers_are_sorted_as_few_are(size: int, downwards: bool) -> None:
    values: list[float] = [at * 7919 % 1009 - 500 + at % 2 / 2 for at in range(size)]
    items = range(7, 7 + size)
    expected = sorted(items, key=lambda item: values[item - 7], reverse=downwards)
    assert by_numbers(items, values, lambda: None, downwards=downwards) == expected


@pytest.mark.parametrize("large", [2**53 + 1, 10**400])
def test_integers_that_no_double_holds_are_not_sorted_as_doubles(large: int) -> None:
    assert by_numbers([0, 1], [large, large - 1], lambda: None, downwards=False) is None
