"""Documents and edges: written and read back as ArangoDB would."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.storage import records

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from hades_mcp.embedded.storage import Collection, Database, Transaction

    Refused = Callable[..., AbstractContextManager[None]]


@pytest.fixture
def tx(database: Database) -> Iterator[Transaction]:
    with database.transaction(write=True) as transaction:
        yield transaction


@pytest.fixture
def things(tx: Transaction) -> Collection:
    return tx.create_collection("things")


@pytest.fixture
def links(tx: Transaction) -> Collection:
    return tx.create_collection("links", edge=True)


def test_a_document_comes_back_with_its_system_attributes_first(things: Collection) -> None:
    written = things.insert({"b": 1, "_key": "k", "a": {"_id": "mine"}})
    document = things.get("k")
    assert document == written.new
    assert document is not None
    assert list(document) == ["_key", "_id", "_rev", "b", "a"]
    assert document["_id"] == "things/k"
    assert document["a"] == {"_id": "mine"}
    assert written.old is None


def test_an_edge_comes_back_with_its_ends_before_its_revision(links: Collection) -> None:
    links.insert({"w": 1, "_to": "things/b", "_from": "things/a", "_key": "e"})
    # the order of attributes in ArangoDB 3.12.10's own dumps
    assert list(links.get("e") or ()) == ["_key", "_id", "_from", "_to", "_rev", "w"]


def test_ids_and_revisions_a_user_sends_are_ignored(things: Collection) -> None:
    written = things.insert({"_key": "k", "_id": "other/x", "_rev": "old", "_from": "a", "_to": 1})
    assert written.new is not None
    assert written.new["_id"] == "things/k"
    assert written.new["_rev"] != "old"
    assert set(written.new) == {"_key", "_id", "_rev"}
    updated = things.update("k", {"_key": "j", "_id": "x/y", "_rev": "z", "a": 1}).new
    assert updated == {**written.new, "_rev": updated and updated["_rev"], "a": 1}


def test_every_write_changes_the_revision(things: Collection) -> None:
    seen = [things.insert({"_key": "k"}).new]
    seen += [things.update("k", {"n": 1}).new for _ in range(50)]
    seen += [things.replace("k", {}).new for _ in range(50)]
    revisions = [document["_rev"] for document in seen if document]
    assert len(set(revisions)) == 101


def test_an_update_without_attributes_writes_nothing(things: Collection) -> None:
    stored = things.insert({"_key": "k", "n": 1}).new
    written = things.update("k", {"_key": "k"})
    assert (written.old, written.new, things.get("k")) == (stored, stored, stored)


def test_unknown_and_missing_documents(things: Collection, refused: Refused) -> None:
    assert things.get("nobody") is None
    attempts: list[Callable[[], object]] = [
        lambda: things.update("nobody", {}),
        lambda: things.replace("nobody", {}),
        lambda: things.remove("nobody"),
    ]
    for attempt in attempts:
        with refused(1202, "document not found"):
            attempt()


@pytest.mark.parametrize("value", [None, 1, "text", [], [{}]])
def test_only_objects_are_documents(things: Collection, value: Any, refused: Refused) -> None:
    with refused(1227):
        things.insert(value)
    assert isinstance(things.insert_many([value])[0], ArangoError)


def test_a_taken_key_is_refused_in_arangodbs_words(things: Collection, refused: Refused) -> None:
    things.insert({"_key": "abc"})
    with refused(
        1210,
        "^unique constraint violated - in index primary of type primary over '_key';"
        " conflicting key: abc$",
    ):
        things.insert({"_key": "abc"})
    assert things.count() == 1


def test_overwrite_modes_do_what_they_say(things: Collection) -> None:
    first = things.insert({"_key": "k", "a": 1, "n": {"x": 1, "y": None}}).new
    ignored = things.insert({"_key": "k", "a": 2}, overwrite_mode="ignore")
    assert (ignored.old, ignored.new, ignored.operation) == (first, first, "ignore")
    updated = things.insert(
        {"_key": "k", "n": {"x": None, "z": 3}}, overwrite_mode="update", keep_null=False
    )
    assert updated.old == first
    assert updated.new is not None
    assert (updated.new["a"], updated.new["n"]) == (1, {"y": None, "z": 3})
    replaced = things.insert({"_key": "k", "b": 1}, overwrite_mode="replace")
    assert replaced.old == updated.new
    assert set(replaced.new or ()) == {"_key", "_id", "_rev", "b"}
    fresh = things.insert({"_key": "new"}, overwrite_mode="replace")
    assert (fresh.old, fresh.operation) == (None, "insert")
    assert things.count() == 2


@pytest.mark.parametrize(
    ("old", "patch", "options", "expected"),
    [
        ({"a": 1, "b": 2}, {"b": 3, "c": 4}, {}, {"a": 1, "b": 3, "c": 4}),
        ({"n": {"x": 1}}, {"n": {"y": 2}}, {}, {"n": {"x": 1, "y": 2}}),
        ({"n": {"x": 1}}, {"n": {"y": 2}}, {"merge_objects": False}, {"n": {"y": 2}}),
        ({"n": {"m": {"x": 1}}}, {"n": {"m": {"y": 2}}}, {}, {"n": {"m": {"x": 1, "y": 2}}}),
        ({"a": 1}, {"a": None, "b": None}, {}, {"a": None, "b": None}),
        ({"a": 1}, {"a": None, "b": None}, {"keep_null": False}, {}),
        ({"n": {"x": 1, "y": 1}}, {"n": {"x": None}}, {"keep_null": False}, {"n": {"y": 1}}),
        ({}, {"n": {"x": None, "y": 1}}, {"keep_null": False}, {"n": {"y": 1}}),
        ({"a": None}, {"b": 1}, {"keep_null": False}, {"a": None, "b": 1}),
        ({"l": [1, 2]}, {"l": [None]}, {"keep_null": False}, {"l": [None]}),
        ({"n": {"x": 1}}, {"n": 7}, {}, {"n": 7}),
        ({"n": 7}, {"n": {"x": 1}}, {}, {"n": {"x": 1}}),
    ],
)
def test_update_merges_as_documented(
    things: Collection, old: Any, patch: Any, options: Any, expected: Any
) -> None:
    before = things.insert({"_key": "k", **old}).new
    written = things.update("k", patch, **options)
    assert written.old == before
    stored = things.get("k")
    assert stored == written.new
    assert stored is not None
    assert {name: stored[name] for name in stored if name[0] != "_"} == expected


def test_a_write_that_expects_another_revision_is_a_conflict(
    things: Collection, refused: Refused
) -> None:
    old = (things.insert({"_key": "k"}).new or {})["_rev"]
    new = (things.update("k", {"a": 1}, expect_rev=old).new or {})["_rev"]
    attempts: list[Callable[[], object]] = [
        lambda: things.update("k", {}, expect_rev=old),
        lambda: things.replace("k", {}, expect_rev=old),
        lambda: things.remove("k", expect_rev=old),
    ]
    for attempt in attempts:
        with refused(1200, "^conflict, _rev values do not match$"):
            attempt()
    removed = things.remove("k", expect_rev=new)
    assert removed.new is None
    assert (removed.old or {})["a"] == 1
    assert things.count() == 0


@pytest.mark.parametrize(
    "ends",
    [
        {},
        {"_from": "a/b"},
        {"_from": "a/b", "_to": "c"},
        {"_from": "a/b", "_to": "c/"},
        {"_from": "a/b", "_to": "/d"},
        {"_from": "a/b", "_to": "c/d/e"},
        {"_from": "a/b", "_to": "c/d e"},
        {"_from": 1, "_to": "c/d"},
        {"_from": None, "_to": "c/d"},
    ],
)
def test_an_edge_without_two_proper_ends_is_refused(
    links: Collection, ends: Any, refused: Refused
) -> None:
    with refused(1233, "expecting both `_from` and `_to`"):
        links.insert(ends)
    links.insert({"_key": "e", "_from": "a/b", "_to": "c/d"})
    with refused(1233):
        links.replace("e", ends)
    assert [type(result) for result in links.insert_many([ends])] == [ArangoError]
    assert links.count() == 1


def test_an_edge_can_be_moved_and_is_found_at_its_new_ends_only(
    links: Collection, refused: Refused
) -> None:
    links.insert({"_key": "e", "_from": "a/1", "_to": "a/2"})
    links.update("e", {"_to": "a/3"})
    assert list(links.edges(["a/2"], "inbound")) == []
    assert [edge["_key"] for edge in links.edges(["a/3"], "inbound")] == ["e"]
    with refused(1233):
        links.update("e", {"_to": None}, keep_null=False)


def test_edges_of_a_frontier_are_found_by_direction_and_each_once(links: Collection) -> None:
    pairs = [("a", "b"), ("b", "a"), ("a", "a"), ("b", "c"), ("c", "d"), ("x", "y")]
    for start, end in pairs:
        links.insert({"_key": start + end, "_from": f"v/{start}", "_to": f"v/{end}"})

    def found(vertices: list[str], direction: str) -> list[str]:
        return [edge["_key"] for edge in links.edges([f"v/{v}" for v in vertices], direction)]

    assert found(["a"], "outbound") == ["ab", "aa"]
    assert found(["a"], "inbound") == ["ba", "aa"]
    assert sorted(found(["a"], "any")) == ["aa", "ab", "ba"]
    assert sorted(found(["a", "b"], "any")) == ["aa", "ab", "ba", "bc"]
    assert sorted(found(["a", "c", "zz"], "outbound")) == ["aa", "ab", "cd"]
    assert found([], "any") == []


def test_a_document_collection_has_no_edges(things: Collection, refused: Refused) -> None:
    with refused(1218):
        things.edges(["a/b"], "any")


def test_scan_follows_insertion_and_get_many_skips_what_is_missing(things: Collection) -> None:
    things.insert_many([{"_key": key} for key in ("c", "a", "b")])
    things.update("c", {"x": 1})
    assert [thing["_key"] for thing in things.scan()] == ["c", "a", "b"]
    assert set(things.get_many(["a", "nobody", "c"])) == {"a", "c"}
    assert things.get_many([]) == {}


def test_random_returns_some_document_or_none(things: Collection) -> None:
    assert things.random() is None
    things.insert_many([{"_key": str(n)} for n in range(50)])
    for n in range(49):
        things.remove(str(n))  # what is left is hard to hit
    assert (things.random() or {})["_key"] == "49"


def test_insert_many_answers_each_document_as_insert_would(things: Collection) -> None:
    things.insert({"_key": "taken"})
    results = things.insert_many(
        [{"_key": "a"}, {"_key": "taken"}, {"_key": "a"}, {"_key": "no good"}, {"x": 1}, 5]  # type: ignore[list-item]
    )
    numbers = [result.number if isinstance(result, ArangoError) else 0 for result in results]
    assert numbers == [0, 1210, 1210, 1221, 0, 1227]
    assert things.count() == 3
    assert len(list(things.scan())) == 3


def test_truncate_leaves_an_empty_collection_that_works_on(things: Collection) -> None:
    index, _ = things.ensure_index({"type": "persistent", "fields": ["a"], "unique": True})
    things.insert_many([{"a": n} for n in range(10)])
    things.truncate()
    assert (things.count(), list(things.scan()), list(things.lookup(index, None, None))) == (
        0,
        [],
        [],
    )
    things.insert({"a": 1})
    assert things.count() == 1


@pytest.mark.parametrize("value", [2**64, -(2**63) - 1, {1: 2}, {"a": object()}, "\ud800"])
def test_what_json_cannot_hold_is_refused_and_not_half_stored(
    things: Collection, value: Any, refused: Refused
) -> None:
    with refused(10, "JSON"):
        things.insert({"_key": "k", "value": value})
    assert things.get("k") is None
    assert things.count() == 0


def test_renaming_a_collection_renames_its_documents_ids(
    tx: Transaction, things: Collection, refused: Refused
) -> None:
    things.insert_many([{"_key": "a", "_": "x"}, {"_key": "long-key'$%", "ü": "ÿ", "b": []}])
    renamed = tx.rename_collection("things", "stücke\"'")
    assert renamed is things
    assert renamed.name == "stücke\"'"
    assert [(d["_id"], list(d)[3:]) for d in renamed.scan()] == [
        ("stücke\"'/a", ["_"]),
        ("stücke\"'/long-key'$%", ["ü", "b"]),
    ]
    assert (renamed.insert({"_key": "n"}).new or {})["_id"] == "stücke\"'/n"
    tx.rename_collection("stücke\"'", "things")
    assert [d["_id"] for d in things.scan()] == ["things/a", "things/long-key'$%", "things/n"]
    with refused(1203, "collection or view not found: nobody"):
        tx.rename_collection("nobody", "x")
    tx.create_collection("taken")
    with refused(1207):
        tx.rename_collection("things", "taken")
    with refused(1208):
        tx.rename_collection("things", "_system_like")


def test_collections_are_made_listed_and_dropped(tx: Transaction, refused: Refused) -> None:
    made = tx.create_collection(
        "links",
        edge=True,
        key_options={"type": "uuid", "allowUserKeys": False},
        schema={"rule": {}},
        properties={"waitForSync": True},
    )
    info = next(info for info in tx.collections() if info.name == "links")
    assert info.id == made.id
    assert info.is_edge
    assert info.key_options == {"allowUserKeys": False, "type": "uuid"}
    assert (info.schema or {})["rule"] == {}
    assert info.properties == {"waitForSync": True}
    assert [index.type for index in info.indexes] == ["primary", "edge"]
    changed = tx.change_properties("links", schema=None, waitForSync=False, cacheEnabled=True)
    assert changed.info.schema is None
    assert changed.info.properties == {"waitForSync": False, "cacheEnabled": True}
    tx.drop_collection("links")
    for attempt in (lambda: tx.collection("links"), lambda: tx.drop_collection("links")):
        with refused(1203, "collection or view not found: links"):
            attempt()
    with refused(11):
        tx.drop_collection("_graphs")


@pytest.mark.parametrize("name", ["", "1a", "a/b", "_", "_ü", "a" * 257, " a", "e\u0301", 5, None])
def test_illegal_collection_names_are_refused(tx: Transaction, name: Any, refused: Refused) -> None:
    with refused(1208, "illegal name"):
        tx.create_collection(name)


def test_a_document_too_large_is_refused_alone(
    database: Database, refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "LARGEST", 1000)
    with database.transaction(write=True) as tx:
        things = tx.create_collection("things")
        with refused(1216, "at most 1000"):
            things.insert({"text": "x" * 1000})
        things.insert({"_key": "a", "text": "x" * 500})
        with refused(1216):
            things.update("a", {"more": "ä" * 300})
        results = things.insert_many([{"text": "x" * 1000}, {"text": "y"}])
        assert [isinstance(result, ArangoError) for result in results] == [True, False]
    with database.transaction() as tx:
        assert tx.collection("things").count() == 2
