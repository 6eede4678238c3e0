"""A server that asks everybody who they are: passwords, tokens, and what accounts are held to."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from tests.embedded.rest.conftest import Api, Clock

from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.rest import Server
from hades_mcp.embedded.storage import Engine

if TYPE_CHECKING:
    from collections.abc import Iterator

SECRET = b"a secret of thirty-two bytes long"


def basic(name: str, password: str) -> dict[str, str]:
    return {"authorization": f"Basic {base64.b64encode(f'{name}:{password}'.encode()).decode()}"}


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"bearer {token}"}


def signed(claims: Any, *, secret: bytes = SECRET, algorithm: str = "HS256") -> str:
    """Make a JSON web token by RFC 7519, without the engine's help."""

    def encoded(data: bytes) -> str:
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

    header = {"alg": algorithm, "typ": "JWT"}
    text = ".".join(encoded(json.dumps(part).encode()) for part in (header, claims))
    return f"{text}.{encoded(hmac.new(secret, text.encode(), hashlib.sha256).digest())}"


ROOT = basic("root", "first")


@pytest.fixture
def guarded() -> Iterator[Api]:
    """A server that asks for passwords, with ada, who may read `_system`, and its things."""
    clock = Clock()
    with Engine(None, lock_timeout=0.05) as engine:
        server = Server(engine, clock, guarded=True, root_password="first", secret=SECRET)
        api = Api(server, clock)
        assert api("POST /_api/user", {"user": "ada", "passwd": "x"}, **ROOT).status == 201
        api("PUT /_api/user/ada/database/_system", {"grant": "ro"}, **ROOT)
        assert api("POST /_api/collection", {"name": "things"}, **ROOT).status == 200
        yield api
        server.close()


def test_only_accounts_are_answered(guarded):
    asked = "GET /_api/version"
    assert guarded.refused(asked) == (401, 11)
    assert guarded.refused(asked, **basic("nobody", "x")) == (401, 11)
    assert guarded.refused(asked, **basic("ada", "y")) == (401, 11)
    assert guarded.refused(asked, **basic("root", "")) == (401, 11)
    assert guarded.refused(asked, authorization="Digest x") == (401, 11)
    assert guarded.refused(asked, authorization="Basic \u2603") == (401, 11)
    assert guarded(asked, **basic("ada", "x")).status == 200
    assert guarded(asked, **ROOT).status == 200
    assert "Www-Authenticate" in guarded(asked).headers
    assert "Www-Authenticate" not in guarded(asked, x_omit_www_authenticate="1").headers
    assert guarded("OPTIONS /_api/version").status == 200
    assert guarded("GET /_admin/options", **ROOT).json["server.authentication"] is True


def test_the_first_password_of_root_does_not_replace_a_later_one(guarded):
    guarded("PATCH /_api/user/root", {"passwd": "second"}, **ROOT)
    again = Server(guarded.server._state.engine, guarded=True, root_password="first")
    asked = Api(again, guarded.clock)
    assert asked.refused("GET /_api/version", **ROOT) == (401, 11)
    assert asked("GET /_api/version", **basic("root", "second")).status == 200
    again.close()


def test_a_server_that_nobody_could_enter_does_not_start(api):
    with pytest.raises(ArangoError) as refused:
        Server(api.server._state.engine, guarded=True)
    assert refused.value.number == 1703


def test_tokens_are_checked(guarded):
    now = int(time.time())
    good = {"iss": "arangodb", "preferred_username": "ada", "exp": now + 60}
    asked = "GET /_api/version"
    assert guarded(asked, **bearer(signed(good))).status == 200
    superuser = {"iss": "arangodb", "server_id": "x", "exp": now + 60}
    assert guarded("GET /_api/user", **bearer(signed(superuser))).status == 200
    bad = [
        signed({**good, "exp": now - 1}),
        signed({**good, "exp": "soon"}),
        signed({**good, "iss": "someone"}),
        signed({**good, "preferred_username": "nobody"}),
        signed({**good, "preferred_username": ""}),
        signed({**good, "preferred_username": ["ada"]}),
        signed(good, secret=b"another"),
        signed(good, algorithm="none"),
        signed([good]),
        signed(good).rpartition(".")[0] + ".",
        signed(good) + "x",
        "bad_token",
        "",
        "..",
        "\u2603.\u2603.\u2603",
    ]
    for token in bad:
        assert guarded.refused(asked, **bearer(token)) == (401, 11), token


def test_where_nobody_is_asked_only_our_own_tokens_say_who_it_is(api):
    server = Server(api.server._state.engine, api.clock, secret=SECRET)
    asked = Api(server, api.clock)
    asked("POST /_api/user", {"user": "ada"})
    claims = {"iss": "arangodb", "preferred_username": "ada"}
    line = "GET /_api/version"
    assert asked.refused(line, **bearer(signed(claims))) == (401, 11)  # ada may do nothing
    assert asked(line, **bearer(signed(claims, secret=b"another"))).status == 200
    assert asked(line, **bearer("of another server")).status == 200
    assert asked.refused(line, **bearer(signed({**claims, "exp": 1}))) == (401, 11)
    server.close()


def test_a_password_buys_a_token(guarded):
    login = "POST /_open/auth"
    assert guarded.refused(login, {"username": "ada", "password": "y"}) == (401, 401)
    assert guarded.refused(login, {"username": "nobody", "password": ""}) == (401, 401)
    assert guarded.refused(login, {"username": 1}) == (400, 400)
    token = guarded(login, {"username": "ada", "password": "x"}).json["jwt"]
    assert guarded("GET /_api/version", **bearer(token)).status == 200
    assert guarded.refused("GET /_api/user", **bearer(token)) == (403, 11)


def test_access_tokens_open_like_a_password_until_they_are_revoked(guarded):
    path, who = "/_api/token/ada", basic("ada", "x")
    until = int(time.time()) + 60
    made = guarded(f"POST {path}", {"name": "A", "valid_until": until}, **who).json
    assert (made["id"], made["active"]) == (1, True)
    assert guarded.refused(f"POST {path}", {"name": "A", "valid_until": until}, **who)[0] == 409
    assert guarded.refused(f"POST {path}", {"name": "", "valid_until": until}, **who)[0] == 400
    told = guarded(f"GET {path}", **who).json["tokens"]
    assert told == [{name: value for name, value in made.items() if name != "token"}]
    for name in ("ada", ""):
        assert guarded("GET /_api/version", **basic(name, made["token"])).status == 200
    assert guarded.refused("GET /_api/version", **basic("root", made["token"])) == (401, 11)
    assert guarded("POST /_open/auth", {"password": made["token"]}).status == 200
    late = guarded(f"POST {path}", {"name": "B", "valid_until": until - 120}, **who).json
    assert late["active"] is False
    assert guarded.refused("GET /_api/version", **basic("ada", late["token"])) == (401, 11)
    assert guarded(f"DELETE {path}/1", **who).status == 200
    assert guarded.refused(f"DELETE {path}/1", **who)[0] == 404
    assert guarded.refused("GET /_api/version", **basic("ada", made["token"])) == (401, 11)
    assert guarded.refused("GET /_api/token/root", **who) == (403, 11)


@pytest.mark.parametrize(
    ("line", "body"),
    [
        ("POST /_api/user", {"user": "eve"}),
        ("GET /_api/user/root", None),
        ("PATCH /_api/user/root", {"passwd": ""}),
        ("PUT /_api/user/ada/database/_system", {"grant": "rw"}),
        ("DELETE /_api/user/ada/database/_system", None),
        ("PUT /_api/user/ada/database/_system/things", {"grant": "rw"}),
        ("DELETE /_api/user/root", None),
        ("POST /_api/database", {"name": "mine"}),
        ("DELETE /_api/database/mine", None),
        ("POST /_api/collection", {"name": "mine"}),
        ("PUT /_api/collection/things/rename", {"name": "mine"}),
        ("POST /_api/index?collection=things", {"type": "persistent", "fields": ["a"]}),
        ("POST /_api/gharial", {"name": "g"}),
        ("POST /_api/analyzer", {"name": "a", "type": "identity"}),
        ("POST /_api/view", {"name": "v", "type": "arangosearch"}),
        ("POST /_api/aqlfunction", {"name": "a::b", "code": "function () {}"}),
    ],
)
def test_who_may_only_read_changes_no_schema_and_no_account(guarded, line, body):
    assert guarded.refused(line, body, **basic("ada", "x")) == (403, 11)


def test_collections_that_an_account_may_not_read_are_not_listed(guarded):
    guarded("PUT /_api/user/ada/database/_system/things", {"grant": "none"}, **ROOT)
    seen = [
        {each["name"] for each in guarded("GET /_api/collection", **who).json["result"]}
        for who in (ROOT, basic("ada", "x"))
    ]
    assert seen[0] - seen[1] == {"things", "_users"}


def test_a_query_knows_who_asks(guarded):
    query = {"query": "RETURN CURRENT_USER()"}
    for name, who in (("root", ROOT), ("ada", basic("ada", "x"))):
        assert guarded("POST /_api/cursor", query, **who).json["result"] == [name]


def test_keys_and_certificates_are_told_to_administrators_there_are_none(guarded):
    assert guarded("GET /_admin/server/tls", **ROOT).json["result"] == {}
    assert guarded.refused("GET /_admin/server/tls", **basic("ada", "x")) == (403, 11)
    assert guarded.refused("GET /_admin/server/aql-queries", **basic("ada", "x")) == (403, 11)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    "query",
    [
        "FOR v IN 1..1 OUTBOUND 'things/1' joins RETURN v",
        "FOR v, e, p IN 1..1 OUTBOUND 'things/1' joins FILTER p.vertices[1].a == 1 RETURN 1",
        "FOR v IN OUTBOUND SHORTEST_PATH 'things/1' TO 'hidden/1' joins RETURN v",
        "RETURN DOCUMENT('hidden/1')",
        "RETURN DOCUMENT(CONCAT('hid', 'den'), ['1'])",
        "RETURN COLLECTION_COUNT(CONCAT('hid', 'den'))",
        "FOR d IN shelf RETURN d",
    ],
)
def test_no_query_leads_to_a_collection_that_it_does_not_name(guarded, query, stream):
    guarded("POST /_api/collection", {"name": "hidden"}, **ROOT)
    guarded("POST /_api/collection", {"name": "joins", "type": 3}, **ROOT)
    for name, body in (
        ("things", {"_key": "1"}),
        ("hidden", {"_key": "1", "a": 1}),
        ("joins", {"_from": "things/1", "_to": "hidden/1"}),
    ):
        guarded(f"POST /_api/document/{name}", body, **ROOT)
    links = {"hidden": {"includeAllFields": True}}
    guarded("POST /_api/view", {"name": "shelf", "type": "arangosearch", "links": links}, **ROOT)
    guarded("PUT /_api/query-cache/properties", {"mode": "on"}, **ROOT)
    body = {"query": query, "options": {"stream": stream}}
    assert guarded("POST /_api/cursor", body, **basic("ada", "x")).status == 201
    guarded("PUT /_api/user/ada/database/_system/hidden", {"grant": "none"}, **ROOT)
    assert guarded("POST /_api/cursor", body, **ROOT).status == 201
    assert guarded.refused("POST /_api/cursor", body, **basic("ada", "x")) == (403, 11)


def test_nobody_meets_the_cursors_transactions_jobs_and_queries_of_others(guarded):
    ada, bob = basic("ada", "x"), basic("bob", "y")
    guarded("POST /_api/user", {"user": "bob", "passwd": "y"}, **ROOT)
    guarded("PUT /_api/user/bob/database/_system", {"grant": "ro"}, **ROOT)
    guarded("PUT /_api/query/properties", {"slowQueryThreshold": 0}, **ROOT)
    body = {"query": "FOR i IN 1..9 RETURN i", "batchSize": 2}
    cursor = guarded("POST /_api/cursor", body, **ada).json["id"]
    assert guarded.refused(f"PUT /_api/cursor/{cursor}", **bob) == (404, 1600)
    assert guarded.refused(f"DELETE /_api/cursor/{cursor}", **bob) == (404, 1600)
    assert guarded(f"PUT /_api/cursor/{cursor}", **ada).json["result"] == [3, 4]
    begin = {"collections": {"read": ["things"]}}
    stream = guarded("POST /_api/transaction/begin", begin, **ada).json["result"]["id"]
    assert guarded("GET /_api/transaction", **bob).json["transactions"] == []
    assert guarded.refused(f"PUT /_api/transaction/{stream}", **bob) == (404, 1655)
    inside = {**bob, "x_arango_trx_id": stream}
    assert guarded.refused("GET /_api/document/things/1", **inside) == (404, 1655)
    assert guarded("GET /_api/transaction", **ada).json["transactions"][0]["id"] == stream
    assert guarded(f"PUT /_api/transaction/{stream}", **ada).status == 200
    asked = guarded("GET /_api/version", x_arango_async="store", **ada)
    job = asked.headers["x-arango-async-id"]
    assert guarded("GET /_api/job/done", **bob).json == []
    assert guarded.refused(f"PUT /_api/job/{job}", **bob)[0] == 404
    assert guarded("DELETE /_api/job/all", **bob).status == 200
    assert guarded("GET /_api/job/done", **ROOT).json == [job]
    assert guarded("GET /_api/query/slow", **bob).json == []
    assert [each["user"] for each in guarded("GET /_api/query/slow", **ada).json] == ["ada"]
    assert guarded("GET /_api/query/slow", **ROOT).json != []


def test_an_account_may_see_itself_and_change_its_password(guarded):
    guarded("DELETE /_api/user/ada/database/_system", **ROOT)
    who = basic("ada", "x")
    assert guarded("GET /_api/user/ada", **who).json["user"] == "ada"
    assert guarded("GET /_api/user/ada/database", **who).json["result"] == {}
    assert guarded.refused("GET /_api/user/root", **who) == (401, 11)
    guarded("PUT /_api/user/ada/database/_system", {"grant": "ro"}, **ROOT)
    assert guarded("PATCH /_api/user/ada", {"passwd": "z"}, **who).status == 200
    assert guarded("GET /_api/user/ada", **basic("ada", "z")).status == 200
    assert guarded.refused("PATCH /_api/user/ada", {"extra": 1}, **basic("ada", "z"))[0] == 400


@pytest.mark.parametrize(
    ("line", "body"),
    [
        ("GET /_api/document/things/1", None),
        ("HEAD /_api/document/things/1", None),
        ("PUT /_api/document/things?onlyget=true", ["1"]),
        ("POST /_api/document/things", {"a": 1}),
        ("POST /_api/document/things", [{"a": 1}]),
        ("PUT /_api/document/things", [{"_key": "1"}]),
        ("PATCH /_api/document/things/1", {"a": 1}),
        ("DELETE /_api/document/things/1", None),
        ("DELETE /_api/document/things", ["1"]),
        ("POST /_api/import?collection=things&type=list", [{"a": 1}]),
        ("GET /_api/collection/things", None),
        ("GET /_api/collection/things/count", None),
        ("GET /_api/collection/things/checksum", None),
        ("PUT /_api/collection/things/truncate", None),
        ("DELETE /_api/collection/things", None),
        ("PUT /_api/collection/things/properties", {"waitForSync": True}),
        ("GET /_api/index?collection=things", None),
        ("POST /_api/index?collection=things", {"type": "persistent", "fields": ["a"]}),
        ("POST /_api/cursor", {"query": "FOR t IN things RETURN t"}),
        ("POST /_api/cursor", {"query": "FOR t IN @@c RETURN t", "bindVars": {"@c": "things"}}),
        ("POST /_api/explain", {"query": "FOR t IN things RETURN t"}),
        ("GET /_api/gharial/g/vertex/things/1", None),
        ("POST /_api/gharial/g/vertex/things", {"a": 1}),
        ("DELETE /_api/gharial/g/vertex/things/1", None),
        ("GET /_api/edges/joins?vertex=things/1", None),
        ("POST /_api/transaction/begin", {"collections": {"write": ["things"]}}),
    ],
)
def test_no_way_leads_to_a_collection_that_an_account_may_not_see(guarded, line, body):
    definition = [{"collection": "joins", "from": ["things"], "to": ["things"]}]
    guarded("POST /_api/gharial", {"name": "g", "edgeDefinitions": definition}, **ROOT)
    guarded("POST /_api/document/things", {"_key": "1"}, **ROOT)
    guarded("PUT /_api/user/ada/database/_system", {"grant": "rw"}, **ROOT)
    for name in ("things", "joins"):
        guarded(f"PUT /_api/user/ada/database/_system/{name}", {"grant": "none"}, **ROOT)
    answer = guarded(line, body, **basic("ada", "x"))
    assert answer.status == 403
    if not line.startswith("HEAD"):
        assert answer.json["errorNum"] == 11
