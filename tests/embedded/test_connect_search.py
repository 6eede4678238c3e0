"""python-arango over geo and fulltext indexes, Analyzers and views."""

from collections.abc import Iterator
from typing import Any

import pytest

from hades_mcp.embedded import connect


@pytest.fixture
def db() -> Iterator[Any]:
    client = connect(None)
    yield client.db("_system")
    client.close()


@pytest.mark.filterwarnings("ignore:find_:DeprecationWarning")
def test_the_drivers_find_methods_use_geo_and_fulltext_indexes(db: Any) -> None:
    places = db.create_collection("places")
    places.add_index({"type": "geo", "fields": ["at"]})
    places.add_index({"type": "fulltext", "fields": ["name"], "minLength": 3})
    places.insert_many(
        [
            {"_key": "cologne", "name": "Köln am Rhein", "at": [50.94, 6.96]},
            {"_key": "bonn", "name": "Bonn am Rhein", "at": [50.73, 7.1]},
            {"_key": "kiel", "name": "Kiel an der Förde", "at": [54.32, 10.13]},
        ]
    )
    near = places.find_near(50.9, 7.0, limit=2)
    assert [place["_key"] for place in near] == ["cologne", "bonn"]
    around = places.find_in_radius(50.9, 7.0, 10_000)
    assert [place["_key"] for place in around] == ["cologne"]
    found = places.find_by_text("name", "rhein,-bonn")
    assert [place["_key"] for place in found] == ["cologne"]


def test_the_driver_makes_analyzers_and_views(db: Any) -> None:
    db.create_collection("texts")
    db.create_analyzer("plain", "norm", {"locale": "de", "accent": False}, ["frequency"])
    assert db.analyzer("plain")["properties"]["case"] == "none"
    link = {"includeAllFields": True, "analyzers": ["plain"]}
    db.create_arangosearch_view("shop", {"links": {"texts": link}})
    assert [view["name"] for view in db.views()] == ["shop"]
    db.update_arangosearch_view("shop", {"cleanupIntervalStep": 5})
    assert db.view("shop")["cleanup_interval_step"] == 5
    db.rename_view("shop", "store")
    assert db.delete_view("store")
    assert db.delete_analyzer("plain")
