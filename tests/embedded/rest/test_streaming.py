"""Streaming cursors: queries that run as far as their rows are fetched."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

import pytest

from hades_mcp.embedded.client import connect

ENDLESS = "FOR i IN 1..1000000000000 RETURN i"


def stream(api: Any, query: str, *, batch_size: int = 10, options: Any = None, **body: Any) -> Any:
    options = {"stream": True, **(options or {})}
    return api(
        "POST /_api/cursor",
        {"query": query, "batchSize": batch_size, "options": options, **body},
    )


def log_is_free(api: Any) -> Any:
    """Tell whether nobody reads an old state: SQLite can empty its log then."""
    path = api.server._state.engine.database("_system").path
    with closing(sqlite3.connect(path, timeout=0)) as connection:
        return connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0


def test_a_query_without_end_answers_batch_by_batch(api):
    answer = stream(api, ENDLESS)
    assert answer.status == 201
    assert answer.json["result"] == list(range(1, 11))
    assert answer.json["hasMore"] is True
    assert "extra" not in answer.json
    cursor = answer.json["id"]
    assert api(f"POST /_api/cursor/{cursor}").json["result"] == list(range(11, 21))
    assert api(f"DELETE /_api/cursor/{cursor}").status == 202
    assert api.refused(f"POST /_api/cursor/{cursor}") == (404, 1600)


def test_statistics_and_warnings_come_with_the_last_batch(api):
    first = stream(api, "FOR i IN 1..15 RETURN i / 0", count=True)
    assert "count" not in first.json
    last = api(f"POST /_api/cursor/{first.json['id']}").json
    assert (len(last["result"]), last["hasMore"]) == (5, False)
    assert [warning["code"] for warning in last["extra"]["warnings"]] == [1562] * 10
    assert last["extra"]["stats"]["writesExecuted"] == 0
    assert api.refused(f"POST /_api/cursor/{first.json['id']}") == (404, 1600)
    whole = stream(api, "FOR i IN 1..10 RETURN i").json
    assert (whole["hasMore"], "id" in whole, "extra" in whole) == (False, False, True)


def test_it_reads_what_was_there_when_it_began(things):
    things("POST /_api/document/things", [{"_key": str(n)} for n in range(25)])
    first = stream(things, "FOR t IN things RETURN t._key").json
    things("POST /_api/document/things", {"_key": "new"})
    things("DELETE /_api/document/things/20")
    assert not log_is_free(things)
    rest = [things(f"POST /_api/cursor/{first['id']}").json["result"] for _ in range(2)]
    assert [*first["result"], *rest[0], *rest[1]] == [str(n) for n in range(25)]
    assert log_is_free(things)


def test_what_is_not_fetched_in_time_is_given_up(things):
    things("POST /_api/document/things", [{} for _ in range(25)])
    cursor = stream(things, "FOR t IN things RETURN t", ttl=20).json["id"]
    things("POST /_api/document/things", {})
    things.clock.now += 19
    things(f"POST /_api/cursor/{cursor}")
    things.clock.now += 19
    assert not log_is_free(things)
    things.clock.now += 2
    assert things.refused(f"POST /_api/cursor/{cursor}") == (404, 1600)
    assert log_is_free(things)
    assert things("GET /_api/query/current").json == []


def test_it_is_listed_while_suspended_and_can_be_killed(api):
    cursor = stream(api, ENDLESS).json["id"]
    (listed,) = api("GET /_api/query/current").json
    assert (listed["query"], listed["stream"]) == (ENDLESS, True)
    assert api(f"DELETE /_api/query/{listed['id']}").status == 200
    assert api.refused(f"POST /_api/cursor/{cursor}") == (410, 1500)
    assert api.refused(f"POST /_api/cursor/{cursor}") == (404, 1600)
    assert api("GET /_api/query/current").json == []


def test_an_error_ends_it_where_it_happens(api):
    query = "FOR i IN 1..30 RETURN i < 15 ? i : FAIL('enough')"
    cursor = stream(api, query).json["id"]
    assert api.refused(f"POST /_api/cursor/{cursor}") == (400, 1569)
    assert api.refused(f"POST /_api/cursor/{cursor}") == (404, 1600)
    assert api.refused(
        "POST /_api/cursor", {"query": "RETURN FAIL('now')", "options": {"stream": True}}
    ) == (400, 1569)
    assert api("GET /_api/query/current").json == []


def test_the_last_batch_can_be_fetched_again(api):
    first = stream(api, "FOR i IN 1..15 RETURN i", options={"allowRetry": True}).json
    path = f"POST /_api/cursor/{first['id']}/{first['nextBatchId']}"
    assert api(path).json["result"] == api(path).json["result"] == [11, 12, 13, 14, 15]
    assert api(f"DELETE /_api/cursor/{first['id']}").status == 202


def test_a_wrong_batch_id_leaves_the_cursor_alone(api):
    first = stream(api, ENDLESS).json
    assert api.refused(f"POST /_api/cursor/{first['id']}/7") == (404, 404)
    assert api(f"POST /_api/cursor/{first['id']}").json["result"][0] == 11


def test_what_writes_is_done_at_once(things):
    query = "FOR i IN 1..25 INSERT {n: i} INTO things RETURN NEW.n"
    first = stream(things, query).json
    assert first["hasMore"] is True
    assert things("GET /_api/collection/things/count").json["count"] == 25


@pytest.mark.parametrize("limit", [100_000, 0])
def test_rows_that_were_fetched_weigh_no_more(api, limit):
    answer = stream(api, "FOR i IN 1..30000 RETURN i", batch_size=1000, memoryLimit=limit).json
    rows = len(answer["result"])
    while answer["hasMore"]:
        answer = api(f"POST /_api/cursor/{answer['id']}").json
        rows += len(answer["result"])
    assert rows == 30000


def test_a_dropped_database_ends_it(api):
    api("POST /_api/database", {"name": "shop"})
    body = {"query": ENDLESS, "batchSize": 1, "options": {"stream": True}}
    cursor = api("POST /_db/shop/_api/cursor", body).json["id"]
    assert api("DELETE /_api/database/shop").status == 200
    assert api.refused(f"POST /_db/shop/_api/cursor/{cursor}")[0] == 404


def test_the_driver_streams(tmp_path):
    client = connect(tmp_path)
    database: Any = client.db()
    database.create_collection("things").insert_many([{"n": n} for n in range(2500)])
    cursor = database.aql.execute("FOR t IN things RETURN t.n", stream=True, batch_size=100, ttl=10)
    assert [next(cursor) for _ in range(150)] == list(range(150))
    assert list(cursor) == list(range(150, 2500))
    assert cursor.statistics()["scanned_full"] == 2500
    endless = database.aql.execute(ENDLESS, stream=True)
    assert next(endless) == 1
    client.close()  # with a query suspended
