"""Views of type search-alias over HTTP: lists of inverted indexes that fit each other."""

from typing import Any

import pytest

PATH = "/_api/view/shop/properties"


@pytest.fixture
def shop(things):
    """The server with two inverted indexes of `things` and an empty view `shop`."""
    for name, fields in (("by_title", ["title"]), ("by_text", [{"name": "text", "cache": True}])):
        body = {"type": "inverted", "name": name, "fields": fields}
        assert things("POST /_api/index?collection=things", body).status == 201
    assert things("POST /_api/view", {"name": "shop", "type": "search-alias"}).status == 201
    return things


def named(*indexes: Any, collection: str = "things", **more: Any) -> dict[str, Any]:
    return {"indexes": [{"collection": collection, "index": name, **more} for name in indexes]}


def test_patch_adds_and_takes_away_and_put_replaces(shop):
    assert shop(f"PATCH {PATH}", named("by_title")).json["indexes"] == named("by_title")["indexes"]
    both = shop(f"PATCH {PATH}", named("by_text")).json
    assert both["indexes"] == named("by_title", "by_text")["indexes"]
    left = shop(f"PATCH {PATH}", named("by_title", operation="del")).json
    assert left["indexes"] == named("by_text")["indexes"]
    assert shop(f"PUT {PATH}", named("by_title")).json["indexes"] == named("by_title")["indexes"]
    assert shop(f"PUT {PATH}", {}).json["indexes"] == []


def test_the_description_has_nothing_of_other_views(shop):
    shop(f"PATCH {PATH}", named("by_title"))
    view = shop(f"GET {PATH}").json
    assert sorted(view) == [
        *("code", "error", "globallyUniqueId", "id", "indexes", "name", "type"),
    ]
    assert view["type"] == "search-alias"
    assert [each["type"] for each in shop("GET /_api/view").json["result"]] == ["search-alias"]


def test_an_index_may_be_named_by_its_id(shop):
    listed = shop("GET /_api/index?collection=things").json["indexes"]
    (number,) = [each["id"].partition("/")[2] for each in listed if each["name"] == "by_text"]
    shop(f"PUT {PATH}", named(number))
    assert shop(f"GET {PATH}").json["indexes"] == named("by_text")["indexes"]


def test_what_is_dropped_leaves_the_view(shop):
    shop(f"PUT {PATH}", named("by_title", "by_text"))
    shop("DELETE /_api/index/things/by_title")
    assert shop(f"GET {PATH}").json["indexes"] == named("by_text")["indexes"]
    shop("PUT /_api/collection/things/rename", {"name": "goods"})
    assert shop(f"GET {PATH}").json["indexes"] == named("by_text", collection="goods")["indexes"]
    shop("DELETE /_api/collection/goods")
    assert shop(f"GET {PATH}").json["indexes"] == []


@pytest.mark.parametrize(
    "body",
    [
        {"indexes": "by_title"},
        {"indexes": ["by_title"]},
        {"indexes": [{"collection": "things"}]},
        named("none"),
        named("primary"),
        named("by_title", collection="none"),
        named("by_title", operation="swap"),
    ],
)
def test_what_cannot_be_listed_is_refused_and_changes_nothing(shop, body):
    shop(f"PUT {PATH}", named("by_text"))
    assert shop.refused(f"PATCH {PATH}", body) == (400, 10)
    assert shop(f"GET {PATH}").json["indexes"] == named("by_text")["indexes"]


def test_two_indexes_that_treat_a_field_differently_do_not_fit(shop):
    german = {"type": "inverted", "name": "german", "analyzer": "text_de", "fields": ["title"]}
    shop("POST /_api/collection", {"name": "more"})
    for name in ("things", "more"):
        assert shop(f"POST /_api/index?collection={name}", german).status == 201
    shop(f"PUT {PATH}", named("by_title"))
    for name in ("things", "more"):
        assert shop.refused(f"PATCH {PATH}", named("german", collection=name)) == (400, 10)
