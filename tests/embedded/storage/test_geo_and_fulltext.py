from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hades_mcp.embedded.storage import Collection, Engine, Index, Transaction
from hades_mcp.embedded.storage.geo_table import distance

LATITUDES = st.integers(-90, 90)
LONGITUDES = st.integers(-180, 180)
PLACES = st.lists(st.tuples(LATITUDES, LONGITUDES), max_size=25)


def _places(transaction: Transaction, places: list[tuple[int, int]]) -> tuple[Collection, Index]:
    collection = transaction.create_collection("places")
    collection.insert_many([{"_key": str(n), "at": list(at)} for n, at in enumerate(places)])
    index, _ = collection.ensure_index({"type": "geo", "fields": ["at"]})
    return collection, index


@given(PLACES, LATITUDES, LONGITUDES, st.integers(0, 30))
def test_the_nearest_are_those_that_sorting_by_distance_finds(places, latitude, longitude, limit):
    with Engine(None) as engine, engine.database("_system").transaction(write=True) as tx:
        collection, index = _places(tx, places)
        found = [far for _, far in collection.near(index, (latitude, longitude), limit=limit)]
    expected = sorted(distance(latitude, longitude, *place) for place in places)
    assert found == pytest.approx(expected[:limit])


@given(PLACES, LATITUDES, LONGITUDES, st.integers(0, 20_000_000))
def test_those_within_a_radius_are_those_that_measuring_finds(places, latitude, longitude, radius):
    with Engine(None) as engine, engine.database("_system").transaction(write=True) as tx:
        collection, index = _places(tx, places)
        found = [
            document["_key"]
            for document, _ in collection.within(index, (latitude, longitude), radius=radius)
        ]
    away = [distance(latitude, longitude, *place) for place in places]
    assert sorted(found) == sorted(str(n) for n, far in enumerate(away) if far <= radius)


def test_a_geo_index_follows_its_documents(engine):
    with engine.database("_system").transaction(write=True) as tx:
        places = tx.create_collection("places")
        index, new = places.ensure_index({"type": "geo", "fields": ["lat", "lng"]})
        assert new
        assert not places.ensure_index({"type": "geo", "fields": ["lat", "lng"]})[1]
        places.insert({"_key": "a", "lat": 1, "lng": 1})
        places.insert({"_key": "none", "lat": "x"})
        places.insert({"_key": "beyond", "lat": 91, "lng": 1})
        places.update("a", {"lat": 50})
        assert places.within(index, (1, 1), radius=1000) == []
        (found,) = places.near(index, (50, 1), limit=5)
        assert found == (places.get("a"), 0.0)
        places.remove("a")
        assert places.near(index, (50, 1), limit=5) == []
        places.insert({"_key": "a", "lat": 1, "lng": 1})
        places.truncate()
        assert places.near(index, (50, 1), limit=5) == []
        places.drop_index(index.id)


def test_geojson_puts_the_longitude_first(engine):
    with engine.database("_system").transaction(write=True) as tx:
        places = tx.create_collection("places")
        definition = {"type": "geo", "fields": ["at"], "geoJson": True}
        index, _ = places.ensure_index(definition)
        places.insert({"_key": "pair", "at": [100, 10]})
        places.insert({"_key": "point", "at": {"type": "Point", "coordinates": [100, 10]}})
        found = places.within(index, (10, 100), radius=1)
        assert sorted(document["_key"] for document, _ in found) == ["pair", "point"]


def test_a_rectangle_may_span_the_date_line(engine):
    with engine.database("_system").transaction(write=True) as tx:
        collection, index = _places(tx, [(0, 179), (0, -179), (0, 0)])
        around = collection.in_rectangle(index, south=-1, north=1, west=178, east=-178)
        assert [document["_key"] for document in around] == ["0", "1"]


@pytest.mark.parametrize(
    ("definition", "number"),
    [
        ({"type": "geo", "fields": ["a", "b", "c"]}, 10),
        ({"type": "geo", "fields": ["a", "b"], "geoJson": True}, 10),
        ({"type": "geo", "fields": ["a[*]"]}, 10),
        ({"type": "fulltext", "fields": ["a", "b"]}, 10),
        ({"type": "fulltext", "fields": ["a"], "minLength": "long"}, 10),
    ],
)
def test_an_index_that_makes_no_sense_is_refused(engine, refused, definition, number):
    with engine.database("_system").transaction(write=True) as tx, refused(number):
        tx.create_collection("things").ensure_index(definition)


TEXTS = {
    "fox": "The quick brown fox",
    "dog": "The lazy DOG, brown too",
    "umlaut": "Größe zählt",
    "list": ["quick", "thinking"],
    "object": {"a": "slow fox", "b": 7},
    "none": 12,
}


@pytest.mark.parametrize(
    ("query", "keys"),
    [
        ("brown", "dog fox"),
        ("BROWN,quick", "fox"),
        ("brown,+quick", "fox"),
        ("brown,-quick", "dog"),
        ("lazy,|quick", "dog fox list"),
        ("prefix:qui", "fox list"),
        ("prefix:thi,|complete:dog", "dog list"),
        ("complete:qui", ""),
        ("größe", "umlaut"),
        ("prefix:GRÖ", "umlaut"),
        ("slow", "object"),
        ("-quick", ""),
        ("", ""),
        (",,", ""),
    ],
)
def test_a_fulltext_query_joins_words_and_prefixes(engine, query, keys):
    with engine.database("_system").transaction(write=True) as tx:
        texts = tx.create_collection("texts")
        texts.insert_many([{"_key": key, "text": text} for key, text in TEXTS.items()])
        index, _ = texts.ensure_index({"type": "fulltext", "fields": ["text"]})
        found = texts.matching(index, query, 0)
        assert sorted(document["_key"] for document in found) == keys.split()


def test_a_fulltext_index_follows_its_documents_and_leaves_out_short_words(engine):
    with engine.database("_system").transaction(write=True) as tx:
        texts = tx.create_collection("texts")
        index, _ = texts.ensure_index({"type": "fulltext", "fields": ["t"], "minLength": 4})
        texts.insert({"_key": "a", "t": "one three"})
        assert texts.matching(index, "one", 0) == []
        assert len(texts.matching(index, "three", 0)) == 1
        texts.update("a", {"t": "seven eight"})
        assert texts.matching(index, "three", 0) == []
        texts.insert({"_key": "b", "t": "eight"})
        assert len(texts.matching(index, "eight", 1)) == 1
        texts.remove("a")
        assert [found["_key"] for found in texts.matching(index, "prefix:eig", 0)] == ["b"]


def test_only_the_index_that_is_asked_for_answers(engine, refused):
    with engine.database("_system").transaction(write=True) as tx:
        collection, index = _places(tx, [(0, 0)])
        primary = collection.indexes()[0]
        with refused(1209):
            collection.near(primary, (0, 0), limit=1)
        with refused(1209):
            collection.matching(index, "word", 0)
