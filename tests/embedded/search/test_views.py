"""What arangosearch views hold: links, fields, nested objects; and how they follow writes."""

from collections.abc import Callable
from typing import Any

import pytest
from arango.database import StandardDatabase
from arango.exceptions import AQLQueryExecuteError

Ask = Callable[..., list[Any]]


def view(db: StandardDatabase, links: dict[str, Any], **properties: Any) -> None:
    db.create_arangosearch_view("v", {"links": links, **properties})


def found(ask: Ask, condition: str) -> str:
    return " ".join(ask(f"FOR d IN v SEARCH {condition} SORT d._key RETURN d._key"))


@pytest.fixture
def things(db):
    collection = db.create_collection("things")
    collection.insert_many(
        [
            {"_key": "a", "x": "one", "y": {"x": "two", "z": 1}, "list": ["p", "q", {"r": "s"}]},
            {"_key": "b", "x": "two", "y": {"x": "one"}, "list": [["p"]]},
            {"_key": "c", "w": 1},
        ]
    )
    return collection


def test_a_view_holds_documents_in_which_something_is_indexed(things, db, ask):
    view(db, {"things": {"fields": {"x": {}}}})
    assert ask("FOR d IN v RETURN d._key") == ["a", "b"]
    assert found(ask, "d.x != 'one'") == "b"
    assert found(ask, "d.y.x == 'one'") == ""


@pytest.mark.parametrize(
    ("link", "condition", "keys"),
    [
        ({"fields": {"y": {}}}, "d.y.x == 'one'", ""),
        ({"fields": {"y": {"includeAllFields": True}}}, "d.y.x == 'one'", "b"),
        ({"fields": {"y": {"fields": {"x": {}}}}}, "d.y.x == 'one' OR d.y.z == 1", "b"),
        ({"includeAllFields": True}, "d.y.x == 'one' OR d.y.z == 1", "a b"),
        (
            {"includeAllFields": True, "fields": {"y": {"includeAllFields": False}}},
            "d.y.z == 1",
            "",
        ),
        ({"includeAllFields": True}, "d.list == 'p'", "a b"),
        ({"includeAllFields": True}, "d.list.r == 's'", "a"),
        ({"includeAllFields": True, "trackListPositions": True}, "d.list[0] == 'p'", "a"),
        ({"includeAllFields": True, "trackListPositions": True}, "d.list[0][0] == 'p'", "b"),
        ({"includeAllFields": True, "trackListPositions": True}, "d.list == 'p'", ""),
        ({"includeAllFields": True, "trackListPositions": True}, "d.list[2].r == 's'", "a"),
        ({"includeAllFields": True}, "EXISTS(d.x)", ""),
        ({"includeAllFields": True, "storeValues": "id"}, "EXISTS(d.x)", "a b"),
        ({"fields": {"x": {"storeValues": "id"}, "w": {}}}, "EXISTS(d.x) OR EXISTS(d.w)", "a b"),
        ({"fields": {"x": {"analyzers": ["text_en"]}}}, "d.x == 'one'", ""),
        ({"analyzers": ["text_en", "identity"], "fields": {"x": {}}}, "d.x == 'one'", "a"),
        ({"includeAllFields": True, "fields": {"x": {"analyzers": []}}}, "d.x == 'one'", ""),
    ],
)
def test_links_say_what_is_indexed_and_how(things, db, ask, link, condition, keys):
    view(db, {"things": link})
    assert found(ask, condition) == keys


DIMENSIONS = [
    {
        "_key": "painting",
        "dimensions": [
            {
                "part": "frame",
                "measurements": [{"type": "height", "value": 47}, {"type": "width", "value": 72}],
                "comments": "Slightly damaged at the bottom right corner.",
            },
            {
                "part": "canvas",
                "measurements": [{"type": "height", "value": 35}, {"type": "width", "value": 60}],
            },
        ],
    },
    {"_key": "empty", "dimensions": []},
    {"_key": "frame", "dimensions": [{"part": "frame"}]},
]


WIDE = "[? FILTER CURRENT.type == 'width' AND CURRENT.value <= {}]"
CORNER = "ANALYZER(TOKENS('corner damage', 'text_en') ALL == CURRENT.comments, 'text_en')"


@pytest.mark.parametrize(
    ("operator", "keys"),
    [
        ("[? FILTER CURRENT.part == 'frame']", "frame painting"),
        ("[? ALL FILTER CURRENT.part == 'frame']", "frame"),
        ("[? NONE FILTER CURRENT.part == 'canvas']", "empty frame"),
        ("[? 2 FILTER CURRENT.part IN ['frame', 'canvas']]", "painting"),
        ("[? 1..2 FILTER CURRENT.part == 'frame']", "frame painting"),
        ("[? AT LEAST (2) FILTER CURRENT.part != 'x']", "painting"),
        (
            f"[? FILTER CURRENT.part == 'frame' AND CURRENT.measurements{WIDE.format(80)}]",
            "painting",
        ),
        (f"[? FILTER CURRENT.part == 'frame' AND CURRENT.measurements{WIDE.format(60)}]", ""),
        (f"[? FILTER {CORNER}]", "painting"),
        ("[? FILTER NOT (CURRENT.part == 'frame')]", "painting"),
        ("[? FILTER EXISTS(CURRENT.measurements, 'nested')]", "painting"),
        (".part == 'frame'", ""),
    ],
)
def test_nested_objects_satisfy_conditions_together(db, ask, operator, keys):
    db.create_collection("things").insert_many(DIMENSIONS)
    measurements: dict[str, Any] = {"nested": {"type": {}, "value": {}}}
    comments = {"analyzers": ["text_en"]}
    nested = {"measurements": measurements, "part": {}, "comments": comments}
    fields = {"_key": {}, "dimensions": {"nested": nested}}
    view(db, {"things": {"fields": fields, "storeValues": "id"}})
    assert found(ask, f"d.dimensions{operator}") == keys
    assert found(ask, "EXISTS(d.dimensions, 'nested')") == "frame painting"


def test_views_search_several_collections_or_some_of_them(things, db, ask):
    db.create_collection("more").insert({"_key": "m", "x": "two"})
    view(db, {"things": {"includeAllFields": True}, "more": {"fields": {"x": {}}}})
    assert found(ask, "d.x == 'two'") == "b m"
    only = "FOR d IN v SEARCH d.x == 'two' OPTIONS {collections: [@c]} RETURN d._key"
    assert ask(only, c="more") == ["m"]
    with pytest.raises(AQLQueryExecuteError, match="not registered") as caught:
        ask(only, c="others")
    assert caught.value.error_code == 10


@pytest.mark.parametrize(
    "options",
    [
        "{waitForSync: 1}",
        "{collections: 'things'}",
        "{conditionOptimization: 'all'}",
        "{countApproximate: 1}",
        "{parallelism: 0}",
    ],
)
def test_options_of_wrong_types_are_refused(things, db, ask, options):
    view(db, {"things": {"includeAllFields": True}})
    with pytest.raises(AQLQueryExecuteError, match="invalid ArangoSearch options") as caught:
        ask(f"FOR d IN v SEARCH true OPTIONS {options} RETURN d")
    assert caught.value.error_code == 10
    good = "{waitForSync: true, collections: null, countApproximate: 'cost', parallelism: 4}"
    assert len(ask(f"FOR d IN v SEARCH true OPTIONS {good} RETURN d")) == 3


def test_a_changed_view_needs_no_new_query(things, db, ask):
    view(db, {})
    query = "FOR d IN @@view SEARCH d.x == 'one' RETURN d._key"
    assert ask(query, **{"@view": "v"}) == []
    db.update_arangosearch_view("v", {"links": {"things": {"includeAllFields": True}}})
    assert ask(query, **{"@view": "v"}) == ["a"]


def test_a_view_without_sort_gives_its_primary_order(things, db, ask):
    order = [{"field": "x", "direction": "desc"}, {"field": "_key", "direction": "asc"}]
    view(db, {"things": {"includeAllFields": True}}, primarySort=order)
    assert ask("FOR d IN v RETURN d._key") == ["b", "a", "c"]


def test_a_view_follows_its_documents_and_its_links(things, db, ask):
    view(db, {"things": {"includeAllFields": True}})
    things.insert({"_key": "n", "x": "one"})
    things.insert_many([{"_key": f"m{i}", "x": "many"} for i in range(3)])
    things.update({"_key": "a", "x": "three"})
    things.replace({"_key": "b", "x": "one"})
    things.delete("c")
    assert found(ask, "d.x == 'one'") == "b n"
    assert found(ask, "d.x == 'many'") == "m0 m1 m2"
    assert found(ask, "d.x == 'three' AND d.y.x == 'two'") == "a"
    assert found(ask, "d.w == 1") == ""
    db.update_arangosearch_view("v", {"links": {"things": {"fields": {"w": {}}}}})
    assert found(ask, "d.x == 'one'") == ""
    things.truncate()
    assert found(ask, "true") == ""
    things.insert({"_key": "w", "w": 1})
    db.collection("things").rename("renamed")
    assert found(ask, "d.w == 1") == "w"
    db.update_arangosearch_view("v", {"links": {"renamed": None}})
    assert found(ask, "true") == ""


def test_views_come_and_go_with_their_collections(things, db, ask):
    view(db, {"things": {"includeAllFields": True}})
    assert [index["type"] for index in things.indexes()] == ["primary"]
    db.delete_collection("things")
    assert found(ask, "true") == ""
    db.delete_view("v")
    with pytest.raises(AQLQueryExecuteError) as caught:
        found(ask, "true")
    assert caught.value.error_code == 1203


def test_an_index_keeps_analyzers_that_are_gone(things, db, ask):
    db.create_analyzer("upper", "norm", {"locale": "en", "case": "upper"}, [])
    view(db, {"things": {"analyzers": ["upper"], "includeAllFields": True}})
    db.delete_analyzer("upper", force=True)
    things.insert({"_key": "d", "x": "late"})
    assert ask("FOR d IN v COLLECT WITH COUNT INTO n RETURN n") == [4]


def test_a_query_that_writes_what_it_searches_sees_the_documents_as_they_were(things, db, ask):
    view(db, {"things": {"includeAllFields": True}})
    query = "FOR d IN v SEARCH d.x IN ['one', 'two'] UPDATE d WITH {x: 'one'} IN things RETURN d.x"
    assert ask(query) == ["one", "two"]
    assert found(ask, "d.x == 'one'") == "a b"
    with pytest.raises(AQLQueryExecuteError) as caught:
        ask("INSERT {x: 1} INTO things FOR d IN v RETURN d")
    assert caught.value.error_code == 1579


def test_explain_shows_the_view_and_its_scores(things, db):
    view(db, {"things": {"includeAllFields": True}})
    plan = db.aql.explain("FOR d IN v SEARCH d.x == 'one' SORT BM25(d) DESC RETURN d")
    node = next(node for node in plan["nodes"] if node["type"] == "EnumerateViewNode")
    assert node["view"] == "v"
    assert node["condition"]["type"] == "compare =="
    assert [score["node"]["name"] for score in node["scorers"]] == ["BM25"]
    assert "handle-arangosearch-views" in plan["rules"]
