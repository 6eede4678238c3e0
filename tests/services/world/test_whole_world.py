"""Everything comes back: files, relations, evidence, indexes; and search finds it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.services.world.worlds import World

from hades_mcp.embedded import connect
from hades_mcp.errors import InvalidArgument
from hades_mcp.services.graphs.service import GraphService
from hades_mcp.services.layout import (
    CHUNK_OF,
    CHUNKS,
    DOCUMENTS,
    INGESTED_EDGES,
    RELATIONS,
    SOURCES,
    TEXTS,
)
from hades_mcp.services.statements import rows
from hades_mcp.services.upkeep.fsck import FsckService
from hades_mcp.vectors.arango import ArangoVectorIndex

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

KNOWN = (DOCUMENTS, SOURCES, CHUNKS, CHUNK_OF, RELATIONS, TEXTS, *INGESTED_EDGES)
INDEXES: list[dict[str, Any]] = [
    {"type": "persistent", "fields": ["name", "born"], "unique": True, "sparse": True},
    {"type": "ttl", "fields": ["until"], "expireAfter": 60},
    {"type": "geo", "fields": ["at"], "geoJson": True},
]


def held(world: World) -> dict[str, Any]:
    """Return all that is known, and the indexes; without what differs between any two stores."""
    drop = {"_rev", "rev"}
    found = {
        name: {
            one["_key"]: _sorted({k: v for k, v in one.items() if k not in drop})
            for one in rows(world.db, "FOR d IN @@c RETURN d", {"@c": name})
        }
        for name in KNOWN
    }
    for source in found[SOURCES].values():
        if source["_key"] in found[TEXTS]:
            del source["ingested_at"]  # the text is read anew
    return found


def _sorted(one: dict[str, Any]) -> dict[str, Any]:
    """Edges are listed in no order."""
    if isinstance(one.get("edges"), dict):
        one["edges"] = {name: sorted(keys) for name, keys in one["edges"].items() if keys}
    return one


def indexes(world: World, name: str) -> list[tuple[Any, ...]]:
    found = cast("list[dict[str, Any]]", world.db.collection(name).indexes())
    names = ("type", "fields", "unique", "sparse", "expiry_time", "geo_json")
    return [tuple(index.get(one) for one in names) for index in found if index["type"] != "primary"]


@pytest.fixture
def full(make: Callable[[], World], shop: Path) -> World:
    """A world with some of everything."""
    world = make()
    (shop / "prices.csv").write_text("name,price\nTea,3\nMilk,1\n")
    (shop / "empty.py").write_text("")
    (shop / "page.html").write_text("<h1>Bees</h1><p>Honey &amp; wax</p>")
    world.documents.ingest([shop])
    world.documents.add_text("# Lions\n\nThey sleep at noon.", "Lions")
    people = world.db.create_collection("people")
    cast("Any", people).insert_many([{"_key": "ada", "name": "Ada"}, {"_key": "b", "name": "B"}])
    for index in INDEXES:
        cast("Any", people).add_index(index)
    imported = {"id": "note", "title": "Note", "text": "Tigers swim.\n"}
    world.load({"documents": [imported]})
    graphs = GraphService(world.db)
    graphs.relate("Lions", "Note", "contradicts", note="Lions do not swim")
    graphs.relate("shop.till.Till", "people/ada", "used by")
    lions = world.documents.get("Lions")["_id"]
    owns = {
        "edge_collection": "owns",
        "from_vertex_collections": ["people"],
        "to_vertex_collections": ["people", DOCUMENTS],
    }
    graph = cast("Any", world.db).create_graph("owners", edge_definitions=[owns])
    graph.edge_collection("owns").insert({"_key": "o", "_from": "people/ada", "_to": lions})
    known: dict[str, Any] = {"evidence": {"up": 3}, "check": {"query": "RETURN 1", "expected": [1]}}
    say = "FOR d IN documents FILTER d.title IN @titles UPDATE d WITH @known IN documents"
    world.db.aql.execute(say, bind_vars={"titles": ["Lions", "Note"], "known": known})
    return world


def test_an_empty_store_is_the_same_world_after_an_import(
    full: World, make: Callable[[], World]
) -> None:
    other = make()
    other.load(full.dump())
    assert held(other) == held(full)
    assert indexes(other, "people") == indexes(full, "people")
    first = (full.folder / "out.json").read_bytes()
    assert other.dump()
    assert (other.folder / "out.json").read_bytes() == first
    assert FsckService(other.db, other.embedder, ArangoVectorIndex(other.db)).check() == []


def test_what_came_back_is_found_walked_and_taken_for_known(
    full: World, make: Callable[[], World], shop: Path
) -> None:
    other = make()
    other.load(full.dump())
    for query in ("closed all day", "lions sleep at noon", "tigers", "honey wax", "change coins"):
        assert [h.id for h in other.search.search(query).hits] == [
            h.id for h in full.search.search(query).hits
        ]
    graphs = GraphService(other.db)
    walked = graphs.traverse("Lions", edges=[RELATIONS])
    assert [node.title for node in walked.nodes] == ["Note"]
    # nothing is read again that has not changed
    other.embedder.asked.clear()
    report = other.documents.ingest([shop])
    assert (report.added, report.updated) == (0, 0)
    assert other.embedder.asked == []


def test_importing_again_with_replace_mends_what_was_changed_and_keeps_the_rest(
    full: World,
) -> None:
    exported, before = full.dump(), held(full)
    full.documents.add_text("# Lions\n\nThey hunt at night.", "Lions")
    full.db.aql.execute("FOR e IN relations REMOVE e IN relations")
    full.load(exported, replace=True)
    after = held(full)
    assert after == before
    assert "at noon" in full.search.search("lions sleep").hits[0].snippet


def test_what_a_killed_import_left_is_swept_by_the_next(make: Callable[[], World]) -> None:
    world = make()
    folder = world.folder / "temporary"
    for name in ("import-999999999.abcd-x", "other"):
        (folder / name).mkdir(parents=True)
        (folder / name / "world.sqlite").write_text("")
    world.load({"documents": []})
    assert [left.name for left in folder.iterdir()] == ["other"]


def text_of(world: dict[str, Any], title: str) -> dict[str, Any]:
    return next(text for text in world["documents"] if text["title"] == title)


def test_a_text_edited_in_the_file_is_read_anew_without_what_hades_knew_of_it(
    full: World, make: Callable[[], World]
) -> None:
    exported = full.dump()
    lions = text_of(exported, "Lions")
    lions["text"] = lions["text"].replace("sleep", "dance")
    other = make()
    with pytest.raises(InvalidArgument, match="was edited: leave out its 'hades'"):
        other.load(exported)
    assert held(other) == held(make())
    del lions["hades"]
    other.load(exported)
    assert "dance" in other.search.search("lions dance").hits[0].snippet


def broken(exported: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {"documents": [text_of(exported, "Lions") | {"hades": changes}]}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"more": 1}, "has a 'hades' that is none"),
        ({"evidence": {"Lions": 1}}, "evidence that are no objects"),
        ({"parts": []}, "with parts, but without"),
        ({"all": {"parts": []}}, "no parts, or two of one name"),
        ({"all": {"parts": [1]}}, "a part 0 that is no object of at, kind, title"),
        ({"part": {"at": [0, 9999]}}, "a part 0 that is not in its text"),
        ({"part": {"title": 1}}, "a part 0 that is no object"),
        ({"all": {"edges": {"hates": []}}}, "has edges 'hates'; known are contains"),
        ({"all": {"edges": {"links": [["a/b", "c"]]}}}, "has 'links' that are no pairs of keys"),
    ],
)
def test_what_hades_wrote_is_checked_like_all_the_rest(
    full: World, make: Callable[[], World], changes: dict[str, Any], said: str
) -> None:
    exported, other = full.dump(), make()
    ours = text_of(exported, "Lions")["hades"]
    if "part" in changes:
        changes = {"all": {"parts": [ours["parts"][0] | changes["part"]]}}
    before = other.state()
    with pytest.raises(InvalidArgument, match=said):
        other.load(broken(exported, **(ours | changes["all"] if "all" in changes else changes)))
    assert other.state() == before


@pytest.mark.parametrize(
    ("world", "said"),
    [
        ({"indexes": {"no": []}}, "indexes.no is of no collection"),
        ({"indexes": {"documents": []}}, "indexes.documents is of no collection"),
        ({"collections": {"a": []}, "indexes": {"a": [{"type": "vector"}]}}, r"a\[0\] is no index"),
        (
            {"collections": {"a": []}, "indexes": {"a": [{"type": "ttl", "fields": []}]}},
            "lists no names",
        ),
        (
            {
                "collections": {"a": []},
                "indexes": {"a": [{"type": "ttl", "fields": ["x"], "unique": 1}]},
            },
            "has 'unique', which no index has, or not as 1",
        ),
        (
            {"edgeCollections": {RELATIONS: [{"_from": "documents/x", "_to": "documents/y"}]}},
            r"relations\[0\] leads to documents/x, which is not there; .*documents/y",
        ),
    ],
)
def test_indexes_and_relations_are_checked_before_anything_is_written(
    make: Callable[[], World], world: dict[str, Any], said: str
) -> None:
    other = make()
    before = other.state()
    with pytest.raises(InvalidArgument, match=said):
        other.load(world)
    assert other.state() == before


def test_a_unique_index_of_the_file_holds_for_its_documents(make: Callable[[], World]) -> None:
    other = make()
    before = other.state()
    twins = {
        "collections": {"a": [{"_key": "x", "n": 1}, {"_key": "y", "n": 1}]},
        "indexes": {"a": [{"type": "persistent", "fields": ["n"], "unique": True}]},
    }
    with pytest.raises(Exception, match="unique constraint violated"):
        other.load(twins)
    assert other.state() == before


words = st.text("ab #\n*`é🐟", min_size=1, max_size=40).filter(str.strip)


@pytest.mark.slow
def test_any_ingested_files_make_the_round_trip(tmp_path_factory: pytest.TempPathFactory) -> None:
    client = connect()
    count = 0

    @given(
        st.dictionaries(
            st.sampled_from(["a.md", "b.txt", "c/d.md", "e.csv", "f.html"]), words, max_size=4
        ),
        st.lists(words, max_size=2),
    )
    def check(files: dict[str, str], texts: list[str]) -> None:
        nonlocal count
        count += 1
        folder = tmp_path_factory.mktemp("files")
        worlds = []
        for side in "ab":
            client.db("_system").create_database(f"{side}{count}")
            worlds.append(World(client.db(f"{side}{count}"), folder))
        first, second = worlds
        for name, text in files.items():
            path = folder / "in" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        if files:
            first.documents.ingest([folder / "in"])
        for position, text in enumerate(texts):
            first.documents.add_text(text, name=f"t{position}")
        second.load(first.dump())
        assert held(second) == held(first)
        for side in "ab":
            client.db("_system").delete_database(f"{side}{count}")

    check()
    client.close()
