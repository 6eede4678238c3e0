"""Collections and indexes over HTTP."""

from __future__ import annotations

from typing import Any

import pytest


def test_a_collection_lives_from_creation_to_drop(api):
    made = api("POST /_api/collection", {"name": "roads", "type": 3, "waitForSync": True})
    assert made.status == 200
    assert made.json["type"] == 3
    assert made.json["waitForSync"] is True
    assert made.json["keyOptions"]["type"] == "traditional"
    brief = api("GET /_api/collection/roads").json
    assert (brief["name"], brief["status"], brief["isSystem"]) == ("roads", 3, False)
    assert (
        api("PUT /_api/collection/roads/properties", {"waitForSync": False}).json["waitForSync"]
        is False
    )
    assert api("GET /_api/collection/roads/properties").json["waitForSync"] is False
    assert api("PUT /_api/collection/roads/rename", {"name": "paths"}).json["name"] == "paths"
    names = [each["name"] for each in api("GET /_api/collection?excludeSystem=1").json["result"]]
    assert names == ["paths"]
    assert api("DELETE /_api/collection/paths").json["id"] == made.json["id"]
    assert api.refused("GET /_api/collection/paths") == (404, 1203)


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ({}, (400, 1208)),
        ({"name": "things"}, (409, 1207)),
        ({"name": "a/b"}, (400, 1208)),
        ({"name": "_secret"}, (400, 1208)),
        ({"name": "x", "type": 7}, (400, 1218)),
        ({"name": "x", "schema": {"rule": 5}}, (400, 1621)),
        ({"name": "x", "computedValues": [{"name": "a"}]}, (400, 10)),
        ({"name": "x", "keyOptions": {"type": "dice"}}, (400, 1232)),
    ],
)
def test_a_collection_that_cannot_be_is_refused(things, body, refusal):
    assert things.refused("POST /_api/collection", body) == refusal


def test_a_collection_may_be_named_by_its_id(things):
    number = things("GET /_api/collection/things").json["id"]
    assert things(f"GET /_api/collection/{number}/properties").json["name"] == "things"
    assert things(f"POST /_api/document/{number}", {"_key": "n"}).json["_id"] == "things/n"
    assert things(f"GET /_api/document/{number}/n").json["_id"] == "things/n"
    assert things("GET /_api/collection/12345678901").json["errorNum"] == 1203
    assert things(f"DELETE /_api/collection/{number}").json["id"] == number
    assert things("GET /_api/collection/things").json["errorNum"] == 1203


def test_counting_truncating_and_the_rest(things):
    things("POST /_api/document/things", [{"x": 1}, {"x": 2}])
    assert things("GET /_api/collection/things/count").json["count"] == 2
    assert things("GET /_api/collection/things/figures").json["figures"]["documentsSize"] > 40
    assert things("PUT /_api/collection/things/load").json["count"] == 2
    assert things("PUT /_api/collection/things/unload").status == 200
    assert things("PUT /_api/collection/things/compact").status == 200
    assert things("PUT /_api/collection/things/loadIndexesIntoMemory").json["result"] is True
    assert things("PUT /_api/collection/things/recalculateCount").json["count"] == 2
    assert things("PUT /_api/collection/things/truncate").status == 200
    assert things("GET /_api/collection/things/count").json["count"] == 0
    assert things.refused("PUT /_api/collection/things/rename", {}) == (400, 400)
    assert things.refused("GET /_api/collection/things/shards") == (501, 1471)


def test_properties_show_schema_and_computed_values_and_they_hold(api):
    value = {"name": "n", "expression": "RETURN LENGTH(@doc.name)", "overwrite": True}
    schema = {"rule": {"required": ["name"]}, "message": "a name, please"}
    body = {"name": "users", "schema": schema, "computedValues": [value], "cacheEnabled": True}
    made = api("POST /_api/collection", {**body, "keyOptions": {"type": "uuid"}}).json
    assert made["schema"] == {**schema, "level": "strict", "type": "json"}
    events = ["insert", "update", "replace"]
    complete = {**value, "computeOn": events, "failOnWarning": False, "keepNull": True}
    assert made["computedValues"] == [complete]
    assert made["cacheEnabled"] is True
    assert made["keyOptions"] == {"allowUserKeys": True, "type": "uuid"}
    new = api("POST /_api/document/users?returnNew=true", {"name": "Ada"}).json["new"]
    assert new["n"] == 3
    answer = api("POST /_api/document/users", {"n": 5})
    assert (answer.status, answer.json["errorNum"]) == (400, 1620)
    assert answer.json["errorMessage"] == "a name, please"
    changed = {"schema": None, "computedValues": None}
    kept = api("PUT /_api/collection/users/properties", changed).json
    assert (kept["schema"], kept["computedValues"]) == (None, None)
    assert api("POST /_api/document/users?returnNew=true", {}).json["new"].keys() == {
        "_key",
        "_id",
        "_rev",
    }
    assert api.refused(
        "PUT /_api/collection/users/properties", {"computedValues": [{**value, "name": "_key"}]}
    ) == (400, 10)


def test_how_expired_documents_are_removed_is_told_and_changed(api):
    told = api("GET /_api/ttl/properties").json["result"]
    assert told == {
        "frequency": 30000,
        "maxTotalRemoves": 1000000,
        "maxCollectionRemoves": 100000,
        "onlyLoadedCollections": False,
        "active": True,
    }
    changed = api("PUT /_api/ttl/properties", {"frequency": 60000, "active": False})
    assert changed.json["result"] == {**told, "frequency": 60000, "active": False}
    assert api.refused("PUT /_api/ttl/properties", {"frequency": 1}) == (400, 10)
    assert api("GET /_api/ttl/statistics").json["result"]["documentsRemoved"] == 0
    api("POST /_api/database", {"name": "shop"})
    assert api.refused("GET /_db/shop/_api/ttl/statistics") == (403, 1230)


def test_nothing_expires_while_a_server_takes_no_writes(things):
    ttl = {"type": "ttl", "fields": ["at"], "expireAfter": 0}
    things("POST /_api/index?collection=things", ttl)
    things("POST /_api/document/things", {"at": 1})
    expiry = things.server._state.engine.expiry
    while not expiry.runs:
        pass
    things("PUT /_admin/server/mode", {"mode": "readonly"})
    assert expiry.sweep() == 0
    things("PUT /_admin/server/mode", {"mode": "default"})
    assert expiry.sweep() == 1
    assert things("GET /_api/ttl/statistics").json["result"]["documentsRemoved"] == 1


def test_the_revision_is_that_of_the_last_write(things):
    assert things("GET /_api/collection/things/revision").json["revision"] == "0"
    things("POST /_api/document/things", {"_key": "a"})
    newest = things("POST /_api/document/things", {"_key": "b"}).json["_rev"]
    assert things("GET /_api/collection/things/revision").json["revision"] == newest
    newest = things("PATCH /_api/document/things/a", {"x": 1}).json["_rev"]
    assert things("GET /_api/collection/things/revision").json["revision"] == newest
    things("DELETE /_api/document/things/b")
    assert things("GET /_api/collection/things/revision").json["revision"] not in {newest, "0"}


def test_the_size_of_the_documents_is_counted_as_they_change(things):
    def size() -> Any:
        return things("GET /_api/collection/things/figures").json["figures"]["documentsSize"]

    things("POST /_api/document/things", {"_key": "a", "x": "ä"})
    one = size()
    things("PATCH /_api/document/things/a", {"x": "äö"})
    assert size() == one + 2
    things("POST /_api/document/things", [{"_key": "b", "x": "ä"}, {"_key": "c", "x": "ä"}])
    assert size() == 3 * one + 2
    things("DELETE /_api/document/things/a")
    assert size() == 2 * one
    things("PUT /_api/collection/things/rename", {"name": "thingies"})
    renamed = things("GET /_api/collection/thingies/figures").json["figures"]["documentsSize"]
    assert renamed == 2 * one + 4
    things("PUT /_api/collection/thingies/truncate")
    assert things("GET /_api/collection/thingies/figures").json["figures"]["documentsSize"] == 0


def test_the_checksum_depends_on_documents_and_not_on_their_order(api):
    sums = []
    for name, documents in [
        ("one", [{"_key": "a", "x": 1}, {"_key": "b", "x": 2}]),
        ("two", [{"_key": "b", "x": 2}, {"_key": "a", "x": 1}]),
        ("three", [{"_key": "a", "x": 1}, {"_key": "b", "x": 3}]),
    ]:
        api("POST /_api/collection", {"name": name})
        api(f"POST /_api/document/{name}", documents)
        answer = api(f"GET /_api/collection/{name}/checksum?withData=true").json
        sums.append(answer["checksum"])
    # _id holds the collection's name, so equal content needs equal names: compare keys only
    keys = [
        api(f"GET /_api/collection/{name}/checksum").json["checksum"]
        for name in ("one", "two", "three")
    ]
    assert keys[0] == keys[1] == keys[2]
    assert sums[0] != sums[2]


def test_an_index_is_made_once_and_found_by_id_and_name(things):
    definition = {"type": "persistent", "fields": ["a", "b.c"], "name": "ab", "unique": True}
    made = things("POST /_api/index?collection=things", definition)
    assert (made.status, made.json["isNewlyCreated"]) == (201, True)
    again = things("POST /_api/index?collection=things", definition)
    assert (again.status, again.json["isNewlyCreated"]) == (200, False)
    assert again.json["id"] == made.json["id"]
    handle = made.json["id"]
    assert handle.startswith("things/")
    assert things(f"GET /_api/index/{handle}").json["fields"] == ["a", "b.c"]
    assert things("GET /_api/index/things/ab").json["id"] == handle
    listed = things("GET /_api/index?collection=things").json
    assert [index["type"] for index in listed["indexes"]] == ["primary", "persistent"]
    assert set(listed["identifiers"]) == {"things/0", handle}
    things("POST /_api/document/things", {"a": 1, "b": {"c": 2}})
    assert things.refused("POST /_api/document/things", {"a": 1, "b": {"c": 2}}) == (409, 1210)
    assert things(f"DELETE /_api/index/{handle}").json["id"] == handle
    assert things.refused(f"GET /_api/index/{handle}") == (404, 1212)
    assert things.refused("DELETE /_api/index/things/0") == (403, 11)


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ({"type": "mdi", "fields": ["x"]}, (400, 10)),
        ({"type": "magic", "fields": ["x"]}, (400, 10)),
        ({"type": "persistent", "fields": []}, (400, 10)),
    ],
)
def test_an_index_that_cannot_be_is_refused(things, body, refusal):
    assert things.refused("POST /_api/index?collection=things", body) == refusal
    assert things.refused("POST /_api/index", {"type": "persistent"}) == (400, 1204)
