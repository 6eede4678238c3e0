"""Analyzers that need more than terms: wildcard, geo, aql, collation and minhash."""

import json
import random
from collections.abc import Callable
from typing import Any

import pytest
from arango.database import StandardDatabase

Ask = Callable[..., list[Any]]
SQUARE = {"type": "Polygon", "coordinates": [[[6, 50], [8, 50], [8, 52], [6, 52], [6, 50]]]}
NEAR = {"type": "Point", "coordinates": [6.937, 50.932]}


def view(db: StandardDatabase, attribute: str, *analyzers: str) -> None:
    fields = {attribute: {"analyzers": list(analyzers)}}
    db.create_arangosearch_view("v", {"links": {"c": {"fields": fields}}})


def keys(ask: Ask, condition: str) -> str:
    return " ".join(ask(f"FOR d IN v SEARCH {condition} SORT d._key RETURN d._key"))


@pytest.mark.parametrize("features", [[], ["frequency", "position"]])
@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("%fox%", "fox foxes"),
        ("the %", "fox foxes"),
        ("%es", "foxes"),
        ("the fox", "fox"),
        ("the _ox", "fox"),
        ("%t%e%f%", "fox foxes"),
        ("%o_e%", "foxes"),
        ("%", "dog fox foxes percent"),
        ("%xof%", ""),
        ("100\\\\%", "percent"),
        ("%dog", "dog"),
    ],
)
def test_patterns_are_compared_with_whole_texts(db, ask, features, pattern, found):
    lower = {"type": "norm", "properties": {"locale": "en", "case": "lower"}}
    db.create_analyzer("grams", "wildcard", {"ngramSize": 3, "analyzer": lower}, features)
    texts = {"fox": "The Fox", "foxes": "the foxes", "dog": ["a cat", "A DOG"], "percent": "100%"}
    db.create_collection("c").insert_many([{"_key": k, "t": t} for k, t in texts.items()])
    view(db, "t", "grams")
    assert keys(ask, f"ANALYZER(d.t LIKE '{pattern}', 'grams')") == found


@pytest.fixture
def places(db):
    db.create_collection("c").insert_many(
        [
            {"_key": "area", "at": SQUARE},
            {"_key": "near", "at": NEAR},
            {"_key": "pair", "at": [6.956, 50.941]},
            {"_key": "far", "at": {"type": "Point", "coordinates": [20, 10]}},
            {"_key": "none", "at": "nowhere"},
        ]
    )


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("GEO_DISTANCE(d.at, @p) < 2000", "near pair"),
        ("GEO_DISTANCE(@p, d.at) > 2000", "area far"),
        ("1500 < GEO_DISTANCE(d.at, @p) AND GEO_DISTANCE(d.at, @p) < 2000", "pair"),
        ("GEO_IN_RANGE(d.at, @p, 0, 1500)", "near"),
        ("GEO_IN_RANGE(@p, d.at, 0, 0, false, false)", ""),
        ("GEO_CONTAINS(@square, d.at)", "area near pair"),
        ("GEO_CONTAINS(d.at, @p)", "area"),
        ("GEO_INTERSECTS(d.at, @p)", "area"),
        ("NOT (GEO_INTERSECTS(d.at, @square))", "far"),
    ],
)
def test_shapes_are_found_by_where_they_are(places, db, ask, condition, found):
    db.create_analyzer("shapes", "geojson", {}, [])
    view(db, "at", "shapes")
    binds = {"p": [6.93, 50.94], "square": SQUARE}
    used = {name: value for name, value in binds.items() if f"@{name}" in condition}
    query = f"FOR d IN v SEARCH ANALYZER({condition}, 'shapes') SORT d._key RETURN d._key"
    assert " ".join(ask(query, **used)) == found


@pytest.mark.parametrize(("kind", "found"), [("shape", "area near pair"), ("point", "near pair")])
def test_a_geo_analyzer_may_keep_points_alone(places, db, ask, kind, found):
    db.create_analyzer("shapes", "geojson", {"type": kind}, [])
    view(db, "at", "shapes")
    query = "FOR d IN v SEARCH ANALYZER(GEO_INTERSECTS(d.at, @square), 'shapes') SORT d._key"
    assert " ".join(ask(f"{query} RETURN d._key", square=SQUARE)) == found


def test_a_search_by_place_finds_what_a_filter_finds(db, ask):
    lots = random.Random(3)
    places = [[lots.uniform(-180, 180), lots.uniform(-90, 90)] for _ in range(150)]
    places += [[lots.uniform(5, 9), lots.uniform(49, 53)] for _ in range(100)]
    places += [[0, 90], [0, -90], [180, 0], [-180, 0]]
    shapes: list[Any] = [{"type": "Point", "coordinates": place} for place in places[::2]]
    shapes += [*places[1::2], SQUARE]
    db.create_collection("c").insert_many([{"at": shape} for shape in shapes])
    db.create_analyzer("shapes", "geojson", {}, [])
    view(db, "at", "shapes")
    wide = {"type": "Polygon", "coordinates": [[[-170, 60], [170, 60], [0, 80], [-170, 60]]]}
    conditions = [
        f"GEO_DISTANCE(d.at, {place}) {operator} {metres}"
        for place in ([7, 51], [0, 89], [179, 0], [20, -90])
        for operator, metres in (("<", 90_000), (">=", 1_000_000), ("<=", 5_000_000))
    ]
    conditions += [f"GEO_IN_RANGE(d.at, [7, 51], {low}, {low + 2e5})" for low in (0, 1e5, 1e7)]
    conditions += [f"GEO_CONTAINS({json.dumps(shape)}, d.at)" for shape in (SQUARE, wide)]
    for condition in conditions:
        found = ask(f"FOR d IN v SEARCH ANALYZER({condition}, 'shapes') SORT d._key RETURN d._key")
        assert found == ask(f"FOR d IN c FILTER {condition} SORT d._key RETURN d._key"), condition


def test_a_geopoint_analyzer_reads_pairs_and_attributes(db, ask):
    paths = {"latitude": ["lat"], "longitude": ["lng"]}
    db.create_analyzer("pairs", "geopoint", {}, [])
    db.create_analyzer("named", "geopoint", paths, [])
    db.create_collection("c").insert_many(
        [
            {"_key": "pair", "at": [50.932, 6.937]},
            {"_key": "named", "at": {"lat": 50.93, "lng": 6.9}},
        ]
    )
    view(db, "at", "pairs", "named")
    near = "ANALYZER(GEO_DISTANCE(d.at, [6.93, 50.94]) < 5000, '{}')"
    assert keys(ask, near.format("pairs")) == "pair"
    assert keys(ask, near.format("named")) == "named"


def test_an_aql_analyzer_may_return_numbers_and_leave_values_out(db, ask):
    numbers = {"queryString": "FOR x IN SPLIT(@param, ',') RETURN TO_NUMBER(x)"}
    db.create_analyzer("numbers", "aql", {**numbers, "returnType": "number"}, [])
    db.create_collection("c").insert_many([{"_key": "a", "t": "1,5"}, {"_key": "b", "t": "7"}])
    view(db, "t", "numbers")
    assert keys(ask, "ANALYZER(d.t > 4, 'numbers')") == "a b"
    assert keys(ask, "ANALYZER(IN_RANGE(d.t, 4, 6, true, true), 'numbers')") == "a"


def test_a_collation_analyzer_orders_words_as_a_language_does(db, ask):
    for locale in ("en", "sv"):
        db.create_analyzer(locale, "collation", {"locale": locale}, [])
    words = ["a", "å", "b", "z"]
    db.create_collection("c").insert_many(
        [{"_key": f"k{at}", "t": t} for at, t in enumerate(words)]
    )
    view(db, "t", "en", "sv")
    query = "FOR d IN v SEARCH ANALYZER(d.t < TOKENS('c', {0})[0], {0}) SORT d._key RETURN d.t"
    assert ask(query.format("'en'")) == ["a", "å", "b"]
    assert ask(query.format("'sv'")) == ["a", "b"]


def test_constants_are_compared_where_they_stand(db, ask):
    sizes = {"min": 2, "max": 2, "preserveOriginal": False}
    db.create_analyzer("bigram", "ngram", sizes, ["frequency", "position"])
    db.create_collection("c").insert({"_key": "one", "t": "x"})
    view(db, "t", "identity")
    assert keys(ask, "NGRAM_MATCH('quick fox', 'quick blue fox', 0.4, 'bigram')") == "one"
    assert keys(ask, "STARTS_WITH('quick', 'slow')") == ""
