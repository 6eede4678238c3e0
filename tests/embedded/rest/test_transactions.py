"""Stream transactions over HTTP."""

from __future__ import annotations

from typing import Any

import pytest


def begin(api: Any, **collections: Any) -> str:
    answer = api("POST /_api/transaction/begin", {"collections": collections})
    assert (answer.status, answer.json["result"]["status"]) == (201, "running")
    return str(answer.json["result"]["id"])


def test_writes_are_seen_inside_and_after_the_commit_outside(things):
    trx = begin(things, write=["things"])
    things("POST /_api/document/things", {"_key": "a"}, x_arango_trx_id=trx)
    assert things("GET /_api/document/things/a", x_arango_trx_id=trx).status == 200
    assert things.refused("GET /_api/document/things/a") == (404, 1202)
    assert things("GET /_api/transaction").json["transactions"] == [{"id": trx, "state": "running"}]
    done = things(f"PUT /_api/transaction/{trx}")
    assert done.json["result"] == {"id": trx, "status": "committed"}
    assert things("GET /_api/document/things/a").status == 200
    assert things(f"GET /_api/transaction/{trx}").json["result"]["status"] == "committed"
    assert things(f"PUT /_api/transaction/{trx}").status == 200
    assert things.refused(f"DELETE /_api/transaction/{trx}") == (400, 1653)
    assert things.refused("GET /_api/document/things/a", x_arango_trx_id=trx) == (404, 1655)


def test_an_abort_leaves_nothing(things):
    trx = begin(things, exclusive="things")
    things("POST /_api/document/things", [{"_key": "a"}, {"_key": "b"}], x_arango_trx_id=trx)
    assert things(f"DELETE /_api/transaction/{trx}").json["result"]["status"] == "aborted"
    assert things("GET /_api/collection/things/count").json["count"] == 0


def test_a_failed_request_leaves_the_transaction_usable_and_nothing_behind(things):
    trx = begin(things, write="things")
    path = "/_api/import?collection=things&type=list&complete=true"
    refused = things.refused(f"POST {path}", [{"_key": "a"}, {"_key": "a"}], x_arango_trx_id=trx)
    assert refused == (409, 1210)
    things("POST /_api/document/things", {"_key": "b"}, x_arango_trx_id=trx)
    things(f"PUT /_api/transaction/{trx}")
    assert things("GET /_api/collection/things/count").json["count"] == 1


def test_a_write_needs_a_declared_collection(api, things):
    api("POST /_api/collection", {"name": "other"})
    trx = begin(things, read=["things"], write=["other"])
    assert things.refused("POST /_api/document/things", {}, x_arango_trx_id=trx) == (400, 1652)
    assert things("POST /_api/document/other", {}, x_arango_trx_id=trx).status == 202
    things(f"DELETE /_api/transaction/{trx}")


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ({}, (400, 10)),
        ({"collections": {"write": [1]}}, (400, 10)),
        ({"collections": {"read": "none"}}, (404, 1203)),
    ],
)
def test_a_transaction_that_cannot_be_is_refused(api, body, refusal):
    assert api.refused("POST /_api/transaction/begin", body) == refusal


def test_undeclared_collections_may_be_read_unless_that_is_forbidden(things):
    things("POST /_api/collection", {"name": "others"})
    things("POST /_api/document/others", {"_key": "1"})
    declared = {"read": ["things"]}
    read, line = {"query": "FOR o IN others RETURN o._key"}, "GET /_api/document/others/1"
    for implicit, refusal in ((True, None), (False, (400, 1652))):
        body = {"collections": declared, "allowImplicit": implicit}
        begun = things("POST /_api/transaction/begin", body).json["result"]["id"]
        inside = {"x_arango_trx_id": begun}
        assert things("GET /_api/collection/things/count", **inside).status == 200
        if refusal is None:
            assert things("POST /_api/cursor", read, **inside).json["result"] == ["1"]
            assert things(line, **inside).status == 200
        else:
            assert things.refused("POST /_api/cursor", read, **inside) == refusal
            assert things.refused(line, **inside) == refusal


def test_unknown_and_javascript_transactions_are_refused(api):
    for line in ("GET", "PUT", "DELETE"):
        assert api.refused(f"{line} /_api/transaction/99") == (404, 1655)
    assert api.refused("GET /_api/collection", x_arango_trx_id="99") == (404, 1655)
    assert api.refused("POST /_api/transaction", {"action": "function(){}"}) == (501, 9)


def test_a_transaction_belongs_to_its_database(api, things):
    api("POST /_api/database", {"name": "other"})
    trx = begin(things, write="things")
    assert api.refused(f"GET /_db/other/_api/transaction/{trx}") == (404, 1655)
    assert api.refused("GET /_db/other/_api/collection", x_arango_trx_id=trx) == (404, 1655)
    things(f"DELETE /_api/transaction/{trx}")


def test_a_writer_locks_nobody_out_before_its_first_request(things):
    idle = begin(things, write="things")
    assert things("POST /_api/document/things", {}).status == 202
    assert things(f"PUT /_api/transaction/{idle}").json["result"]["status"] == "committed"


def test_a_second_writer_waits_and_then_is_told(things):
    trx = begin(things, write="things")
    things("GET /_api/document/things/none", x_arango_trx_id=trx)
    assert things.refused("POST /_api/document/things", {}) == (409, 18)
    things(f"DELETE /_api/transaction/{trx}")
    assert things("POST /_api/document/things", {}).status == 202


def test_a_database_is_dropped_from_under_its_transactions(api):
    api("POST /_api/database", {"name": "other"})
    api("POST /_db/other/_api/collection", {"name": "things"})
    body = {"collections": {"write": "things"}}
    trx = api("POST /_db/other/_api/transaction/begin", body).json["result"]["id"]
    api("POST /_db/other/_api/document/things", {}, x_arango_trx_id=trx)
    assert api("DELETE /_api/database/other").status == 200


def test_a_forgotten_transaction_is_aborted_after_a_minute(things):
    trx = begin(things, write="things")
    things.clock.now += 59
    assert things("POST /_api/document/things", {}, x_arango_trx_id=trx).status == 202
    things.clock.now += 59
    assert things(f"GET /_api/transaction/{trx}").json["result"]["status"] == "running"
    things.clock.now += 2
    assert things("GET /_api/transaction").json["transactions"] == []
    assert things(f"GET /_api/transaction/{trx}").json["result"]["status"] == "aborted"
    assert things("POST /_api/document/things", {}).status == 202


def test_a_watchman_aborts_what_was_forgotten_though_nobody_asks(things):
    streams: Any = things.server._state.streams
    old = begin(things, write="things")
    things("POST /_api/document/things", {}, x_arango_trx_id=old)
    things.clock.now += 61
    assert not streams._look()  # there is nothing left to watch
    assert streams.status("_system", old) == "aborted"
    young = begin(things, read="things")
    assert streams._look()
    assert streams.status("_system", young) == "running"


def test_a_reader_keeps_the_snapshot_it_began_with(things):
    trx = begin(things, read="things")
    things("POST /_api/document/things", {"_key": "late"})
    late = "GET /_api/document/things/late"
    assert things.refused(late, x_arango_trx_id=trx) == (404, 1202)
    assert things.refused("POST /_api/document/things", {}, x_arango_trx_id=trx) == (400, 1652)
    assert things(f"PUT /_api/transaction/{trx}").status == 200


@pytest.mark.parametrize(
    "query",
    [
        'RETURN DOCUMENT("hidden/h")',
        'RETURN COLLECTION_COUNT("hidden")',
        'FOR v IN OUTBOUND "things/a" links RETURN v',
    ],
)
def test_what_a_query_reaches_while_it_runs_must_be_declared_too(things, query):
    things("POST /_api/collection", {"name": "hidden"})
    things("POST /_api/collection", {"name": "links", "type": 3})
    things("POST /_api/document/hidden", {"_key": "h"})
    things("POST /_api/document/things", {"_key": "a"})
    things("POST /_api/document/links", {"_from": "things/a", "_to": "hidden/h"})
    declared: dict[str, Any] = {"read": ["things", "links"]}
    for implicit, expected in ((False, (400, 1652)), (True, None)):
        body = {"collections": declared, "allowImplicit": implicit}
        trx = things("POST /_api/transaction/begin", body).json["result"]["id"]
        if expected:
            refused = things.refused("POST /_api/cursor", {"query": query}, x_arango_trx_id=trx)
            assert refused == expected
        else:
            answer = things("POST /_api/cursor", {"query": query}, x_arango_trx_id=trx)
            assert answer.json["result"][0]
        things(f"DELETE /_api/transaction/{trx}")
