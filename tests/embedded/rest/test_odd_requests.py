"""Requests that once crashed the server or left it damaged; fuzzing found them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import TYPE_CHECKING

import pytest
from tests.embedded.rest.conftest import Api, Clock

from hades_mcp.embedded.rest import Server
from hades_mcp.embedded.storage import Engine
from hades_mcp.embedded.storage.check import check

if TYPE_CHECKING:
    from pathlib import Path

VECTOR = {"type": "vector", "fields": ["a"], "params": {"dimension": 2, "nLists": 1}}


@pytest.mark.parametrize(
    ("line", "body", "refusal"),
    [
        ("GET /_db/other/?/_admin/time", None, (404, 404)),
        ("GET /_db/_system/", None, (404, 404)),
        ("POST /_api/collection", {"name": "a", "type": [2]}, (400, 1218)),
        ("POST /_api/collection", {"name": "a", "keyOptions": 1}, (400, 1232)),
        ("POST /_api/collection", {"name": "a", "keyOptions": {"type": []}}, (400, 1232)),
        ("POST /_api/collection", {"name": "a", "schema": "rule"}, (400, 1621)),
        ("PUT /_api/collection/things/properties", {"schema": {"level": []}}, (400, 1621)),
        ("POST /_api/index?collection=things", {"type": ["geo"], "fields": ["a"]}, (400, 10)),
        (
            "POST /_api/index?collection=things",
            {**VECTOR, "params": {**VECTOR["params"], "metric": []}},  # type: ignore[dict-item]
            (400, 10),
        ),
        ("POST /_api/analyzer", {"name": "a", "type": {}}, (400, 10)),
        ("DELETE /_api/view/99999999999999999999", None, (404, 1203)),
        ("POST /_api/database", {"name": "mine", "users": ["ada"]}, (400, 400)),
        ("POST /_api/database", {"name": "mine", "users": {"username": "ada"}}, (400, 400)),
        ("PATCH /_api/user/root", {"extra": []}, (400, 400)),
        ("POST /_api/token/root", {"name": "t", "valid_until": 10**30}, (400, 400)),
        ("POST /_api/query", {"query": "RETURN " + "1+" * 3000 + "1"}, (400, 1524)),
    ],
)
def test_what_makes_no_sense_is_refused(things, line, body, refusal):
    things("POST /_api/database", {"name": "other"})
    assert things.refused(line, body) == refusal


def test_documents_written_into_system_collections_by_hand_hurt_nobody(api):
    for name in ("_users", "_graphs", "_aqlfunctions"):
        rogue = {"_key": "rogue", "user": "rogue", "name": 1, "edgeDefinitions": [{}]}
        assert api(f"POST /_api/document/{name}", rogue).status == 202
    assert [each["user"] for each in api("GET /_api/user").json["result"]] == ["root"]
    assert api.refused("PATCH /_api/user/rogue", {"extra": {}}) == (404, 1703)
    assert api("GET /_api/gharial").json["graphs"] == []
    assert api.refused("GET /_api/gharial/rogue") == (404, 1924)
    assert api("GET /_api/aqlfunction").json["result"] == []
    assert api("POST /_api/user", {"user": "rogue"}).status == 201


def test_a_database_is_dropped_under_queries_that_run(tmp_path: Path) -> None:
    """Closing a file under a thread that was inside SQLite once ended the process."""
    read = {"query": "FOR i IN 1..50 FOR t IN things FILTER t.n != i RETURN t"}
    with Engine(tmp_path) as engine:
        server = Server(engine)
        api = Api(server, Clock())
        over = Event()
        seen: set[tuple[int, int]] = set()

        def ask() -> None:
            while not over.is_set():
                answer = api("POST /_db/other/_api/cursor", read)
                seen.add((answer.status, answer.json.get("errorNum", 0)))

        with ThreadPoolExecutor(3) as threads:
            asking = [threads.submit(ask) for _ in range(3)]
            try:
                for _ in range(25):
                    api("POST /_api/database", {"name": "other"})
                    api("POST /_db/other/_api/collection", {"name": "things"})
                    api("POST /_db/other/_api/document/things", [{"n": n} for n in range(100)])
                    assert api("DELETE /_api/database/other").status == 200
            finally:
                over.set()  # or what fails here would wait for those who ask, for ever
            for each in asking:
                each.result(60)
        assert seen <= {(201, 0), (404, 1228), (404, 1203)}
        assert check(engine) == []
        server.close()


def test_a_renamed_collection_is_found_in_views_by_its_new_ids(tmp_path: Path) -> None:
    with Engine(tmp_path) as engine:
        server = Server(engine)
        api = Api(server, Clock())
        api("POST /_api/collection", {"name": "old"})
        api("POST /_api/document/old", {"_key": "1"})
        links = {"old": {"includeAllFields": True}}
        api("POST /_api/view", {"name": "v", "type": "arangosearch", "links": links})
        assert api("PUT /_api/collection/old/rename", {"name": "new"}).status == 200
        query = {"query": "FOR d IN v SEARCH d._id == 'new/1' RETURN d._id"}
        assert api("POST /_api/cursor", query).json["result"] == ["new/1"]
        assert check(engine) == []
        server.close()
