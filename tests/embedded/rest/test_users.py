"""Accounts: what they are told to be, and what they are held to."""

from __future__ import annotations

import base64
from typing import Any

import pytest


def basic(name: str, password: str) -> str:
    return f"Basic {base64.b64encode(f'{name}:{password}'.encode()).decode()}"


@pytest.fixture
def ada(things: Any) -> Any:
    """The server with `things` and the account ada, password `x`, without any right."""
    body = {"user": "ada", "passwd": "x", "extra": {"a": 1}}
    assert things("POST /_api/user", body).status == 201
    return things


def grant(api: Any, path: str, level: str) -> Any:
    return api(f"PUT /_api/user/ada/database/{path}", {"grant": level})


def test_accounts_come_change_and_go(ada):
    told = {"user": "ada", "active": True, "extra": {"a": 1}}
    assert ada("GET /_api/user/ada").json == {**told, "error": False, "code": 200}
    assert ada.refused("POST /_api/user", {"user": "ada"}) == (409, 1702)
    assert ada.refused("POST /_api/user", {"user": ""})[1] == 1700
    assert ada.refused("POST /_api/user", {}) == (400, 400)
    changed = ada("PATCH /_api/user/ada", {"active": False, "extra": {"b": 2}}).json
    assert (changed["active"], changed["extra"]) == (False, {"a": 1, "b": 2})
    replaced = ada("PUT /_api/user/ada", {"passwd": "y"}).json
    assert (replaced["active"], replaced["extra"]) == (True, {})
    names = [each["user"] for each in ada("GET /_api/user").json["result"]]
    assert names == ["root", "ada"]
    assert ada("DELETE /_api/user/ada").status == 202
    assert ada.refused("DELETE /_api/user/ada") == (404, 1703)
    assert ada.refused("PATCH /_api/user/ada", {}) == (404, 1703)


def test_the_nearest_right_counts(ada):
    path = "/_api/user/ada/database"
    assert ada(f"GET {path}/_system").json["result"] == "none"
    grant(ada, "*", "ro")
    assert ada(f"GET {path}").json["result"] == {"_system": "ro"}
    assert grant(ada, "_system", "rw").json["_system"] == "rw"
    assert grant(ada, "_system/things", "none").json["_system/things"] == "none"
    assert ada(f"GET {path}/_system/things").json["result"] == "none"
    assert ada(f"GET {path}/_system/other").json["result"] == "rw"
    assert ada(f"GET {path}/_system/_users").json["result"] == "none"
    full = ada(f"GET {path}?full=true").json["result"]
    assert full["_system"] == {
        "permission": "rw",
        "collections": {"*": "undefined", "things": "none"},
    }
    assert full["*"]["permission"] == "ro"
    assert ada(f"DELETE {path}/_system/things").status == 202
    assert ada(f"GET {path}/_system/things").json["result"] == "rw"
    ada(f"DELETE {path}/_system")
    assert ada(f"GET {path}/_system").json["result"] == "ro"
    assert ada.refused(f"PUT {path}/_system", {"grant": "all"}) == (400, 400)


def test_a_password_is_asked_of_accounts_only(ada):
    grant(ada, "_system", "rw")
    assert ada("GET /_api/version", authorization=basic("ada", "x")).status == 200
    assert ada.refused("GET /_api/version", authorization=basic("ada", "y")) == (401, 11)
    assert ada("GET /_api/version", authorization=basic("anyone", "y")).status == 200
    assert ada.refused("POST /_open/auth", {"username": "ada", "password": "y"}) == (401, 401)
    token = ada("POST /_open/auth", {"username": "ada", "password": "x"}).json["jwt"]
    assert ada("GET /_api/version", authorization=f"bearer {token}").status == 200
    ada("PATCH /_api/user/ada", {"active": False})
    assert ada.refused("GET /_api/version", authorization=f"bearer {token}") == (401, 11)


def test_an_account_is_held_to_its_rights(ada):
    who = {"authorization": basic("ada", "x")}
    read, write = {"query": "FOR t IN things RETURN 1"}, {"query": "INSERT {} INTO things"}
    assert ada.refused("GET /_api/collection", **who) == (401, 11)
    grant(ada, "_system", "ro")
    assert ada("POST /_api/cursor", read, **who).status == 201
    assert ada.refused("POST /_api/cursor", write, **who) == (403, 1004)
    assert ada.refused("POST /_api/document/things", {}, **who) == (403, 1004)
    assert ada.refused("POST /_api/collection", {"name": "new"}, **who) == (403, 11)
    grant(ada, "_system", "rw")
    assert ada("POST /_api/document/things", {}, **who).status in {201, 202}
    grant(ada, "_system/things", "none")
    assert ada.refused("GET /_api/collection/things/properties", **who) == (403, 11)
    assert ada.refused("POST /_api/cursor", read, **who) == (403, 11)


def test_a_database_may_come_with_accounts(api):
    users = [{"username": "bob", "passwd": "b"}, {"username": "cyd", "active": False}]
    assert api("POST /_api/database", {"name": "mine", "users": users}).status == 201
    assert api("GET /_api/user/bob/database").json["result"] == {"mine": "rw"}
    path = "GET /_db/mine/_api/collection"
    assert api(path, authorization=basic("bob", "b")).status == 200
    assert api.refused(path, authorization=basic("cyd", "")) == (401, 11)


def test_an_account_sees_nothing_of_other_databases(ada):
    who = {"authorization": basic("ada", "x")}
    assert ada.refused("GET /_db/nowhere/_api/version", **who) == (401, 11)
    grant(ada, "_system", "ro")
    ada("POST /_api/database", {"name": "other"})
    assert ada("GET /_api/database/user", **who).json["result"] == ["_system"]
