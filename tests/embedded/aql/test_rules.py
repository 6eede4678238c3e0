"""Each rule has a fixture of its own: queries, and the nodes it leaves of them."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from hades_mcp.embedded.aql import QueryOptions, execute
from hades_mcp.embedded.aql.plan import IndexNode
from hades_mcp.embedded.aql.rules import RULES
from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.storage.database import Database
from hades_mcp.embedded.storage.transaction import Transaction
from hades_mcp.embedded.storage.views import create_view

FIXTURES = Path(__file__).parent / "fixtures" / "rules"
VECTOR = "use-vector-index"
HOMES = {"ann": (7.1, 50.7), "bob": (10.1, 54.3), "cid": (7.0, 50.1), "dee": (-9.1, 38.7)}
PLACES = {"ann": [1.0, 0.1], "bob": [0.0, 1.0], "cid": [1.0, 0.0], "dee": [0.5, 0.5]}


def cases() -> Iterator[tuple[str, str, list[str]]]:
    for file in sorted(FIXTURES.glob("*.aql")):
        for block in file.read_text(encoding="utf-8").strip().split("\n\n"):
            query, _, nodes = block.partition("--- ")
            yield file.stem, query, nodes.split()


@pytest.fixture
def transaction(database: Database) -> Iterator[Transaction]:
    """People with indexes and with places; nothing that is written stays."""
    transaction = database.begin(write=True)
    people = transaction.collection("people")
    for key, place in PLACES.items():
        people.update(key, {"place": place})
        longitude, latitude = HOMES[key]
        home = {"type": "Point", "coordinates": [longitude, latitude]}
        people.update(key, {"home": home, "lat": latitude, "lng": longitude})
    people.ensure_index({"type": "geo", "fields": ["home"], "geoJson": True})
    people.ensure_index({"type": "geo", "fields": ["lat", "lng"]})
    people.update("ann", {"nick": "a", "likes": ["red", "red", None], "pets": [{"name": "rex"}]})
    people.update("bob", {"likes": ["blue"], "pets": "rex"})
    for key, team in {"ann": "é", "bob": "e\u0301", "cid": "red"}.items():
        people.update(key, {"team": team, "rank": 1})
    people.update("dee", {"team": "red", "rank": 1})
    people.ensure_index({"type": "persistent", "fields": ["team", "rank"]})
    people.ensure_index({"type": "persistent", "fields": ["city", "age"]})
    people.ensure_index({"type": "persistent", "fields": ["nick"], "sparse": True})
    people.ensure_index({"type": "persistent", "fields": ["likes[*]"]})
    people.ensure_index({"type": "persistent", "fields": ["city", "likes[*]"]})
    people.ensure_index({"type": "persistent", "fields": ["pets[*].name"]})
    parameters = {"metric": "cosine", "dimension": 2, "nLists": 1}
    vector = {"type": "vector", "fields": ["place"], "params": parameters, "sparse": True}
    people.ensure_index(vector)
    links = {"people": {"includeAllFields": True}}
    create_view(transaction, "_system", {"name": "found", "type": "arangosearch", "links": links})
    yield transaction
    transaction.abort()


@pytest.mark.parametrize(("rule", "query", "nodes"), list(cases()))
def test_a_rule_leaves_these_nodes_and_the_same_results(
    transaction: Transaction, rule: str, query: str, nodes: list[str]
) -> None:
    needed = [f"+{name}" for name in re.findall(r"^// needs (.*)$", query, re.MULTILINE)]
    rules = ("-all", f"+{rule}", *needed)
    with undone(transaction):
        optimized = execute(transaction, query, options=QueryOptions(rules=rules))
        assert optimized.prepared is not None
        assert [type(node).__name__ for node in optimized.prepared.plan.nodes] == nodes
        assert rule in optimized.prepared.rules
    if rule == VECTOR:
        query = query.replace("APPROX_NEAR_COSINE", "COSINE_SIMILARITY")
        query = query.replace(", {nProbe: 20})", ")")
    plain = execute(transaction, query, options=QueryOptions(rules=("-all",)))
    if "SORT" in query:
        assert optimized.rows == plain.rows
    else:
        assert sorted(map(json.dumps, optimized.rows)) == sorted(map(json.dumps, plain.rows))


@contextmanager
def undone(transaction: Transaction) -> Iterator[None]:
    """Undo what a block writes, so that the next one finds the same documents."""
    with suppress(ArangoError), transaction.savepoint():
        yield
        raise ArangoError(0, "undo")


def test_every_rule_has_a_fixture() -> None:
    optional = {rule.name for rule in RULES if not rule.name.startswith("refuse-")}
    assert {file.stem for file in FIXTURES.glob("*.aql")} == optional


@pytest.mark.parametrize(
    "query",
    [
        "FOR p IN people FILTER p.age > 30 RETURN p.name",  # dropped rows would be read in vain
        "FOR p IN people RETURN [p.name, p]",
        "FOR p IN people OPTIONS {maxProjections: 1} LET a = p.a LET b = p.b RETURN [a, b]",
    ],
)
def test_whole_documents_are_kept_where_they_are_read_or_attributes_are_many(
    transaction: Transaction, query: str
) -> None:
    rules = ("-all", "+optimize-projections")
    prepared = execute(transaction, query, options=QueryOptions(rules=rules)).prepared
    assert prepared is not None
    assert prepared.rules == ()


def test_what_draws_lots_is_drawn_for_each_row(transaction: Transaction) -> None:
    rows = execute(transaction, "FOR i IN 1..9 LET x = RAND() RETURN x").rows
    assert len(set(rows)) > 1


def test_rows_can_be_put_in_random_order(transaction: Transaction) -> None:
    found = {
        execute(
            transaction,
            "FOR p IN people SORT RAND() LIMIT 1 RETURN p._key",
            options=QueryOptions(seed=seed),
        ).rows[0]
        for seed in range(60)
    }
    assert found == {"ann", "bob", "cid", "dee"}


def test_rules_can_be_switched_off(transaction: Transaction) -> None:
    query = "FOR p IN people FILTER p._key == 'ann' RETURN p.name"
    for rules, used in (((), True), (("-all",), False), (("-use-indexes",), False)):
        result = execute(transaction, query, options=QueryOptions(rules=rules))
        assert result.prepared is not None
        assert ("use-indexes" in result.prepared.rules) is used
        assert result.rows == ["Ann"]


@pytest.mark.parametrize(
    "query",
    [
        "FOR p IN people SORT APPROX_NEAR_L2(p.place, [1, 0]) LIMIT 1 RETURN p",
        "FOR p IN people SORT APPROX_NEAR_COSINE(p.place, [1, 0]) LIMIT 1 RETURN p",
        "FOR p IN people SORT APPROX_NEAR_COSINE(p.name, [1, 0]) DESC LIMIT 1 RETURN p",
        "FOR p IN people RETURN APPROX_NEAR_COSINE(p.place, [1, 0])",
    ],
)
def test_a_vector_search_without_fitting_index_is_refused(
    transaction: Transaction, query: str
) -> None:
    with pytest.raises(ArangoError) as caught:
        execute(transaction, query)
    assert caught.value.number == 1554


def test_an_index_that_must_be_used_and_cannot_is_an_error(transaction: Transaction) -> None:
    hint = "OPTIONS {indexHint: 'none', forceIndexHint: true}"
    with pytest.raises(ArangoError) as caught:
        execute(transaction, f"FOR p IN people {hint} FILTER p.city == 'Bonn' RETURN p")
    assert caught.value.number == 1577


def test_a_hint_means_nothing_where_no_index_may_be_used(transaction: Transaction) -> None:
    hint = "OPTIONS {indexHint: 'none', forceIndexHint: true, disableIndex: true}"
    query = f"FOR p IN people {hint} FILTER p.name == 'Bob' RETURN p.name"
    assert execute(transaction, query).rows == ["Bob"]


def test_the_index_with_the_fewest_documents_per_value_is_used(transaction: Transaction) -> None:
    docs = transaction.create_collection("docs", edge=True)
    for field in ("kind", "name"):
        docs.ensure_index({"type": "persistent", "fields": [field], "name": field})
    edge = {"_from": "people/ann", "_to": "people/bob"}
    docs.insert_many([{**edge, "kind": n % 2, "name": n // 3} for n in range(300)])
    used = []
    for condition in ("d.kind == 1 AND d.name == 5", "d._from == 'people/ann' AND d.kind == 1"):
        result = execute(transaction, f"FOR d IN docs FILTER {condition} RETURN d.name")
        assert result.prepared is not None
        node = result.prepared.plan.nodes[1]
        assert isinstance(node, IndexNode)
        used.append(node.fields)
    assert used == [("name",), ("kind",)]


def test_a_sparse_index_is_not_used_where_null_may_match(transaction: Transaction) -> None:
    query = "FOR p IN people FILTER p.nick == @nick RETURN p.name"
    result = execute(transaction, query, {"nick": None})
    assert sorted(result.rows) == ["Bob", "Cid", "Dee"]
