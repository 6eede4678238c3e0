"""Laws that hold for whatever query: no crash, and no rule that changes a result."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hades_mcp.embedded.aql import QueryOptions, execute, explain, parse
from hades_mcp.embedded.aql.tokens import KEYWORDS
from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.storage.engine import Engine
from hades_mcp.embedded.storage.transaction import Transaction
from hades_mcp.embedded.values import order_key

SHARED = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

scalars = st.sampled_from([None, False, True, -1, 0, 1, 2, 2.5, "", "a", "b", "B"])
values = st.one_of(scalars, st.lists(scalars, max_size=2), st.just({"x": 1}))
documents = st.lists(
    st.dictionaries(st.sampled_from(["a", "b", "c"]), values, max_size=3), max_size=12
)
literals = values.map(json.dumps)
attributes = st.sampled_from(["d.a", "d.b", "d.c", "d.a.x", "d._key", "d['b']"])
comparisons = st.one_of(
    st.builds(
        "{} {} {}".format,
        attributes,
        st.sampled_from(["==", "!=", "<", "<=", ">", ">=", "IN", "NOT IN"]),
        st.one_of(literals, st.lists(scalars, max_size=4).map(json.dumps), st.just("@p")),
    ),
    st.builds("{} {} {}".format, literals, st.sampled_from(["==", "<", ">="]), attributes),
    st.builds("{} IN {}".format, literals, st.sampled_from(["d.a", "d.a[*]", "d.b[*]"])),
)
conditions = st.recursive(
    comparisons,
    lambda inner: (
        st.builds("({} {} {})".format, inner, st.sampled_from(["AND", "OR"]), inner)
        | inner.map("(NOT {})".format)
    ),
    max_leaves=4,
)
sorts = st.lists(
    st.builds("{} {}".format, attributes, st.sampled_from(["ASC", "DESC"])), max_size=2
)


@st.composite
def queries(draw: st.DrawFn) -> tuple[str, list[str]]:
    """Draw a query and what it sorts by."""
    text = "FOR d IN docs"
    if draw(st.booleans()):
        text = f"FOR i IN [0, 1] FOR d IN docs FILTER d.a == i OR {draw(conditions)}"
    for condition in draw(st.lists(conditions, max_size=2)):
        text += f" FILTER {condition}"
    keys = draw(sorts)
    if keys:
        text += " SORT " + ", ".join(keys)
    names = [key.split()[0] for key in keys]
    return f"{text} RETURN [d._key, {', '.join(names)}]", names


@pytest.fixture(scope="module")
def transaction() -> Iterator[Transaction]:
    with Engine(None) as engine:
        transaction = engine.database("_system").begin(write=True)
        docs = transaction.create_collection("docs")
        docs.ensure_index({"type": "persistent", "fields": ["a"]})
        docs.ensure_index({"type": "persistent", "fields": ["b", "c"]})
        docs.ensure_index({"type": "persistent", "fields": ["c"], "sparse": True})
        docs.ensure_index({"type": "persistent", "fields": ["a[*]"]})
        docs.ensure_index({"type": "persistent", "fields": ["b[*]"], "sparse": True})
        yield transaction
        transaction.abort()


@SHARED
@given(found=documents, drawn=queries(), value=values)
def test_an_optimized_plan_gives_what_the_plain_one_gives(
    transaction: Transaction, found: list[dict[str, Any]], drawn: tuple[str, list[str]], value: Any
) -> None:
    query, keys = drawn
    docs = transaction.collection("docs")
    docs.truncate()
    docs.insert_many([{**document, "_key": str(at)} for at, document in enumerate(found)])
    bind_vars = {"p": value} if "@p" in query else {}
    plain = execute(transaction, query, bind_vars, options=QueryOptions(rules=("-all",)))
    optimized = execute(transaction, query, bind_vars)
    assert sorted(map(json.dumps, optimized.rows)) == sorted(map(json.dumps, plain.rows))
    if keys:  # rows that sort alike may come in any order
        sorted_by = [[order_key(value) for value in row[1:]] for row in optimized.rows]
        assert sorted_by == [[order_key(value) for value in row[1:]] for row in plain.rows]


words = st.sampled_from(
    [
        *KEYWORDS,
        *("a", "b", "docs", "@x", "@@c", "1", "2.5", "'s'", "(", ")", "[", "]", "{", "}", ",", ":"),
        *(".", "..", "?", "*", "=", "==", "<", "+", "-", "=~", "::", "AT LEAST", "OPTIONS", "KEEP"),
        *("COUNT", "TO", "PRUNE", "CURRENT", "OLD", "NEW", "LENGTH(", "[*", "[**]", "[?"),
    ]
)


@SHARED
@given(text=st.one_of(st.text(max_size=40), st.lists(words, max_size=16).map(" ".join)))
def test_whatever_is_not_aql_is_an_arango_error(text: str) -> None:
    try:
        parse(text)
    except ArangoError as error:
        assert error.number in {1501, 1502, 1524}  # noqa: PT017  most texts are no query


@SHARED
@given(
    start=st.sampled_from(["FOR a IN docs", "FOR a IN [1, 2]", "LET a = [1, {b: 2}]", "RETURN"]),
    rest=st.lists(words, max_size=8).map(" ".join),
)
def test_whatever_is_aql_runs_or_is_an_arango_error(
    transaction: Transaction, start: str, rest: str
) -> None:
    text = f"{start} {rest} RETURN a"
    for attempt in (explain, execute):
        try:
            attempt(transaction, text, {"x": 1} if "@x" in text else {})
        except ArangoError as error:
            assert error.number > 0  # noqa: PT017  most texts are no query
