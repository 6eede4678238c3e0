"""What the system refuses is told in ArangoDB's words, not as an exception of another library."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest

from hades_mcp.embedded.client import connect
from hades_mcp.embedded.rest import Server
from hades_mcp.embedded.storage import Engine


def test_a_full_disk_is_error_1104_and_the_server_goes_on(things):
    things("POST /_api/document/things", {"_key": "a"})
    database = things.server._state.engine.database("_system")
    with database.transaction(write=True) as tx:  # the pool gives the next request this connection
        (pages,) = tx.session.execute("PRAGMA page_count").fetchone()
        tx.session.execute(f"PRAGMA max_page_count = {pages + 20}")
    documents = [{"text": "x" * 5000} for _ in range(500)]
    assert things.refused("POST /_api/document/things", documents) == (500, 1104)
    body = {"query": "FOR i IN 1..500 INSERT {text: REPEAT('x', 5000)} INTO things"}
    assert things.refused("POST /_api/cursor", body) == (500, 1104)
    with database.transaction(write=True) as tx:
        tx.session.execute("PRAGMA max_page_count = 1000000")
    assert things("GET /_api/collection/things/count").json["count"] == 1
    assert things("POST /_api/document/things", {"_key": "b"}).status == 202


def test_a_full_disk_ends_a_stream_transaction_in_arangodbs_words(things):
    begun = things("POST /_api/transaction/begin", {"collections": {"write": ["things"]}})
    stream = begun.json["result"]["id"]
    things("POST /_api/document/things", {"_key": "a"}, x_arango_trx_id=stream)
    with things.server._state.streams.use("_system", stream) as found:
        execute = found.transaction.session.execute
        (pages,) = execute("PRAGMA page_count").fetchone()
        execute(f"PRAGMA max_page_count = {pages + 20}")
    documents = [{"text": "x" * 5000} for _ in range(500)]
    assert things.refused("POST /_api/document/things", documents, x_arango_trx_id=stream) == (
        500,
        1104,
    )
    assert things.refused(f"PUT /_api/transaction/{stream}")[1] in {1650, 1654, 1655}
    assert things("GET /_api/collection/things/count").json["count"] == 0


@pytest.mark.parametrize("place", [4, 5, 8])
def test_a_damaged_file_is_error_1100(tmp_path, place):
    client = connect(tmp_path)
    collection: Any = client.db().create_collection("things")
    collection.insert_many([{"_key": str(n), "text": "x" * 500} for n in range(500)])
    client.close()
    with sqlite3.connect(tmp_path / "_system.sqlite") as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
    connection.close()
    data = bytearray((tmp_path / "_system.sqlite").read_bytes())
    for start in range(4096 * 4 * place, len(data), 4096):
        data[start : start + 2000] = b"\xff" * 2000
    (tmp_path / "_system.sqlite").write_bytes(data)
    engine = Engine(tmp_path)
    server = Server(engine)
    for method, path in (
        ("GET", "/_api/collection"),
        ("GET", "/_api/collection/things/count"),
        ("GET", "/_api/document/things/7"),
        ("GET", "/_api/collection/things/checksum"),
        ("POST", "/_api/document/things"),
    ):
        answer = server.handle(method, path, {}, {}, b"{}")
        assert answer.status < 500 or b'"errorNum":1100' in answer.body, answer.body
    server.close()
    engine.close()
