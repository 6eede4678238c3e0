"""Documents over HTTP, one at a time and many."""

from __future__ import annotations

import pytest


def test_a_document_is_written_read_and_removed(things):
    made = things("POST /_api/document/things?returnNew=true", {"_key": "a", "x": 1})
    assert made.status == 202
    assert made.json["new"]["x"] == 1
    assert made.headers["Location"] == "/_db/_system/_api/document/things/a"
    assert made.headers["Etag"] == f'"{made.json["_rev"]}"'
    read = things("GET /_api/document/things/a")
    assert read.json == {"_key": "a", "_id": "things/a", "_rev": made.json["_rev"], "x": 1}
    assert things("HEAD /_api/document/things/a").json is None
    gone = things("DELETE /_api/document/things/a?returnOld=true")
    assert (gone.status, gone.json["old"]["x"]) == (202, 1)
    assert things.refused("GET /_api/document/things/a") == (404, 1202)
    assert things.refused("DELETE /_api/document/things/a") == (404, 1202)


def test_waiting_for_the_disk_changes_the_status(api, things):
    assert things("POST /_api/document/things?waitForSync=true", {"_key": "a"}).status == 201
    assert things("DELETE /_api/document/things/a?waitForSync=true").status == 200
    api("POST /_api/collection", {"name": "safe", "waitForSync": True})
    assert api("POST /_api/document/safe", {}).status == 201


def test_a_patch_merges_and_a_replacement_does_not(things):
    things("POST /_api/document/things", {"_key": "a", "x": {"p": 1}, "y": 2})
    patched = things("PATCH /_api/document/things/a?returnNew=1&returnOld=1", {"x": {"q": 2}})
    assert patched.json["new"]["x"] == {"p": 1, "q": 2}
    assert patched.json["old"]["x"] == {"p": 1}
    assert patched.json["_oldRev"] != patched.json["_rev"]
    flat = things("PATCH /_api/document/things/a?mergeObjects=false&returnNew=1", {"x": {"r": 3}})
    assert flat.json["new"]["x"] == {"r": 3}
    less = things("PATCH /_api/document/things/a?keepNull=false&returnNew=1", {"y": None})
    assert "y" not in less.json["new"]
    replaced = things("PUT /_api/document/things/a?returnNew=1", {"z": 1})
    assert "x" not in replaced.json["new"]


def test_conditions_on_the_revision_are_kept(things):
    rev = things("POST /_api/document/things", {"_key": "a"}).json["_rev"]
    path = "/_api/document/things/a"
    assert things(f"GET {path}", if_none_match=f'"{rev}"').status == 304
    assert things(f"GET {path}", if_match=rev).status == 200
    head = things(f"HEAD {path}", if_match="other")
    assert (head.status, head.json) == (412, None)
    for line in (f"GET {path}", f"PATCH {path}", f"PUT {path}", f"DELETE {path}"):
        refused = things(line, {}, if_match='"other"')
        assert refused.status == 412
        assert refused.json["errorNum"] == 1200
        assert refused.json["_rev"] == rev
        assert refused.headers["Etag"] == f'"{rev}"'
    assert things(f"PATCH {path}?ignoreRevs=false", {"_rev": "other"}).status == 412
    assert things(f"PATCH {path}", {"_rev": "other"}).status == 202
    rev = things(f"GET {path}").json["_rev"]
    assert things(f"PUT {path}", {}, if_match=rev).status == 202


@pytest.mark.parametrize(
    ("mode", "operation"), [("replace", {"y"}), ("update", {"x", "y"}), ("ignore", {"x"})]
)
def test_overwrite_modes_decide_what_a_taken_key_means(things, mode, operation):
    things("POST /_api/document/things", {"_key": "a", "x": 1})
    path = f"/_api/document/things?overwriteMode={mode}&returnNew=true"
    answer = things(f"POST {path}", {"_key": "a", "y": 1})
    assert answer.status == 202
    assert ("_oldRev" in answer.json) == (mode != "ignore")
    stored = things("GET /_api/document/things/a").json
    assert {name for name in stored if not name.startswith("_")} == operation


def test_old_style_overwrite_replaces(things):
    things("POST /_api/document/things", {"_key": "a", "x": 1})
    answer = things("POST /_api/document/things?overwrite=true", {"_key": "a"})
    assert "_oldRev" in answer.json
    assert "x" not in things("GET /_api/document/things/a").json


@pytest.mark.parametrize(
    ("line", "body", "refusal"),
    [
        ("POST /_api/document/none", {}, (404, 1203)),
        ("POST /_api/document/things", "text", (400, 1227)),
        ("POST /_api/document/things", {"_key": "a b"}, (400, 1221)),
        ("POST /_api/document/things", {"_key": "here"}, (409, 1210)),
        ("POST /_api/document/things?overwriteMode=maybe", {}, (400, 400)),
        ("PATCH /_api/document/things/gone", {}, (404, 1202)),
        ("PUT /_api/document/things/here", [], (400, 1227)),
        ("PATCH /_api/document/things", {}, (400, 400)),
        ("GET /_api/document/things/here/more", None, (404, 404)),
    ],
)
def test_what_cannot_be_written_is_refused(things, line, body, refusal):
    things("POST /_api/document/things", {"_key": "here"})
    assert things.refused(line, body) == refusal


def test_silence_tells_only_errors(things):
    assert things("POST /_api/document/things?silent=true", {"_key": "a"}).json == {}
    answer = things("POST /_api/document/things?silent=true", [{"_key": "a"}, {"_key": "b"}])
    assert [each["errorNum"] for each in answer.json] == [1210]


def test_in_a_bulk_write_one_failure_does_not_stop_the_others(things):
    answer = things("POST /_api/document/things", [{"_key": "a"}, {"_key": "a"}, 7, {"_key": "b"}])
    assert answer.status == 202
    assert [each.get("_key", each.get("errorNum")) for each in answer.json] == [
        "a",
        1210,
        1227,
        "b",
    ]
    assert answer.headers["X-Arango-Error-Codes"] == '{"1210":1,"1227":1}'
    replaced = things(
        "POST /_api/document/things?overwriteMode=replace",
        [{"_key": "a", "x": 1}, {"_key": "c"}, 1],
    )
    assert ["_oldRev" in each for each in replaced.json] == [True, False, False]


def test_bulk_updates_replacements_and_removals_find_their_documents(things):
    things("POST /_api/document/things", [{"_key": "a", "x": 1}, {"_key": "b", "x": 1}])
    updated = things(
        "PATCH /_api/document/things?returnNew=1",
        [{"_key": "a", "y": 1}, {"_id": "things/b", "y": 1}, {"y": 1}, "a", {"_id": "other/b"}],
    )
    assert [each.get("errorNum") for each in updated.json] == [None, None, 1205, 1227, 1205]
    assert updated.json[0]["new"]["x"] == 1
    replaced = things("PUT /_api/document/things?returnNew=1", [{"_key": "a", "z": 1}])
    assert "x" not in replaced.json[0]["new"]
    stale = things(
        "PUT /_api/document/things?ignoreRevs=false", [{"_key": "a", "_rev": "x"}, {"_key": "b"}]
    )
    assert [each.get("errorNum") for each in stale.json] == [1200, None]
    removed = things(
        "DELETE /_api/document/things", ["a", {"_key": "b"}, "things/gone", "more/a", 3]
    )
    assert [each.get("errorNum") for each in removed.json] == [None, None, 1202, 1202, 1205]


def test_many_documents_are_read_at_once_in_the_order_asked(things):
    things("POST /_api/document/things", [{"_key": "a"}, {"_key": "b"}])
    answer = things(
        "PUT /_api/document/things?onlyget=true&ignoreRevs=false",
        ["b", "none", {"_key": "a"}, {"_key": "a", "_rev": "x"}, 5],
    )
    assert [each.get("_key", each.get("errorNum")) for each in answer.json] == [
        "b",
        1202,
        "a",
        1200,
        1205,
    ]


def test_import_counts_what_it_did(api):
    api("POST /_api/collection", {"name": "links", "type": 3})
    lines = b'{"_key":"1","_from":"a","_to":"b/2"}\n\n{"x":1}\nnot json\n'
    answer = api(
        "POST /_api/import?collection=links&type=documents&details=true&fromPrefix=v", lines
    )
    assert answer.status == 201
    counts = {name: answer.json[name] for name in ("created", "errors", "empty", "updated")}
    assert counts == {"created": 1, "errors": 2, "empty": 1, "updated": 0}
    assert "missing '_from' or '_to'" in answer.json["details"][0]
    assert answer.json["details"][1].startswith("at position 4: invalid JSON type")
    assert api("GET /_api/document/links/1").json["_from"] == "v/a"


@pytest.mark.parametrize(
    ("mode", "count"), [("ignore", "ignored"), ("update", "updated"), ("replace", "updated")]
)
def test_import_treats_duplicates_as_told(things, mode, count):
    things("POST /_api/document/things", {"_key": "a", "x": 1})
    path = f"/_api/import?collection=things&type=auto&onDuplicate={mode}"
    answer = things(f"POST {path}", [{"_key": "a", "y": 1}])
    assert answer.json[count] == 1
    stored = things("GET /_api/document/things/a").json
    assert ("x" in stored, "y" in stored) == (mode != "replace", mode != "ignore")


def test_a_complete_import_is_all_or_nothing(things):
    path = "/_api/import?collection=things&type=list&complete=true"
    assert things.refused(f"POST {path}", [{"_key": "a"}, {"_key": "a"}]) == (409, 1210)
    assert things("GET /_api/collection/things/count").json["count"] == 0


def test_import_reads_tables_and_can_start_over(things):
    things("POST /_api/document/things", {"_key": "old"})
    table = b'["_key","x"]\n["a",1]\n["b"]\n'
    answer = things("POST /_api/import?collection=things&overwrite=yes", table)
    assert (answer.json["created"], answer.json["errors"]) == (1, 1)
    assert things("GET /_api/document/things/a").json["x"] == 1
    assert things.refused("GET /_api/document/things/old") == (404, 1202)


@pytest.mark.parametrize(
    ("query", "body", "refusal"),
    [
        ("type=list", {}, (400, 400)),
        ("type=tar", [], (400, 400)),
        ("onDuplicate=perhaps", [], (400, 400)),
        ("", {"a": 1}, (400, 400)),
    ],
)
def test_an_import_that_makes_no_sense_is_refused(things, query, body, refusal):
    assert things.refused(f"POST /_api/import?collection=things&{query}", body) == refusal
    assert things.refused("POST /_api/import", []) == (400, 1204)


def test_a_write_older_than_what_is_stored_changes_nothing(things):
    things("POST /_api/document/things", {"_key": "a", "v": 1})
    path = "/_api/document/things"
    documents = [{"_key": "a", "v": 3}, {"_key": "a", "v": 2}, {"_key": "a", "x": 1}]
    things(f"PATCH {path}?versionAttribute=v", documents)
    read = things(f"GET {path}/a").json
    assert (read["v"], read["x"]) == (3, 1)
    things(f"PUT {path}/a?versionAttribute=v", {"v": 3, "y": 1})
    things(f"PATCH {path}/a?versionAttribute=v", {"v": 2, "y": 1})
    things(f"POST {path}?versionAttribute=v&overwriteMode=replace", {"_key": "a", "v": 1})
    assert "y" not in things(f"GET {path}/a").json
    things(f"PUT {path}?versionAttribute=v", [{"_key": "a", "v": 4}])
    assert "x" not in things(f"GET {path}/a").json
