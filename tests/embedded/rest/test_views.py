"""Views over HTTP: their definitions; searching one is refused."""

import pytest

LINK = {"includeAllFields": True, "fields": {"text": {"analyzers": ["text_en"]}}}


@pytest.fixture
def shop(things):
    """The server with the collection `things` and a view `shop` over it."""
    body = {"name": "shop", "type": "arangosearch", "links": {"things": LINK}}
    assert things("POST /_api/view", {**body, "commitIntervalMsec": 7}).status == 201
    return things


def test_a_view_is_described_with_its_defaults(shop):
    view = shop("GET /_api/view/shop/properties").json
    assert view["links"] == {
        "things": {
            "analyzers": ["identity"],
            "fields": {"text": {"analyzers": ["text_en"]}},
            "includeAllFields": True,
            "storeValues": "none",
            "trackListPositions": False,
        }
    }
    assert (view["commitIntervalMsec"], view["cleanupIntervalStep"]) == (7, 2)
    summary = {name: view[name] for name in ("id", "name", "type", "globallyUniqueId")}
    assert shop("GET /_api/view").json["result"] == [summary]
    for name in ("shop", view["id"]):
        assert shop(f"GET /_api/view/{name}").json == {**summary, "error": False, "code": 200}


def test_patch_changes_what_is_given_and_put_resets_the_rest(shop):
    path = "/_api/view/shop/properties"
    shop(f"PATCH {path}", {"cleanupIntervalStep": 12})
    view = shop(f"GET {path}").json
    assert (view["cleanupIntervalStep"], view["commitIntervalMsec"]) == (12, 7)
    assert list(view["links"]) == ["things"]
    assert shop(f"PATCH {path}", {"links": {"things": None}}).json["links"] == {}
    view = shop(f"PUT {path}", {"links": {"things": {}}}).json
    assert (view["cleanupIntervalStep"], view["commitIntervalMsec"]) == (2, 1000)
    assert list(view["links"]) == ["things"]


def test_a_view_keeps_its_id_when_renamed_and_its_documents_when_dropped(shop):
    before = shop("GET /_api/view/shop").json["id"]
    assert shop("PUT /_api/view/shop/rename", {"name": "store"}).json["id"] == before
    assert shop.refused("GET /_api/view/shop") == (404, 1203)
    assert shop("DELETE /_api/view/store").json["result"] is True
    assert shop.refused("DELETE /_api/view/store") == (404, 1203)
    assert shop("GET /_api/collection/things").status == 200


def test_a_link_follows_its_collection(shop):
    shop("PUT /_api/collection/things/rename", {"name": "goods"})
    assert list(shop("GET /_api/view/shop/properties").json["links"]) == ["goods"]
    shop("DELETE /_api/collection/goods")
    assert shop("GET /_api/view/shop/properties").json["links"] == {}


def test_views_and_collections_share_their_names(shop):
    assert shop.refused("POST /_api/collection", {"name": "shop"}) == (409, 1207)
    assert shop.refused("PUT /_api/collection/things/rename", {"name": "shop"}) == (409, 1207)
    for name in ("things", "shop"):
        body = {"name": name, "type": "arangosearch"}
        assert shop.refused("POST /_api/view", body) == (409, 1207)
    assert shop.refused("PUT /_api/view/shop/rename", {"name": "things"}) == (409, 1207)


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ({"name": "v"}, (400, 10)),
        ({"name": "v", "type": "magic"}, (400, 10)),
        ({"name": "_v", "type": "arangosearch"}, (400, 1208)),
        ({"name": "v", "type": "arangosearch", "links": []}, (400, 10)),
        ({"name": "v", "type": "arangosearch", "links": {"none": {}}}, (404, 1203)),
        ({"name": "v", "type": "arangosearch", "links": {"things": []}}, (400, 10)),
        (
            {"name": "v", "type": "arangosearch", "links": {"things": {"analyzers": ["no"]}}},
            (400, 10),
        ),
        (
            {"name": "v", "type": "arangosearch", "links": {"things": {"fields": {"a": 1}}}},
            (400, 10),
        ),
        ({"name": "v", "type": "arangosearch", "commitIntervalMsec": "often"}, (400, 10)),
    ],
)
def test_a_view_that_cannot_be_is_refused_and_leaves_nothing(things, body, refusal):
    assert things.refused("POST /_api/view", body) == refusal
    assert things("GET /_api/view").json["result"] == []
