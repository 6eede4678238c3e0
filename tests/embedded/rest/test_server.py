"""The outer face: paths, databases, log-in, and what is refused."""

from __future__ import annotations

import gzip
import zlib

import jwt
import pytest

from hades_mcp.embedded.rest import covered


def test_the_version_is_one_that_clients_understand(api):
    body = api("GET /_api/version").json
    assert body["server"] == "arango"
    assert body["version"].split(".")[:2] == ["3", "12"]
    assert (body["license"], body["apiVersions"]) == ("community", ["v0"])
    assert api("GET /_api/version?details=true").json["details"]["mode"] == "embedded"


@pytest.mark.parametrize(
    "path",
    [
        "/_api/engine",
        "/_api/endpoint",
        "/_admin/time",
        "/_admin/status",
        "/_admin/server/role",
        "/_admin/server/mode",
        "/_admin/server/availability",
        "/_admin/database/target-version",
        "/_api/view",
        "/_api/aqlfunction",
        "/_api/tasks",
        "/_admin/license",
        "/_admin/options",
        "/_admin/options-description",
        "/_api/user",
        "/_api/user/root",
        "/_api/user/root/database",
        "/_api/user/root/database/_system",
        "/_api/key-generators",
    ],
)
def test_questions_about_the_server_are_answered(api, path):
    assert api(f"GET {path}").status == 200


@pytest.mark.parametrize(
    ("line", "refusal"),
    [
        ("GET /_api/nonsense", (404, 404)),
        ("GET /", (404, 404)),
        ("GET /_db", (404, 404)),
        ("POST /_api/version", (405, 405)),
        ("POST /_api/wal", (501, 9)),
        ("GET /_api/foxx", (501, 9)),
        ("GET /_admin/log", (501, 9)),
        ("POST /_api/aqlfunction", (400, 1580)),
        ("PUT /_api/collection", (400, 400)),
        ("GET /_api/user/nobody", (404, 1703)),
        ("GET /_db/nowhere/_api/version", (404, 1228)),
    ],
)
def test_what_is_not_there_is_refused_by_name(api, line, refusal):
    assert api.refused(line) == refusal


def test_a_refusal_names_the_path(api):
    assert (
        "/_api/replication/inventory" in api("GET /_api/replication/inventory").json["errorMessage"]
    )
    assert "unknown path '/_api/nonsense'" in api("GET /_api/nonsense").json["errorMessage"]


def test_a_body_that_is_no_json_is_refused(things):
    assert things.refused("POST /_api/document/things", b"{") == (400, 600)
    assert things.refused("POST /_api/document/things", b'{"x": NaN}') == (400, 600)
    assert things.refused("POST /_api/collection", [1]) == (400, 400)


def test_any_log_in_gets_a_token_drivers_can_read(api):
    token = api("POST /_open/auth", {"username": "ada", "password": "x"}).json["jwt"]
    claims = jwt.decode(token, options={"verify_signature": False}, issuer="arangodb")
    assert claims["preferred_username"] == "ada"
    assert claims["exp"] > claims["iat"]


def test_databases_are_made_listed_and_dropped(api):
    assert api("POST /_api/database", {"name": "mine"}).status == 201
    assert api.refused("POST /_api/database", {"name": "mine"}) == (409, 1207)
    assert api.refused("POST /_api/database", {"name": "a/b"}) == (400, 1229)
    assert api.refused("POST /_api/database", {}) == (400, 400)
    assert api("GET /_api/database").json["result"] == ["_system", "mine"]
    assert api("GET /_api/database/user").json["result"] == ["_system", "mine"]
    current = api("GET /_db/mine/_api/database/current").json["result"]
    assert (current["name"], current["isSystem"]) == ("mine", False)
    assert api.refused("GET /_db/mine/_api/database") == (403, 1230)
    assert api("DELETE /_api/database/mine").json["result"] is True
    assert api.refused("DELETE /_api/database/mine") == (404, 1228)
    assert api.refused("DELETE /_api/database/_system") == (403, 11)
    assert api.refused("GET /_db/mine/_api/collection") == (404, 1228)


def test_a_database_name_in_the_path_may_be_percent_encoded(api):
    assert api("POST /_api/database", {"name": "Überblick"}).status == 201
    path = "/_db/%C3%9Cberblick/_api/database/current"
    assert api(f"GET {path}").json["result"]["name"] == "Überblick"


def test_user_rights_are_told_for_what_exists(api):
    assert (
        api("GET /_api/user/root/database?full=1").json["result"]["_system"]["permission"] == "rw"
    )
    assert api("GET /_api/user/root/database/_system/_graphs").json["result"] == "rw"
    assert api.refused("GET /_api/user/root/database/nowhere") == (404, 1228)


def test_compressed_bodies_are_read(api):
    body = b'{"name": "things"}'
    for name, data in (("deflate", zlib.compress(body)), ("gzip", gzip.compress(body))):
        assert api("POST /_api/collection", data, content_encoding=name).json["name"] == "things"
        api("DELETE /_api/collection/things")
    assert api.refused("POST /_api/collection", b"x", content_encoding="gzip") == (400, 400)
    assert api.refused("POST /_api/collection", body, content_encoding="br") == (501, 9)


def test_every_request_that_is_answered_has_its_sentence():
    listed = covered()
    assert ("/_api/version", "GET") in {(path, method) for path, method, _ in listed}
    assert len({(path, method) for path, method, _ in listed}) == len(listed) > 90
    assert all(sentence.endswith((".", ";", ",")) for _, _, sentence in listed)


def test_a_server_in_read_only_mode_takes_no_writes(things):
    assert things.refused("PUT /_admin/server/mode", {"mode": "slow"}) == (400, 400)
    assert things("PUT /_admin/server/mode", {"mode": "readonly"}).json["mode"] == "readonly"
    assert things("GET /_admin/server/mode").json["mode"] == "readonly"
    assert things("GET /_admin/status").json["serverInfo"]["readOnly"] is True
    insert = {"query": "INSERT {} INTO things"}
    for line, body, number in (
        ("POST /_api/document/things", {}, 1004),
        ("PUT /_api/collection/things/truncate", None, 1004),
        ("POST /_api/cursor", insert, 1004),
        ("POST /_api/import?collection=things&type=list", [{}], 1004),
        ("POST /_api/index?collection=things", {"type": "persistent", "fields": ["a"]}, 1004),
        ("POST /_api/gharial", {"name": "g"}, 1004),
        ("POST /_api/collection", {"name": "more"}, 11),
        ("DELETE /_api/collection/things", None, 11),
        ("POST /_api/database", {"name": "more"}, 11),
    ):
        assert things.refused(line, body) == (403, number)
    assert things("POST /_api/cursor", {"query": "FOR t IN things RETURN t"}).status == 201
    assert things("PUT /_admin/server/mode", {"mode": "default"}).status == 200
    assert things("POST /_api/cursor", insert).status == 201


def test_compacting_changes_nothing(things):
    before = things("GET /_api/collection/things/count").json["count"]
    assert things("PUT /_admin/compact", {"changeLevel": True}).json["result"] == {}
    assert things("GET /_api/collection/things/count").json["count"] == before


def test_the_place_of_a_document_is_told_in_ascii(api):
    api("POST /_api/database", {"name": "küche"})
    api("POST /_db/k%C3%BCche/_api/collection", {"name": "töpfe"})
    written = api("POST /_db/k%C3%BCche/_api/document/t%C3%B6pfe", {"_key": "a+b:c@d(e)"})
    place = written.headers["Location"]
    assert place == "/_db/k%C3%BCche/_api/document/t%C3%B6pfe/a+b:c@d(e)"
    assert api(f"GET {place}").status == 200


def test_only_json_is_read(api):
    body = b"\x0b\x0a\x01\x44name"
    packed = {"content_type": "application/x-velocypack"}
    assert api.refused("POST /_api/collection", body, **packed) == (501, 9)
    assert api.refused("POST /_api/collection", body) == (400, 600)
