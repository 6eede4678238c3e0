"""Bad input: whatever is asked, the answer is JSON or an error of ArangoDB's own."""

from collections.abc import Iterator
from contextlib import suppress
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.fuzz.bounds import bounded_parse, bounded_request, bounded_run
from tests.fuzz.words import VOCABULARY, asked, seeds, spoiled, spoiled_request

from hades_mcp.embedded.aql import QueryOptions, execute, parse
from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.rest import Server
from hades_mcp.embedded.storage.engine import Engine
from hades_mcp.embedded.storage.transaction import Transaction

SEEDS = seeds()
MANY = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

json_values = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-9, 9),
        st.integers(-(2**63), 2**63 - 1),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    ),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text("ab_ \x00ä", max_size=2), inner)
    ),
    max_leaves=10,
)


class Undone(Exception):
    """Takes back what a query wrote."""


@pytest.fixture(scope="module")
def transaction() -> Iterator[Transaction]:
    with Engine(None) as engine:
        transaction = engine.database("_system").begin(write=True)
        people = transaction.create_collection("people")
        transaction.create_collection("knows", edge=True)
        people.ensure_index({"type": "persistent", "fields": ["age", "tags[*]"]})
        people.insert_many([{"_key": "ann", "age": 31}, {"_key": "bob", "tags": ["x", None]}])
        yield transaction
        transaction.abort()


@given(st.integers(0, 2**32))
@MANY
def test_a_spoiled_query_answers_or_is_refused(transaction: Transaction, seed: int) -> None:
    random = Random(seed)
    text = spoiled(random.choice(SEEDS), random, SEEDS)
    if bounded_parse(text):
        with suppress(Undone), transaction.savepoint():
            bounded_run(transaction, text, {"a": 1} if "@a" in text else None)
            raise Undone


@given(st.lists(st.sampled_from(VOCABULARY), max_size=12).map(" ".join))
@MANY
def test_words_in_any_order_are_parsed_or_refused(text: str) -> None:
    bounded_parse(text)
    bounded_parse("RETURN " + text)


@given(st.text(max_size=30))
@MANY
def test_any_text_is_parsed_or_refused(text: str) -> None:
    bounded_parse(text)
    bounded_run(None, f"RETURN '{text}'")


OPERATORS = [
    *("+", "-", "*", "/", "%", "==", "!=", "<", "<=", ">", ">=", "IN", "..", "AND", "OR", "LIKE"),
    *("=~", "NOT IN", "ANY ==", "ALL <"),
]


@given(json_values, st.sampled_from(OPERATORS), json_values)
@MANY
def test_operators_take_values_of_any_kind(left: Any, operator: str, right: Any) -> None:
    text = f"RETURN LENGTH(@l {operator} @r)" if operator == ".." else f"RETURN @l {operator} @r"
    bounded_run(None, text, {"l": left, "r": right})


@given(json_values, json_values)
@MANY
def test_operations_take_values_of_any_kind(one: Any, two: Any) -> None:
    values = {"a": one, "b": two}
    bounded_run(None, "FOR x IN TO_ARRAY(@a) SORT x.a, x DESC LIMIT 3 RETURN x[@b]", values)
    bounded_run(None, "FOR x IN [@a, @b, @a] COLLECT g = x INTO i RETURN [g, i[*].x]", values)
    bounded_run(
        None, "FOR x IN [@a, @b] COLLECT AGGREGATE m = MAX(x), u = UNIQUE(x) RETURN u", values
    )
    bounded_run(None, "FOR x IN 1..2 LIMIT @a, @b RETURN x", values)
    bounded_run(
        None,
        "LET [p, {q}] = @a RETURN [p[* FILTER CURRENT == @b], q[**], q[? @b FILTER 1]]",
        values,
    )
    window = "WINDOW x WITH {preceding: 1, following: 'P1M'} AGGREGATE n = SUM(x)"
    bounded_run(None, f"FOR x IN [@a, @b] {window} RETURN n", values)


@given(json_values)
@MANY
def test_documents_of_any_kind_are_stored_and_found_or_refused(
    transaction: Transaction, value: Any
) -> None:
    with suppress(Undone), transaction.savepoint():
        bounded_run(transaction, "INSERT @d INTO people RETURN NEW", {"d": value})
        bounded_run(transaction, "INSERT {age: @d, tags: [@d, [@d]]} INTO people", {"d": value})
        found = execute(
            transaction, "FOR p IN people FILTER p.age == @d RETURN p.age", {"d": value}
        ).rows
        assert found or value is None
        raise Undone


@given(st.integers(0, 2**32))
@MANY
def test_a_spoiled_request_is_answered(seed: int) -> None:
    random = Random(seed)
    data = b""
    with Engine(None) as engine:
        server = Server(engine)
        for _ in range(3):
            data = spoiled_request(data, random)
            bounded_request(server, *asked(data))
        server.close()


@pytest.mark.parametrize(
    "body",
    [
        b'{"query": "RETURN \xff"}',
        b'{"query": "RETURN 1", "bindVars": {"a": "\\ud800"}}',
        b'{"query": "RETURN @a", "bindVars": {"a": NaN}}',
        b'{"query": "RETURN @a", "bindVars": {"a": 1e999}}',
        b'{"query": ' + b"[" * 100_000,
        b"\x00",
        b"",
        b'"RETURN 1"',
        b'{"query": 1}',
        b'{"query": "RETURN 1", "bindVars": []}',
        b'{"query": "RETURN 1", "batchSize": -1}',
    ],
)
def test_a_cursor_is_refused_a_broken_body(body: bytes) -> None:
    with Engine(None) as engine:
        server = Server(engine)
        assert 400 <= bounded_request(server, "POST", "/_api/cursor", body) < 500
        server.close()


@pytest.mark.parametrize("text", ["RETURN '\ud800'", "RETURN \udcff", "\ud800"])
def test_a_query_no_utf_8_can_hold_is_refused(text: str) -> None:
    with pytest.raises(ArangoError) as caught:
        execute(None, text)
    assert caught.value.number == 1501


def test_huge_queries_are_answered() -> None:
    assert execute(None, "RETURN LENGTH('" + "x" * 10_000_000 + "')").rows == [10_000_000]
    numbers = ",".join(map(str, range(100_000)))
    assert execute(None, f"RETURN LENGTH([{numbers}])").rows == [100_000]
    attributes = ",".join(f"a{i}: {i}" for i in range(5_000))
    assert execute(None, f"RETURN LENGTH({{{attributes}}})").rows == [5_000]


def test_of_huge_queries_only_the_last_are_kept() -> None:
    one, two, three = [f"RETURN LENGTH('{letter * 60_000}')" for letter in "abc"]
    first, second = parse(one), parse(two)
    parse(three)
    assert parse(two) is second
    assert parse(one) is not first
    assert parse("RETURN 1") is parse("RETURN 1")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e308 * 10", None),
        ("-1e308 * 10", None),
        ("9223372036854775807 + 1", 9223372036854775808.0),
        ("-9223372036854775808 - 1", -9223372036854775809.0),
        ("9223372036854775807 * 9223372036854775807", 8.507059173023462e37),
        ("0 / 0", None),
        ("5 % 0", None),
        ("0 * -1", 0),
        ("1e308 + 1e308 - 1e308", -1e308),  # null is 0 in arithmetic
    ],
)
def test_numbers_beyond_their_range_end_as_in_arangodb(text: str, value: object) -> None:
    assert execute(None, f"RETURN {text}").rows == [value]


def test_a_product_of_loops_ends_at_its_limits() -> None:
    # the filter reads all three, so that no rule lets it drop rows before the product
    loops = "FOR a IN 1..100000 FOR b IN 1..100000 FOR c IN 1..100000"
    text = f"{loops} FILTER a + b + c < 0 RETURN 1"
    with pytest.raises(ArangoError) as caught:
        execute(None, text, options=QueryOptions(max_runtime=0.05))
    assert caught.value.number == 1500
    with pytest.raises(ArangoError) as caught:
        execute(
            None,
            "RETURN (FOR a IN 1..9999 FOR b IN 1..9999 RETURN [a, b])",
            options=QueryOptions(memory_limit=1_000_000, max_runtime=20),
        )
    assert caught.value.number == 32


def test_deep_values_are_stored_compared_and_returned_or_refused(transaction: Transaction) -> None:
    for depth in (50, 190, 400, 5_000):
        value: Any = 1
        for _ in range(depth):
            value = [value] if depth % 20 else {"a": value}
        for text in (
            "RETURN @v",
            "RETURN [@v == @v, @v < [1], HASH(@v), TO_STRING(@v), FLATTEN(@v, 9), UNIQUE([@v])]",
            "FOR x IN [@v, @v, 1] SORT x RETURN x",
            "FOR x IN [@v, @v] COLLECT y = x RETURN y",
            "RETURN DISTINCT MERGE_RECURSIVE({a: @v}, {a: @v})",
        ):
            with suppress(ArangoError):
                assert execute(None, text, {"v": value}).rows
        with suppress(Undone, ArangoError), transaction.savepoint():
            execute(transaction, "INSERT {age: @v} INTO people", {"v": value})
            raise Undone


@pytest.mark.parametrize(
    "text",
    [  # what the fuzzers found
        r"RETURN REGEX_REPLACE('\udcf0024-01', '(\\\\d+)', '$1')",
        "FOR t IN [1] WINDOW 1e308 WITH {preceding: 'P1D'} AGGREGATE n = COUNT() RETURN n",
        "FOR x IN [1] LIMIT 9223372036854775808, 9e18 RETURN x",
        "FOR x IN [1] COLLECT WITH COUNT INTO unread RETURN 1",
    ],
)
def test_what_was_found_stays_mended(text: str) -> None:
    bounded_run(None, text)
