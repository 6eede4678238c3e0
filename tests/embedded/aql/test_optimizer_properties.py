"""Whatever indexes there are and whatever rules fire: the rows are those of the plain plan."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hades_mcp.embedded.aql import QueryOptions, execute, explain
from hades_mcp.embedded.aql.explaining import plan_json
from hades_mcp.embedded.storage.engine import Engine
from hades_mcp.embedded.storage.transaction import Transaction

INDEXES: dict[str, list[dict[str, Any]]] = {
    "single": [{"fields": ["a"]}, {"fields": ["b"]}],
    "compound": [{"fields": ["a", "b", "c"]}],
    "sparse": [{"fields": ["a"], "sparse": True}, {"fields": ["b", "c"], "sparse": True}],
    "members": [{"fields": ["a[*]"]}, {"fields": ["b", "c[*]"]}, {"fields": ["a[*]", "c"]}],
    "nested": [{"fields": ["a.x"]}, {"fields": ["b[*].x"], "sparse": True}],
    "unique": [{"fields": ["n"], "unique": True}, {"fields": ["a", "n"], "unique": True}],
    "every": [{"fields": ["a", "b"]}, {"fields": ["a[*]"]}, {"fields": ["c"]}, {"fields": ["n"]}],
}
PLAIN = QueryOptions(rules=("-all",))

# two ways to write é, and two letters K: equal to the collation, not to ==
scalars = st.sampled_from(
    [
        None,
        False,
        True,
        -1,
        0,
        1,
        2,
        2.5,
        2**53 + 1,
        "",
        "a",
        "B",
        "\u00e9",
        "e\u0301",
        "K",
        "\u212a",
    ]
)
values = st.one_of(
    scalars, st.lists(scalars, max_size=3), scalars.map(lambda x: {"x": x}), st.just([{"x": 1}])
)
documents = st.lists(
    st.dictionaries(st.sampled_from(["a", "b", "c"]), values, max_size=3), max_size=10
)
literals = values.map(json.dumps)
lists = st.lists(scalars, max_size=4).map(json.dumps)


def attributes(name: str) -> st.SearchStrategy[str]:
    return st.sampled_from(["a", "b", "c", "n", "a.x", "_key"]).map(f"{name}.{{}}".format)


def conditions(name: str, others: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    mine = attributes(name)
    known = st.one_of(literals, others)
    single = st.one_of(
        st.builds("{} {} {}".format, mine, st.sampled_from(["==", "<", "<=", ">", ">="]), known),
        st.builds("{} {} {}".format, known, st.sampled_from(["==", "!=", "<", ">="]), mine),
        st.builds("{} {} {}".format, mine, st.sampled_from(["IN", "NOT IN"]), lists),
        st.builds("{} IN {}".format, known, mine),
        st.builds("{} IN {}[*]".format, known, mine),
        st.builds("{} IN {}[*].x".format, literals, mine),
        st.builds("{} ANY == {}".format, lists, mine),
    )
    return st.recursive(
        single,
        lambda inner: (
            st.builds("({} {} {})".format, inner, st.sampled_from(["AND", "OR", "OR"]), inner)
            | inner.map("(NOT {})".format)
        ),
        max_leaves=4,
    )


COUNTED = "FOR n IN (FOR i IN @@docs COLLECT WITH COUNT INTO n RETURN n)"
STARTS = [
    "FOR d IN @@docs",
    "FOR d IN @@docs",
    "FOR i IN [2, 0] FOR d IN @@docs FILTER d.n == i",
    "LET z = 1 FOR d IN (FOR i IN @@docs FILTER i.n >= z RETURN i)",
    "FOR d IN (FOR i IN @@docs SORT i._key LIMIT 5 RETURN i)",
    f"LET z = 1 {COUNTED} FOR d IN @@docs FILTER d.n < n - z",
    "FOR i IN [1, 2] FOR d IN (FOR j IN @@docs SORT j.n LIMIT 2 RETURN j) FILTER i > d.n",
]


@st.composite
def queries(draw: st.DrawFn) -> tuple[str, bool]:
    """Draw a query, and whether the order of its rows is defined."""
    text = draw(st.sampled_from(STARTS))
    names = ["d"]
    if draw(st.booleans()):
        text += f" LET v = {draw(st.one_of(attributes('d'), literals))}"
        names.append("v")
    for condition in draw(st.lists(conditions("d", st.sampled_from(["d.b", "@p"])), max_size=2)):
        text += f" FILTER {condition}"
    match draw(st.integers(0, 5)):
        case 0:
            text += " FOR e IN @@docs FILTER "
            text += draw(conditions("e", attributes("d")))
            names.append("e")
        case 1:
            inner = draw(conditions("e", st.sampled_from(["d.a", "d.n", "@p"])))
            text += f" LET s = (FOR e IN @@docs FILTER {inner} SORT e._key RETURN e.b)"
            names.append("s")
        case 2:
            text += " LET s = MAX(FOR e IN @@docs FILTER e.a > 0 RETURN e.n)"
            names.append("s")
        case _:
            pass
    if "v" in names and draw(st.booleans()):
        text += f" FILTER {draw(conditions('v', literals)).replace('v.a', 'v').replace('v.n', 'v')}"
    if draw(st.integers(0, 4)) == 0:
        text += f" COLLECT g = {draw(attributes('d'))} AGGREGATE most = MAX(d.n), rows = LENGTH(1)"
        return f"{text} RETURN [g, most, rows]", False
    keys = draw(st.lists(st.builds("{} {}".format, attributes("d"), ways), max_size=2))
    result = draw(st.sampled_from([f"[{', '.join(names)}]", "d.a", "1", "[d.a, d.b.x]"]))
    if not keys:
        return f"{text} RETURN {result}", False
    last = [f"{name}._key" for name in names if name in {"d", "e"}]
    text += f" SORT {', '.join([*keys, *last])}"
    if draw(st.booleans()):
        text += f" LIMIT {draw(st.integers(0, 2))}, {draw(st.integers(0, 5))}"
    return f"{text} RETURN {result}", True


ways = st.sampled_from(["ASC", "DESC"])


@pytest.fixture(scope="module")
def transaction() -> Iterator[Transaction]:
    with Engine(None) as engine:
        transaction = engine.database("_system").begin(write=True)
        for name, indexes in INDEXES.items():
            collection = transaction.create_collection(name)
            for index in indexes:
                collection.ensure_index({"type": "persistent", **index})
        yield transaction
        transaction.abort()


def often(examples: int) -> settings:
    quiet = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
    return settings(max_examples=examples, deadline=None, suppress_health_check=quiet)


case = given(name=st.sampled_from(sorted(INDEXES)), found=documents, drawn=queries(), value=values)


def check(
    transaction: Transaction,
    name: str,
    found: list[dict[str, Any]],
    drawn: tuple[str, bool],
    value: Any,
) -> None:
    query, ordered = drawn
    collection = transaction.collection(name)
    collection.truncate()
    collection.insert_many(
        [{**document, "_key": str(at), "n": at} for at, document in enumerate(found)]
    )
    bind_vars = {"@docs": name} | ({"p": value} if "@p" in query else {})
    plain = execute(transaction, query, bind_vars, options=PLAIN).rows
    optimized = execute(transaction, query, bind_vars).rows
    if ordered:
        assert optimized == plain
    else:
        assert sorted(map(json.dumps, optimized)) == sorted(map(json.dumps, plain))


@often(120)
@case
def test_rules_and_indexes_change_no_result(transaction: Transaction, **drawn: Any) -> None:
    check(transaction, **drawn)


@pytest.mark.slow
@often(3000)
@case
def test_rules_and_indexes_change_no_result_however_often(
    transaction: Transaction, **drawn: Any
) -> None:
    check(transaction, **drawn)


@pytest.mark.parametrize(
    "condition", ["d.a == '\u00e9'", "d.a IN ['\u00e9', 'x', ['e\u0301']]", "'\u00e9' IN d.a"]
)
def test_an_index_tells_texts_apart_that_collate_alike(
    transaction: Transaction, condition: str
) -> None:
    values = ["\u00e9", "e\u0301", ["\u00e9"], ["e\u0301"], "x"]
    check(
        transaction,
        name="every",
        found=[{"a": value} for value in values],
        drawn=(f"FOR d IN @@docs FILTER {condition} SORT d._key RETURN d.a", True),
        value=None,
    )


@often(40)
@given(name=st.sampled_from(sorted(INDEXES)), drawn=queries(), value=values)
def test_what_explain_shows_is_what_a_profile_counts(
    transaction: Transaction, name: str, drawn: tuple[str, bool], value: Any
) -> None:
    query, _ = drawn
    bind_vars = {"@docs": name} | ({"p": value} if "@p" in query else {})
    explained = explain(transaction, query, bind_vars)["plan"]
    answer = execute(transaction, query, bind_vars, options=QueryOptions(profile=True))
    assert answer.prepared is not None
    profiled = plan_json(answer.prepared, transaction, answer.profile, bind_vars=bind_vars)
    counts = profiled.pop("profiled")
    assert profiled["nodes"] == explained["nodes"]
    assert [each["id"] for each in counts] == [node["id"] for node in profiled["nodes"]]
    assert counts[-1]["items"] == len(answer.rows)
