"""A whole world goes out as one file and comes back the same; a broken file changes nothing."""

from __future__ import annotations

import io
import json
import resource
from itertools import pairwise
from typing import TYPE_CHECKING, Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.services.world.worlds import World

from hades_mcp.assets import shipped
from hades_mcp.embedded import connect
from hades_mcp.embedders.hashing import HashEmbedder
from hades_mcp.errors import (
    ConfigError,
    Conflict,
    HadesError,
    InvalidArgument,
    NotFound,
    Unavailable,
)
from hades_mcp.services.layout import GRAPH, TEXTS
from hades_mcp.services.world.reading import world_pieces
from hades_mcp.services.world.service import WorldService
from hades_mcp.services.world.writing import WorldReport

if TYPE_CHECKING:
    from collections.abc import Callable

WORLD: dict[str, Any] = {
    "collections": {
        "people": [
            {"_key": "ada", "name": "Ada", "born": 1815, "height": 1.65, "tags": [None, True, {}]},
            {"_key": "ben", "name": "Bén \u2028 🐟", "empty": "", "nested": {"a": [[1.5], []]}},
        ],
        "nothing": [],
    },
    "edgeCollections": {
        "knows": [{"_key": "k", "_from": "people/ada", "_to": "people/ben", "since": 1833}]
    },
    "graphs": {"friends": [{"edge_collection": "knows", "from": ["people"], "to": ["people"]}]},
    "documents": [
        {
            "id": "manual/1",
            "title": "The manual",
            "text": "# Tea\n\nBoil water.\n\n## Milk\n\nNo.\n",
        },
        {"id": "note", "title": "", "text": "  Lions sleep at noon. \n"},
    ],
}


def test_a_world_comes_back_exactly_as_it_went_in(make: Callable[[], World]) -> None:
    first, second = make(), make()
    report = first.load(WORLD)
    assert report == WorldReport(2, 1, 2, 1, 1, 2)
    assert first.plain() == WORLD
    exported = first.dump()
    assert list(exported["collections"]["people"]) == WORLD["collections"]["people"]
    written = (first.folder / "out.json").read_bytes()
    second.load(exported)
    second.dump()
    assert (second.folder / "out.json").read_bytes() == written


def test_the_librarys_data_is_a_world(world: World) -> None:
    text = shipped("prompts").joinpath("library", "aql", "data.json").read_text(encoding="utf-8")
    world.load(text)
    assert world.dump() == {**json.loads(text), "documents": []}


def test_texts_are_found_by_search_and_graphs_can_be_walked(world: World) -> None:
    world.load(WORLD)
    hits = world.search.search("lions at noon").hits
    assert hits[0].title.strip() == "Lions sleep at noon."
    walk = "FOR v IN 1..1 OUTBOUND 'people/ada' GRAPH 'friends' RETURN v._key"
    assert list(cast("Any", world.db.aql.execute(walk))) == ["ben"]


def test_importing_twice_is_refused_and_with_replace_gives_the_same_world(world: World) -> None:
    world.load(WORLD)
    before = world.dump()
    world.db.collection("people").insert({"_key": "cleo"})
    with pytest.raises(Conflict, match="Stored already: collection 'people', collection 'knows'"):
        world.load(WORLD)
    assert world.db.collection("people").has("cleo")
    world.load(WORLD, replace=True)
    assert world.dump() == before
    changed = WORLD | {
        "graphs": {"friends": [{"edge_collection": "knows", "from": ["people"], "to": ["nothing"]}]}
    }
    with pytest.raises(Conflict, match="graph 'friends'"):
        world.load({"graphs": changed["graphs"]})
    world.load(changed, replace=True)
    assert world.plain() == changed


def test_an_import_that_was_cut_off_before_its_data_can_be_run_again(world: World) -> None:
    world.db.create_collection("people")
    world.db.create_collection("nothing")
    world.load(WORLD)
    assert world.plain() == WORLD


PERSON = {"_key": "a"}
FAULTS: list[tuple[object, str]] = [
    ("", "no JSON"),
    ("[]", "one JSON object"),
    ("{", "no JSON"),
    ('{"collections": {"a": [{"x": 1}', "no JSON"),
    ('{"collections": {"a": []}} trailing', "no JSON"),
    ('{"collections": {"a": [\udc80]}}', "no JSON"),
    ({"colections": {}}, "Did you mean 'collections'"),
    ({"collections": []}, "collections is an object of lists by name"),
    ({"collections": {"a": {}}}, r"collections\.a is a list"),
    ({"collections": {"a": [1]}}, r"collections\.a\[0\] is no object"),
    ({"collections": {"a": [PERSON, PERSON]}}, "a has the _key 'a' twice"),
    ({"collections": {"a": [{"_key": "x/y"}]}}, "_key that none may have: 'x/y'"),
    ({"collections": {"a": [{"_key": 7}]}}, "_key that none may have: 7"),
    ({"collections": {"a": [{"_id": "b/x"}]}}, "_id that does not fit: 'b/x'"),
    ({"collections": {"a": [{"_id": "a/x", "_key": "y"}]}}, "_id that does not fit"),
    ({"collections": {"documents": []}}, "has a name that HADES keeps for itself"),
    ({"collections": {"_a": []}}, "has a name that no collection may have"),
    ({"collections": {"stored?": []}}, "has a name that no collection may have"),
    ({"edgeCollections": {"stored#": []}}, "has a name that no collection may have"),
    ({"graphs": {"knowledge": []}}, "has a name that HADES keeps for itself"),
    ({"graphs": {"knowledge?": []}}, "has a name that no graph may have"),
    ('{"collections": {"a": [{"x": ' + "[" * 300 + "]" * 300 + "}]}}", "is nested too deep"),
    ({"collections": {"a": [{"_key": "x" * 999}]}}, "none may have: 'x{59}…"),
    ('{"collections": {"a": [], "a": []}}', r"collections\.a is there twice"),
    ({"collections": {"a": []}, "edgeCollections": {"a": []}}, "both a collection and an edge"),
    ({"edgeCollections": {"e": [{"_from": "a/x"}]}}, "_to that is no collection/key: None"),
    (
        {
            "collections": {"a": [PERSON]},
            "edgeCollections": {"e": [{"_from": "a/a", "_to": "a/b"}]},
        },
        r"edgeCollections\.e\[0\] leads to a/b, which is not there",
    ),
    ({"edgeCollections": {"e": [{"_from": "a/x", "_to": "a/y"}]}}, "leads to 'a', which is no"),
    (
        {"edgeCollections": {"e": [{"_from": "stored/a", "_to": "stored/b"}]}},
        r"1 fault: edgeCollections\.e\[0\] leads to stored/b, which is not there",
    ),
    ({"edgeCollections": {"stored": []}}, "is stored as a collection of type document"),
    ({"graphs": {"g": [{"edge_collection": "e"}]}}, r"graphs\.g\[0\] is not an object of"),
    (
        {"graphs": {"g": [{"edge_collection": "e", "from": [], "to": ["a"]}]}},
        "lists of names in from and to",
    ),
    (
        {"graphs": {"g": [{"edge_collection": "e", "from": ["stored"], "to": ["b"]}]}},
        r"graphs\.g has no edge collection 'e'; graphs\.g has no collection 'b'",
    ),
    ({"documents": [{"id": "a"}]}, r"documents\[0\] has no id, or no text"),
    ({"documents": [{"id": "a", "text": "x", "more": 1}]}, "not an object of id, title, text"),
    ({"documents": [{"id": 1, "text": "x"}]}, "that is no string"),
    (
        {"documents": [{"id": "a b", "text": "x"}, {"id": "a/b", "text": "y"}]},
        "'a b' and 'a/b', too alike",
    ),
]


@pytest.mark.parametrize(("broken", "message"), FAULTS, ids=range(len(FAULTS)))
def test_a_broken_file_is_refused_with_its_place_and_nothing_is_written(
    world: World, broken: object, message: str
) -> None:
    world.db.create_collection("stored")
    world.db.collection("stored").insert(PERSON)
    before = world.state()
    with pytest.raises(HadesError, match=message):
        world.load(broken)
    assert world.state() == before
    assert not list((world.folder / "temporary").iterdir())


def test_a_fault_at_the_end_of_a_good_world_keeps_all_of_it_out(world: World) -> None:
    before = world.state()
    with pytest.raises(InvalidArgument, match=r"1 fault: documents\[2\]"):
        world.load(WORLD | {"documents": [*WORLD["documents"], {"id": "x", "text": " "}]})
    assert world.state() == before


def test_what_only_the_store_can_refuse_is_taken_back_whole(world: World) -> None:
    """A unique index is broken by the last of a thousand documents."""
    world.db.create_collection("numbers")
    index = {"type": "persistent", "fields": ["n"], "unique": True}
    world.db.collection("numbers").add_index(index)
    world.db.collection("numbers").insert({"_key": "before", "n": -1})
    before = world.state()
    numbers = [{"_key": str(i), "n": min(i, 1500)} for i in range(1600)]
    with pytest.raises(HadesError, match="unique constraint violated"):
        world.load(
            WORLD | {"collections": WORLD["collections"] | {"numbers": numbers}}, replace=True
        )
    assert world.state() == before


def test_edges_that_lead_nowhere_come_in_when_asked_to(world: World) -> None:
    loose = {
        "collections": {"a": []},
        "edgeCollections": {"e": [{"_key": "k", "_from": "a/x", "_to": "gone/y"}]},
    }
    with pytest.raises(InvalidArgument, match="2 faults"):
        world.load(loose)
    world.load(loose, loose_ends=True)
    assert world.dump() == loose | {"graphs": {}, "documents": []}


def test_edges_may_lead_to_imported_texts(world: World) -> None:
    world.load({"documents": WORLD["documents"]})
    target = world.search.search("lions").hits[0].id
    edges = {"about": [{"_key": "k", "_from": "people/ada", "_to": target}]}
    world.load({"collections": WORLD["collections"], "edgeCollections": edges})
    exported = world.dump()
    assert exported["edgeCollections"] == edges
    world.load(exported, replace=True)
    assert world.dump() == exported
    assert world.search.search("lions").hits[0].id == target


def test_relations_without_keys_are_drawn_once_however_often_they_come(world: World) -> None:
    world.load({"documents": WORLD["documents"]})
    ends = [hit.id for hit in world.search.search("lions milk").hits[:2]]
    drawn = [{"_from": ends[0], "_to": ends[1], "type": "contradicts"}]
    related = {"edgeCollections": {"relations": drawn}}
    world.load(related)
    with pytest.raises(Conflict, match="Stored already: relations/"):
        world.load(related)
    world.load(related, replace=True)
    assert world.db.collection("relations").count() == 1


def test_a_disk_that_is_full_is_told_in_words_and_nothing_is_written(world: World) -> None:
    before = world.state()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    text = json.dumps({"collections": {"a": [{"x": "y" * 1000}] * 8000}})
    path = world.folder / "in.json"
    path.write_text(text)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        with pytest.raises(ConfigError, match="laid out"):
            world.service.load(path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert world.state() == before


def test_a_text_changed_since_its_import_is_exported_as_it_is_now(world: World) -> None:
    world.load(WORLD)
    world.documents.add_text("# Tea\n\nBoil less water.\n\n## Milk\n\nA little.\n", name="manual/1")
    world.documents.add_text("Added by hand.", "By hand")
    world.documents.delete("Lions sleep at noon.")
    texts = {text["id"]: text["text"] for text in world.dump()["documents"]}
    assert set(texts) == {"manual 1", "By hand"}
    assert "Boil less water." in texts["manual 1"]
    assert "## Milk\n\nA little." in texts["manual 1"]


class Gone(HashEmbedder):
    """An embedder whose model is not there."""

    def embed(self, texts: Any, *, progress: Any = None) -> Any:
        raise Unavailable("The model is not there.", hint="Get it.")


def test_without_an_embedder_texts_are_refused_before_anything_is_written(world: World) -> None:
    before = world.state()
    service = WorldService(world.db, world.documents, Gone(), world.folder)
    path = world.folder / "in.json"
    path.write_text(json.dumps(WORLD))
    with pytest.raises(Unavailable):
        service.load(path)
    assert world.state() == before
    path.write_text(json.dumps({"collections": WORLD["collections"]}))
    assert service.load(path).documents == 2


def test_an_export_holds_nothing_of_hades_own_and_overwrites_only_when_told(world: World) -> None:
    world.load(WORLD)
    exported = world.dump()
    assert GRAPH not in exported["graphs"]
    assert TEXTS not in exported["collections"]
    path = world.folder / "out.json"
    with pytest.raises(Conflict, match="--force overwrites it"):
        world.service.dump(path)
    (world.folder / "taken").mkdir()
    with pytest.raises(ConfigError, match="cannot be written"):
        world.service.dump(world.folder / "taken", force=True)
    assert not list(world.folder.glob(".taken*"))
    with pytest.raises(NotFound, match="no folder"):
        world.service.dump(world.folder / "no" / "out.json")
    with pytest.raises(NotFound, match="cannot be read"):
        world.service.load(world.folder / "no.json")


def test_a_file_may_begin_with_a_byte_order_mark_and_have_its_parts_in_any_order(
    world: World,
) -> None:
    turned = dict(reversed(WORLD.items()))
    world.load("\ufeff" + json.dumps(turned, indent=2))
    assert world.plain() == WORLD


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "b c", "ü"]), inner, max_size=3)
    ),
    max_leaves=10,
)
documents = st.lists(st.dictionaries(st.sampled_from(["x", "y z", "ß"]), values, max_size=3))


@given(documents)
def test_any_documents_are_read_as_the_json_module_reads_them(found: list[Any]) -> None:
    file = io.BytesIO(json.dumps({"collections": {"c": found}}).encode())
    _begin, *pieces = world_pieces(file)
    assert [piece.value for piece in pieces] == found
    assert all(b.position == a.position + 1 for a, b in pairwise(pieces))


@pytest.mark.slow
def test_any_world_makes_the_round_trip(tmp_path_factory: pytest.TempPathFactory) -> None:
    client = connect()
    count = 0

    @given(documents, documents, st.lists(st.text(min_size=1).filter(str.strip), max_size=2))
    def check(vertices: list[Any], edges: list[Any], texts: list[str]) -> None:
        nonlocal count
        count += 1
        client.db("_system").create_database(f"db{count}")
        world = World(client.db(f"db{count}"), tmp_path_factory.mktemp("world"))
        keyed = [document | {"_key": f"k{i}"} for i, document in enumerate(vertices)]
        ends = {"_from": "v/k0", "_to": "v/k0"}
        drawn = [edge | {"_key": f"e{i}"} | ends for i, edge in enumerate(edges) if keyed]
        given_world = {
            "collections": {"v": keyed},
            "edgeCollections": {"e": drawn},
            "graphs": {"g": [{"edge_collection": "e", "from": ["v"], "to": ["v"]}]},
            "documents": [
                {"id": f"t{i}", "title": "", "text": text}
                for i, text in enumerate(texts)
                if text.isprintable()
            ],
        }
        world.load(given_world)
        exported = world.plain()
        client.db("_system").delete_database(f"db{count}")
        assert exported == given_world

    check()
    client.close()
