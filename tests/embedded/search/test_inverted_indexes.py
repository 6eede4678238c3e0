"""Inverted indexes: FILTER that names one, and search-alias views over several."""

from collections.abc import Callable
from typing import Any

import pytest
from arango.exceptions import AQLQueryExecuteError, DocumentInsertError

Ask = Callable[..., list[Any]]

WORDS = {"locale": "en", "stopwords": [], "stemming": False}


@pytest.fixture
def shop(db):
    """Things with texts, numbers and lists, in an inverted index."""
    db.create_analyzer("words", "text", WORDS, ["frequency", "norm", "position"])
    things = db.create_collection("things")
    things.insert_many(
        [
            {"_key": "lamp", "text": "a red lamp", "n": 3, "sub": {"size": 1}, "tags": ["x"]},
            {"_key": "chair", "text": "a blue chair", "n": 5, "tags": ["x", "y"]},
            {"_key": "table", "text": "a red and blue table", "n": "many", "title": None},
            {"_key": "nothing", "parts": [{"name": "leg", "n": 4}, {"name": "arm", "n": 2}]},
        ]
    )
    fields = [
        {"name": "text", "analyzer": "words"},
        "n",
        "title",
        "sub.size",
        "tags[*]",
        {"name": "parts", "nested": ["name", "n"]},
    ]
    things.add_index({"type": "inverted", "name": "inv", "fields": fields})
    return things


def filtered(ask: Ask, condition: str) -> str:
    query = (
        "FOR d IN things OPTIONS {indexHint: 'inv', forceIndexHint: true}"
        f" FILTER {condition} SORT d._key RETURN d._key"
    )
    return " ".join(ask(query))


@pytest.mark.parametrize(
    ("condition", "keys"),
    [
        ("d.text == 'red'", "lamp table"),
        ("d.text IN ['red', 'blue']", "chair lamp table"),
        ("PHRASE(d.text, ['red', 1, 'blue'])", "table"),
        ("STARTS_WITH(d.text, 'bl')", "chair table"),
        ("d.text LIKE 'l%p'", "lamp"),
        ("LEVENSHTEIN_MATCH(d.text, 'lmap', 1)", "lamp"),
        ("TOKENS('red blue', 'words') ALL == d.text", "table"),
        ("d.n == 3", "lamp"),
        ("d.n > 3", "chair table"),
        ("d.n < 5", "lamp nothing"),
        ("d.n == null", "nothing"),
        ("d.n != null AND d.n NOT IN [3]", "chair table"),
        ("d.title == null", "chair lamp nothing table"),
        ("IN_RANGE(d.n, 3, 5, true, false)", "lamp"),
        ("d.sub.size == 1 OR d.n == 5", "chair lamp"),
        ("'y' IN d.tags[*]", "chair"),
        ("d.tags[*] == 'x'", "chair lamp"),
        ("EXISTS(d.sub.size)", "chair lamp nothing table"),
        ("EXISTS(d.parts, 'nested')", "nothing"),
        ("d.parts[? FILTER CURRENT.name == 'leg' AND CURRENT.n > 3]", "nothing"),
        ("d.parts[? FILTER CURRENT.name == 'leg' AND CURRENT.n < 3]", ""),
        ("MIN_MATCH(d.text == 'red', d.text == 'blue', d.n == 3, 2)", "lamp table"),
        ("NOT (d.text == 'red')", "chair nothing"),
    ],
)
def test_filter_by_an_inverted_index(shop, ask, condition, keys):
    assert filtered(ask, condition) == keys


@pytest.mark.parametrize(
    "condition",
    [
        "d.other == 1",
        "d.n + 1 == 2",
        "ANALYZER(d.text == 'red', 'words')",
        "BOOST(d.text == 'red', 2)",
        "d.text == 'red' AND LENGTH(d.tags) > 1",
        "d.text == d.n",
    ],
)
def test_what_the_index_cannot_answer_alone_is_refused_where_it_is_forced(shop, ask, condition):
    with pytest.raises(AQLQueryExecuteError, match="index hint") as caught:
        filtered(ask, condition)
    assert caught.value.error_code == 1577


def test_an_inverted_index_is_used_only_where_it_is_named(shop, db, ask):
    assert ask("FOR d IN things FILTER d.text == 'red' RETURN d._key") == []
    query = "FOR d IN things OPTIONS {indexHint: 'inv'} FILTER d.text == 'red' RETURN d"
    nodes = db.aql.explain(query)["nodes"]
    assert [node["type"] for node in nodes] == ["SingletonNode", "IndexNode", "ReturnNode"]
    assert nodes[1]["indexes"][0]["name"] == "inv"


def test_the_index_follows_every_write(shop, db, ask):
    shop.insert({"_key": "bed", "text": "a red bed"})
    shop.update({"_key": "lamp", "text": "a green lamp"})
    shop.delete("table")
    assert filtered(ask, "d.text == 'red'") == "bed"
    shop.replace({"_key": "bed", "n": 3})
    assert filtered(ask, "d.n == 3") == "bed lamp"
    shop.truncate()
    assert filtered(ask, "d.n == null") == ""


def test_a_search_alias_view_searches_its_indexes_and_knows_their_analyzers(shop, db, ask):
    other = db.create_collection("other")
    other.insert({"_key": "pen", "text": "a red pen"})
    fields = [{"name": "text", "analyzer": "words"}]
    other.add_index({"type": "inverted", "name": "inv", "fields": fields})
    members = [{"collection": name, "index": "inv"} for name in ("things", "other")]
    db.create_view("alias", "search-alias", {"indexes": members})
    query = "FOR d IN alias SEARCH d.text == 'red' SORT BM25(d) DESC RETURN d._key"
    assert ask(query) == ["pen", "lamp", "table"]
    assert ask("FOR d IN alias COLLECT WITH COUNT INTO n RETURN n") == [5]
    assert ask("FOR d IN alias SEARCH d.text IN ['red', 'blue'] AND d.n > 3 RETURN d._key") == [
        "chair"
    ]
    one = "FOR d IN alias SEARCH true OPTIONS {collections: ['other']} RETURN d._key"
    assert ask(one) == ["pen"]
    other.delete_index("inv")
    assert ask(query) == ["lamp", "table"]


def test_a_search_alias_view_gives_the_order_of_its_indexes(db, ask):
    things = db.create_collection("things")
    things.insert_many([{"n": n} for n in (2, 3, 1)])
    order = {"fields": [{"field": "n", "direction": "desc"}]}
    things.add_index({"type": "inverted", "name": "inv", "fields": ["n"], "primarySort": order})
    db.create_view("v", "search-alias", {"indexes": [{"collection": "things", "index": "inv"}]})
    assert ask("FOR d IN v RETURN d.n") == [3, 2, 1]


def test_fields_that_are_not_named_are_indexed_for_views_only(db, ask):
    things = db.create_collection("things")
    things.insert({"_key": "a", "list": ["x", "y"], "sub": {"deep": 1}})
    options = {"includeAllFields": True, "searchField": True}
    things.add_index({"type": "inverted", "name": "inv", **options})
    db.create_view("v", "search-alias", {"indexes": [{"collection": "things", "index": "inv"}]})
    assert ask("FOR d IN v SEARCH d.list == 'y' AND d.sub.deep == 1 RETURN d._key") == ["a"]
    with pytest.raises(AQLQueryExecuteError, match="index hint"):
        filtered(ask, "d.sub.deep == 1")


def test_an_expanded_field_takes_members_of_arrays_and_nothing_else(db, ask):
    things = db.create_collection("things")
    lists: list[object] = [["x", ["y"], None], "x", [{"name": "x"}, {}], {"name": "x"}]
    things.insert_many([{"_key": str(at), "a": held, "b": held} for at, held in enumerate(lists)])
    things.add_index({"type": "inverted", "name": "inv", "fields": ["a[*]", "b[*].name"]})
    assert filtered(ask, "'x' IN d.a[*]") == "0"
    assert filtered(ask, "'y' IN d.a[*]") == ""
    assert filtered(ask, "d.a[*] == null") == "0"
    assert filtered(ask, "d.b[*].name == 'x'") == "2"
    assert filtered(ask, "d.b[*].name == null") == "2"


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"n": [1]}, "does not accepts arrays"),
        ({"n": {"a": 1}}, "does not support indexing objects"),
        ({"sub": [{"size": 1}]}, "does not accepts arrays"),
    ],
)
def test_what_a_field_cannot_take_apart_is_refused_with_error_9(shop, ask, document, message):
    with pytest.raises(DocumentInsertError, match=message) as caught:
        shop.insert(document)
    assert caught.value.error_code == 9
    assert filtered(ask, "d.n == null") == "nothing"


def test_search_fields_take_anything_apart(db, ask):
    things = db.create_collection("things")
    fields = [{"name": "a", "searchField": True}, {"name": "b", "includeAllFields": True}]
    things.add_index({"type": "inverted", "name": "inv", "fields": fields})
    db.create_view("v", "search-alias", {"indexes": [{"collection": "things", "index": "inv"}]})
    things.insert_many([{"_key": "0", "a": [1, [2]], "b": {"c": 3}}, {"_key": "1", "a": {"b": 1}}])
    assert ask("FOR d IN v SEARCH d.a == 2 AND d.b.c == 3 RETURN d._key") == ["0"]
