"""Groups read from an index are the groups that reading all documents gives, in the same order."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hades_mcp.embedded.aql import QueryOptions, execute
from hades_mcp.embedded.rest import Server
from hades_mcp.embedded.storage.engine import Engine
from hades_mcp.embedded.storage.transaction import Transaction
from hades_mcp.embedded.values import hash_key

RULE = "use-index-for-collect"
ALIKE: list[Any] = [None, False, 0, -0.0, 1, 1.0, 2.5, "", "a", "é", "e\u0301", "K", "\u212a"]
ALIKE += [[], [None], [1], [1.0], {}, {"a": None}, {"a": 1}]


@pytest.fixture(scope="module")
def transaction() -> Iterator[Transaction]:
    with Engine(None) as engine:
        transaction = engine.database("_system").begin(write=True)
        many = transaction.create_collection("many")
        many.insert_many(
            [
                {"a": n % 10, "b": n % 20, "k": n, "x": n % 10, "c": {"d": n % 10}}
                for n in range(400)
            ]
        )
        for definition in (
            {"fields": ["a", "b", "c.d"]},
            {"fields": ["k"]},
            {"fields": ["x"], "sparse": True},
            {"fields": ["b", "k"], "unique": True},
        ):
            many.ensure_index({"type": "persistent", **definition})
        yield transaction
        transaction.abort()


@pytest.mark.parametrize(
    ("query", "uses_index"),
    [
        ("COLLECT a = d.a RETURN a", True),
        ("COLLECT b = d.b, a = d.a RETURN [a, b]", True),
        ("COLLECT a = d.a, b = d.b, c = d.c.d RETURN [a, b, c]", True),
        ("SORT d.a COLLECT a = d.a RETURN a", True),
        ("SORT d.a DESC COLLECT a = d.a RETURN a", False),
        ("COLLECT a = d.a.z RETURN a", False),
        ("COLLECT a = d.a + 1 RETURN a", False),
        ("COLLECT k = d.k RETURN k", False),  # all of them differ
        ("COLLECT x = d.x RETURN x", False),  # a sparse index lacks documents
        ("COLLECT b = d.b RETURN b", False),  # only a unique index begins with it
        ("COLLECT a = d.a, c = d.c.d RETURN [a, c]", False),
        ("COLLECT a = d.a INTO g RETURN [a, LENGTH(g)]", False),
        ("COLLECT a = d.a WITH COUNT INTO n RETURN [a, n]", False),
        ("COLLECT a = d.a AGGREGATE m = MAX(d.b) RETURN [a, m]", False),
        ("FILTER d.k > 5 COLLECT a = d.a RETURN a", False),
        ("COLLECT a = d.a OPTIONS {disableIndex: true} RETURN a", False),
    ],
)
def test_an_index_is_read_for_few_groups_of_its_leading_fields(
    transaction: Transaction, query: str, *, uses_index: bool
) -> None:
    text = f"FOR d IN many {query}"
    with_rule = execute(transaction, text)
    assert with_rule.prepared is not None
    assert (RULE in with_rule.prepared.rules) is uses_index
    plain = execute(transaction, text, options=QueryOptions(rules=(f"-{RULE}",)))
    assert with_rule.rows == plain.rows


def test_a_hint_names_the_index_and_a_loop_may_have_none(transaction: Transaction) -> None:
    def rules(options: str) -> tuple[str, ...]:
        found = execute(transaction, f"FOR d IN many OPTIONS {options} COLLECT a = d.a RETURN a")
        assert found.prepared is not None
        return found.prepared.rules

    assert RULE not in rules("{disableIndex: true}")
    assert RULE in rules("{indexHint: 'nothing of that name'}")


def test_only_the_first_entry_of_each_group_is_read(transaction: Transaction) -> None:
    found = execute(transaction, "FOR d IN many COLLECT a = d.a RETURN a")
    assert found.stats["scannedIndex"] == 10


@given(st.lists(st.tuples(st.sampled_from(ALIKE), st.sampled_from(ALIKE)), min_size=1, max_size=60))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_values_that_share_a_code_in_an_index_are_told_apart(
    transaction: Transaction, pairs: list[tuple[Any, Any]]
) -> None:
    if transaction.has_collection("odd"):
        transaction.drop_collection("odd")
    odd = transaction.create_collection("odd")
    odd.ensure_index({"type": "persistent", "fields": ["a", "b"]})
    odd.insert_many([{"a": a, "b": b} for a, b in pairs for _ in range(4)])
    for query in ("COLLECT a = d.a RETURN a", "COLLECT b = d.b, a = d.a RETURN [a, b]"):
        text = f"FOR d IN odd {query}"
        optimized = execute(transaction, text).rows
        plain = execute(transaction, text, options=QueryOptions(rules=("-all",))).rows
        # which of {} and {a: null}, the same to AQL, stands for a group is not defined
        assert len(optimized) == len(plain)
        assert set(map(hash_key, optimized)) == set(map(hash_key, plain))


def test_explain_shows_the_index_and_its_fields() -> None:
    with Engine(None) as engine:
        server = Server(engine)
        try:
            server.handle("POST", "/_api/collection", {}, {}, b'{"name": "c"}')
            body = b"[" + b",".join(b'{"a": %d, "b": {"c": 1}}' % (n % 2) for n in range(20)) + b"]"
            server.handle("POST", "/_api/document/c", {}, {}, body)
            index = b'{"type": "persistent", "fields": ["a", "b.c"]}'
            server.handle("POST", "/_api/index", {"collection": "c"}, {}, index)
            query = b'{"query": "FOR d IN c COLLECT x = d.b.c, a = d.a RETURN [a, x]"}'
            answer = server.handle("POST", "/_api/explain", {}, {}, query)
        finally:
            server.close()
    found = json.loads(answer.body)["plan"]
    (node,) = [node for node in found["nodes"] if node["type"] == "IndexCollectNode"]
    assert [group["indexField"] for group in node["groups"]] == [1, 0]
    assert [group["attribute"] for group in node["groups"]] == [["b", "c"], ["a"]]
    assert node["index"]["fields"] == ["a", "b.c"]
    assert node["oldIndexVariable"]["name"] == "d"
    assert node["collectOptions"] == {"method": "hash"}
    assert node["estimatedNrItems"] == 2
    assert RULE in found["rules"]


@pytest.mark.parametrize("alike", [v for v in ALIKE if isinstance(v, str | int | float)])
def test_an_index_counts_what_reading_counts(transaction: Transaction, alike: Any) -> None:
    name = f"counted_{ALIKE.index(alike)}_{type(alike).__name__}"
    counted = transaction.create_collection(name)
    counted.ensure_index({"type": "persistent", "fields": ["a", "n"]})
    counted.insert_many([{"a": value, "n": n} for n, value in enumerate(ALIKE)])
    text = f"FOR d IN {name} FILTER d.a IN [@a, 77] COLLECT WITH COUNT INTO n RETURN n"
    usual, plain = QueryOptions(), QueryOptions(rules=("-all",))
    found = execute(transaction, text, {"a": alike}, options=usual).rows
    assert found == execute(transaction, text, {"a": alike}, options=plain).rows != [0]
