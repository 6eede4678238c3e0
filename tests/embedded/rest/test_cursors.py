"""AQL over HTTP: batches, limits, transactions, and the queries that run."""

from __future__ import annotations

import json
from threading import Thread
from typing import Any

import pytest


def rows(api: Any, body: Any) -> Any:
    answer = api("POST /_api/cursor", body)
    assert answer.status == 201, answer.json
    return answer.json["result"]


def test_rows_come_in_batches_until_there_are_no_more(api):
    body = {"query": "FOR i IN 1..5 RETURN i", "batchSize": 2, "count": True}
    first = api("POST /_api/cursor", body).json
    assert (first["result"], first["hasMore"], first["count"]) == ([1, 2], True, 5)
    path = f"/_api/cursor/{first['id']}"
    second = api(f"POST {path}").json
    assert (second["result"], second["hasMore"], second["count"]) == ([3, 4], True, 5)
    third = api(f"PUT {path}")
    assert (third.status, third.json["result"], third.json["hasMore"]) == (200, [5], False)
    assert "stats" in third.json["extra"]
    assert api.refused(f"PUT {path}") == (404, 1600)


def test_a_result_of_one_batch_leaves_no_cursor(api):
    answer = api("POST /_api/cursor", {"query": "RETURN 1"}).json
    assert "id" not in answer
    assert "count" not in answer
    exactly = api("POST /_api/cursor", {"query": "FOR i IN 1..2 RETURN i", "batchSize": 2}).json
    assert exactly["hasMore"] is False


def test_a_cursor_can_be_dropped_and_belongs_to_its_database(api):
    api("POST /_api/database", {"name": "other"})
    made = api("POST /_api/cursor", {"query": "FOR i IN 1..3 RETURN i", "batchSize": 1}).json
    assert api.refused(f"POST /_db/other/_api/cursor/{made['id']}") == (404, 1600)
    assert api.refused(f"DELETE /_db/other/_api/cursor/{made['id']}") == (404, 1600)
    assert api(f"DELETE /_api/cursor/{made['id']}").status == 202
    assert api.refused(f"DELETE /_api/cursor/{made['id']}") == (404, 1600)


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_it_must_be_said_which_cursor(api, method):
    answer = api(f"{method} /_api/cursor")
    assert (answer.status, answer.json["errorNum"]) == (400, 400)
    assert answer.json["errorMessage"] == f"expecting {method} /_api/cursor/<cursor-id>"


def test_a_cursor_lives_as_long_as_it_was_told_since_its_last_use(api):
    body = {"query": "FOR i IN 1..4 RETURN i", "batchSize": 1, "ttl": 10}
    path = f"/_api/cursor/{api('POST /_api/cursor', body).json['id']}"
    for _ in range(2):
        api.clock.now += 9
        assert api(f"POST {path}").status == 200
    api.clock.now += 11
    assert api.refused(f"POST {path}") == (404, 1600)


def test_a_lost_batch_can_be_asked_for_again(api):
    body = {
        "query": "FOR i IN 1..3 RETURN i",
        "batchSize": 1,
        "options": {"allowRetry": True},
    }
    first = api("POST /_api/cursor", body).json
    path = f"/_api/cursor/{first['id']}"
    second = api(f"POST {path}/{first['nextBatchId']}").json
    assert second["result"] == [2]
    assert api(f"POST {path}/{first['nextBatchId']}").json == second
    assert api.refused(f"POST {path}/9") == (404, 404)
    assert api.refused(f"POST {path}/x") == (400, 400)
    last = api(f"POST {path}/{second['nextBatchId']}").json
    assert (last["result"], last["hasMore"]) == ([3], False)
    assert api(f"POST {path}/{second['nextBatchId']}").json == last


def test_a_batch_cannot_be_asked_for_again_unless_it_was_agreed(api):
    body = {"query": "FOR i IN 1..3 RETURN i", "batchSize": 1}
    first = api("POST /_api/cursor", body).json
    path = f"/_api/cursor/{first['id']}"
    assert api(f"POST {path}/2").status == 200
    assert api.refused(f"POST {path}/2") == (404, 404)


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        (None, (400, 1502)),
        ({"query": " "}, (400, 1502)),
        ({"query": "RETURN"}, (400, 1501)),
        ({"query": "RETURN @x"}, (400, 1551)),
        ({"query": "RETURN 1", "bindVars": [1]}, (400, 1550)),
        ({"query": "RETURN 1", "bindVars": {"x": 1}}, (400, 1552)),
        ({"query": "RETURN 1", "options": 3}, (400, 400)),
        ({"query": "RETURN 1", "batchSize": 0}, (400, 400)),
        ({"query": "FOR d IN nowhere RETURN d"}, (404, 1203)),
        ({"query": "RETURN NO_SUCH_FUNCTION()"}, (400, 1540)),
    ],
)
def test_a_query_that_cannot_run_is_refused(api, body, refusal):
    assert api.refused("POST /_api/cursor", body) == refusal


def test_whole_numbers_are_written_without_a_point(api):
    quoted = 'say "1.0," twice'
    query = "RETURN [4 / 2, 1.0, -3.0, 2.5, 'x.0', @q, {'a.0': 5.0}]"
    body = json.dumps({"query": query, "bindVars": {"q": quoted}}).encode()
    answer = api.server.handle("POST", "/_api/cursor", body=body)
    assert b'"result":[[2,1,-3,2.5,"x.0","say ' in answer.body
    rows = json.loads(answer.body)["result"]
    assert rows == [[2, 1, -3, 2.5, "x.0", quoted, {"a.0": 5}]]


def test_warnings_and_statistics_are_told(api):
    extra = api("POST /_api/cursor", {"query": "RETURN 1 / 0"}).json["extra"]
    assert extra["warnings"] == [{"code": 1562, "message": "division by zero"}]
    body = {"query": "RETURN 1 / 0", "options": {"failOnWarning": True}}
    assert api.refused("POST /_api/cursor", body) == (400, 1562)
    body = {"query": "FOR i IN 1..9 LIMIT 2 RETURN i", "options": {"fullCount": True, "profile": 2}}
    extra = api("POST /_api/cursor", body).json["extra"]
    assert extra["stats"]["fullCount"] == 9
    assert extra["profile"]["executing"] >= 0
    assert extra["plan"]["nodes"]


def test_limits_stop_a_query(api):
    body = {
        "query": "FOR i IN 1..10000 FOR j IN 1..10000 FILTER j < 0 RETURN i",
        "options": {"maxRuntime": 0.05},
    }
    assert api.refused("POST /_api/cursor", body) == (410, 1500)
    held = {"query": "FOR i IN 1..10000 RETURN i", "memoryLimit": 1000}
    assert api.refused("POST /_api/cursor", held) == (500, 32)


def test_a_query_in_a_transaction_sees_it_and_keeps_its_promises(api, things):
    api("POST /_api/collection", {"name": "other"})
    declared = {"collections": {"write": ["things"], "read": ["other"]}}
    trx = api("POST /_api/transaction/begin", declared).json["result"]["id"]
    insert = {"query": "FOR i IN 1..3 INSERT {i} INTO things"}
    assert things("POST /_api/cursor", insert, x_arango_trx_id=trx).status == 201
    count = {"query": "RETURN LENGTH(things)"}
    assert things("POST /_api/cursor", count, x_arango_trx_id=trx).json["result"] == [3]
    assert rows(things, count) == [0]
    undeclared = {"query": "INSERT {} INTO other"}
    refused = things.refused("POST /_api/cursor", undeclared, x_arango_trx_id=trx)
    assert refused == (400, 1652)
    half = {"query": "FOR k IN ['a', 'b', 'a'] INSERT {_key: k} INTO things"}
    assert things.refused("POST /_api/cursor", half, x_arango_trx_id=trx) == (409, 1210)
    api(f"PUT /_api/transaction/{trx}")
    assert rows(things, count) == [3]


def test_a_running_query_is_listed_and_can_be_killed(api):
    answers = []
    body = {
        "query": "FOR i IN 1..10000 FOR j IN 1..10000 FILTER j < @x RETURN i",
        "bindVars": {"x": 0},
    }
    thread = Thread(target=lambda: answers.append(api.refused("POST /_api/cursor", body)))
    thread.start()
    listed: list[dict[str, object]] = []
    while not listed:
        assert thread.is_alive()
        listed = api("GET /_api/query/current").json
    assert listed[0]["query"] == body["query"]
    assert isinstance(listed[0]["peakMemoryUsage"], int)
    assert listed[0]["bindVars"] == {"x": 0}
    assert api(f"DELETE /_api/query/{listed[0]['id']}").status == 200
    thread.join(60)
    assert answers == [(410, 1500)]
    assert api("GET /_api/query/current").json == []
    assert api.refused(f"DELETE /_api/query/{listed[0]['id']}") == (404, 1591)


def test_slow_queries_are_remembered_until_forgotten(api):
    path, slow = "/_api/query/properties", "/_api/query/slow"
    api("POST /_api/database", {"name": "other"})
    rows(api, {"query": "RETURN 0"})
    for prefix in ("", "/_db/other"):
        changed = api(f"PUT {prefix}{path}", {"slowQueryThreshold": 0, "maxSlowQueries": 2}).json
        assert (changed["slowQueryThreshold"], changed["enabled"]) == (0, True)
    for text in ("RETURN 1", "RETURN 2", "RETURN @x"):
        rows(api, {"query": text, "bindVars": {"x": 3} if "@" in text else {}})
    told = api(f"GET {slow}").json
    assert [each["query"] for each in told] == ["RETURN 2", "RETURN @x"]
    assert (told[1]["bindVars"], told[1]["state"]) == ({"x": 3}, "finished")
    api("POST /_db/other/_api/cursor", {"query": "RETURN 4"})
    assert len(api(f"GET {slow}?all=true").json) == 3
    assert api.refused(f"GET /_db/other{slow}?all=true") == (403, 11)
    api(f"DELETE {slow}")
    assert api(f"GET {slow}").json == []
    assert len(api(f"GET /_db/other{slow}").json) == 1


def test_the_last_queries_are_told_the_newest_first(api):
    rows(api, {"query": "RETURN @x", "bindVars": {"x": 1}})
    api("POST /_api/cursor", {"query": "RETURN LENGTH(@a)", "bindVars": {"a": [1], "b": 1}})
    told = api("GET /_admin/server/aql-queries").json["result"]["queries"]
    assert [(each["query"], each["bindVars"], each["database"]) for each in told] == [
        ("RETURN LENGTH(@a)", {"a": "...", "b": 1}, "_system"),
        ("RETURN @x", {"x": 1}, "_system"),
    ]
    for number in range(300):
        rows(api, {"query": f"RETURN {number}"})
    assert len(api("GET /_admin/server/aql-queries").json["result"]["queries"]) == 256


def test_how_queries_are_watched_can_be_changed(api):
    path, slow = "/_api/query/properties", "/_api/query/slow"
    api(f"PUT {path}", {"slowQueryThreshold": 0, "trackBindVars": False})
    api(f"PUT {path}", {"maxQueryStringLength": 8, "nothing": 1})
    rows(api, {"query": "RETURN @x", "bindVars": {"x": 1}})
    (told,) = api(f"GET {slow}").json
    assert told["query"] == "RETURN @..."
    assert "bindVars" not in told
    for off in ({"trackSlowQueries": False}, {"enabled": False}):
        api(f"DELETE {slow}")
        assert api(f"PUT {path}", off).status == 200
        rows(api, {"query": "RETURN 1"})
        assert api(f"GET {slow}").json == []
    for bad in ({"enabled": 1}, {"slowQueryThreshold": "1"}, {"maxSlowQueries": -1}):
        assert api.refused(f"PUT {path}", {"trackBindVars": True, **bad}) == (400, 400)
    assert api(f"GET {path}").json["trackBindVars"] is False


def test_a_query_is_checked_without_running_it(api):
    text = """
        WITH cars
        FOR v, e, p IN 1..2 ANY @start roads PRUNE stop = v.x FILTER stop
          FOR q IN OUTBOUND K_PATHS 'a/1' TO 'a/2' rails
          LET {a, b: [c]} = v
          COLLECT g = e.x AGGREGATE n = MAX(c + a) INTO members
          FOR d IN @@things INSERT {g, n, members} INTO log RETURN [NEW, d]
    """
    checked = api("POST /_api/query", {"query": text})
    assert checked.json["parsed"] is True
    assert checked.json["collections"] == ["cars", "log", "rails", "roads"]
    assert checked.json["bindVars"] == ["@things", "start"]
    assert api.refused("POST /_api/query", {"query": "RETURN RETURN"}) == (400, 1501)


@pytest.mark.parametrize(
    "line",
    [
        "GET /_api/query/slow",
        "DELETE /_api/query/slow",
        "GET /_api/query/properties",
        "GET /_api/query-cache/properties",
        "GET /_api/query-cache/entries",
        "DELETE /_api/query-cache",
    ],
)
def test_questions_about_queries_are_answered(api, line):
    assert api(line).status == 200


def test_a_plan_is_told_without_running_the_query(things):
    body = {
        "query": "FOR t IN things FILTER t._key == @k REMOVE t IN things",
        "bindVars": {"k": "a"},
    }
    things("POST /_api/document/things", {"_key": "a"})
    explained = things("POST /_api/explain", body)
    assert explained.status == 200
    assert explained.json["plan"]["isModificationQuery"] is True
    kinds = [node["type"] for node in explained.json["plan"]["nodes"]]
    assert (kinds[0], kinds[-1]) == ("SingletonNode", "RemoveNode")
    every = things("POST /_api/explain", {**body, "options": {"allPlans": True}})
    assert len(every.json["plans"]) == 1
    plain = {**body, "options": {"optimizer": {"rules": ["-all"]}}}
    assert things("POST /_api/explain", plain).json["plan"]["rules"] == []
    assert things("GET /_api/collection/things/count").json["count"] == 1
    assert things.refused("POST /_api/explain", {"query": "RETURN @x"}) == (400, 1551)


def test_optimizer_rules_are_listed_by_their_names(api):
    names = [rule["name"] for rule in api("GET /_api/query/rules").json]
    assert "use-indexes" in names


def test_settings_of_caches_are_kept_and_plans_listed(api):
    path = "/_api/query-cache/properties"
    assert api(f"GET {path}").json["mode"] == "off"
    assert api(f"PUT {path}", {"mode": "on", "maxResults": 7}).json["maxResults"] == 7
    assert api(f"GET {path}").json["mode"] == "on"
    assert api.refused(f"PUT {path}", {"mode": "perhaps"}) == (400, 400)
    api(f"PUT {path}", {"mode": "off"})
    body = {"query": "RETURN @x", "bindVars": {"x": 1}, "options": {"usePlanCache": True}}
    rows(api, body)
    rows(api, body)
    [plan] = api("GET /_api/query-plan-cache").json
    assert (plan["query"], plan["hits"]) == ("RETURN @x", 1)
    assert api("DELETE /_api/query-plan-cache").status == 200
    assert api("GET /_api/query-plan-cache").json == []


def test_a_profile_counts_and_times_each_node(api):
    query = "FOR i IN 1..10 LET s = (FOR j IN 1..i RETURN j) FILTER i > 7 LIMIT 2 RETURN s"
    body = {"query": query, "options": {"profile": 2, "optimizer": {"rules": ["-all"]}}}
    extra = api("POST /_api/cursor", body).json["extra"]
    kinds, depth = {}, 0
    for node in extra["plan"]["nodes"]:
        depth -= node["type"] == "SubqueryEndNode"
        kinds[node["id"]] = "inner " * depth + node["type"]
        depth += node["type"] == "SubqueryStartNode"
    items = {kinds[each["id"]]: each["items"] for each in extra["stats"]["nodes"]}
    assert items.keys() == set(kinds.values())
    assert items["EnumerateListNode"] == 9  # the limit asks for no more
    assert items["inner EnumerateListNode"] == sum(range(1, 10))
    assert (items["FilterNode"], items["LimitNode"], items["ReturnNode"]) == (2, 2, 2)
    [filtered] = [e for e in extra["stats"]["nodes"] if kinds[e["id"]] == "FilterNode"]
    assert filtered["filtered"] == 7
    assert all(each["runtime"] >= 0 for each in extra["stats"]["nodes"])
    assert min(extra["profile"].values()) > 0
    plain = api("POST /_api/cursor", {"query": query, "options": {"profile": 1}}).json["extra"]
    assert "plan" not in plain
    assert plain["profile"]["executing"] > 0


@pytest.mark.parametrize(
    ("path", "options"),
    [
        ("/_api/cursor", {}),
        ("/_api/cursor", {"stream": True}),
        ("/_api/cursor", {"usePlanCache": True}),
        ("/_api/explain", {}),
    ],
)
def test_a_long_query_is_not_planned_for_longer_than_it_may_take(api, path, options):
    # not the same text each time: what was parsed last is kept
    query = f"RETURN [{'ABS(1),' * 9000}] // {path} {options}"
    body = {"query": query, "options": {"maxRuntime": 0.0001, **options}}
    assert api.refused(f"POST {path}", body) == (410, 1500)
