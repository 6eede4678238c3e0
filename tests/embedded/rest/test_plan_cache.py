"""`usePlanCache` and the list of cached plans."""

from typing import Any

import pytest

CACHED = {"usePlanCache": True}


def run(api: Any, query: str, bind_vars: Any = None, **options: Any) -> Any:
    body = {"query": query, "bindVars": bind_vars or {}, "options": {**CACHED, **options}}
    return api("POST /_api/cursor", body)


def listed(api: Any) -> list[Any]:
    plans = api("GET /_api/query-plan-cache").json
    return sorted((plan["query"], plan["hits"]) for plan in plans)


def test_plans_are_kept_apart_by_collections_and_full_count(api):
    api("POST /_api/collection", {"name": "one"})
    api("POST /_api/collection", {"name": "two"})
    query = "FOR d IN @@c FILTER d.x == @x LIMIT 2 RETURN d"
    for name, value in (("one", 1), ("one", 2), ("two", 1)):
        run(api, query, {"@c": name, "x": value})
    run(api, query, {"@c": "one", "x": 1}, fullCount=True)
    assert listed(api) == [(query, 0), (query, 0), (query, 1)]
    plans = api("GET /_api/query-plan-cache").json
    assert sorted(plan["bindVars"]["@c"] for plan in plans) == ["one", "one", "two"]
    assert sorted(plan["fullCount"] for plan in plans) == [False, False, True]


def test_a_query_that_uses_a_cached_plan_tells_its_key(api):
    assert "planCacheKey" not in run(api, "RETURN 42").json
    key = run(api, "RETURN 42").json["planCacheKey"]
    [plan] = api("GET /_api/query-plan-cache").json
    assert plan["hash"] == key


def test_a_changed_collection_takes_its_plans_along(api):
    api("POST /_api/collection", {"name": "one"})
    run(api, "FOR d IN one RETURN d")
    run(api, "RETURN 42")
    assert len(listed(api)) == 2
    api("POST /_api/index?collection=one", {"type": "persistent", "fields": ["x"]})
    assert listed(api) == [("RETURN 42", 0)]


@pytest.mark.parametrize(
    ("query", "bind_vars"),
    [
        ("FOR d IN _users LIMIT @n RETURN d", {"n": 1}),
        ("FOR d IN _users RETURN d.@name", {"name": "user"}),
        ("FOR v IN 1..@n OUTBOUND '_users/1' GRAPH 'g' RETURN v", {"n": 2}),
        ("FOR v IN OUTBOUND '_users/1' GRAPH @g RETURN v", {"g": "g"}),
        ("FOR v IN OUTBOUND '_users/1' @@e RETURN v", {"@e": "e"}),
        ("UPSERT {a: 1} INSERT {a: 1} UPDATE {a: 2} IN _users", {}),
    ],
)
def test_plans_that_depend_on_values_are_refused(api, query, bind_vars):
    body = {"query": query, "bindVars": bind_vars, "options": CACHED}
    assert api.refused("POST /_api/cursor", body) == (400, 1584)


def test_plans_by_other_rules_are_refused(api):
    options = {**CACHED, "optimizer": {"rules": ["-all"]}}
    body = {"query": "RETURN 1", "options": options}
    assert api.refused("POST /_api/cursor", body) == (400, 1584)


def test_rules_are_described_each_once(api):
    rules = api("GET /_api/query/rules").json
    names = [rule["name"] for rule in rules]
    assert len(set(names)) == len(names)
    assert all(rule["description"].endswith((".", ":")) for rule in rules)
    [checks] = [rule for rule in rules if rule["name"] == "refuse-unused-index-hints"]
    assert checks["flags"]["hidden"] is True
    assert checks["flags"]["canBeDisabled"] is False
