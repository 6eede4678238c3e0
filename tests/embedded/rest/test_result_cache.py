"""The results cache: what is kept, when it is given again, and who makes it stale."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.embedded.rest.conftest import Api, Clock

from hades_mcp.embedded.rest import Server
from hades_mcp.embedded.storage import Engine

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

READ = "FOR t IN things SORT t._key RETURN t._key"


@pytest.fixture
def caching(things: Api) -> Api:
    """The server with `things`, one in it, that keeps the results of all queries."""
    things("POST /_api/document/things", {"_key": "1"})
    assert things("PUT /_api/query-cache/properties", {"mode": "on"}).json["mode"] == "on"
    return things


def ask(api: Api, query: str = READ, bind: Any = None, **more: Any) -> tuple[Any, bool]:
    """Run a query; return its rows and whether they had been kept."""
    answer = api("POST /_api/cursor", {"query": query, "bindVars": bind or {}, **more}).json
    return answer["result"], answer["cached"]


def test_a_result_is_given_again_until_someone_writes(caching):
    assert ask(caching) == (["1"], False)
    assert ask(caching) == (["1"], True)
    caching("POST /_api/document/things", {"_key": "2"})
    assert ask(caching) == (["1", "2"], False)
    caching("PATCH /_api/document/things/2", {"a": 1})
    assert ask(caching) == (["1", "2"], False)
    caching("DELETE /_api/document/things/2")
    assert ask(caching) == (["1"], False)
    assert ask(caching) == (["1"], True)
    ask(caching, "REMOVE '1' IN things")
    assert ask(caching) == ([], False)
    caching("POST /_api/document/things", {"_key": "3"})
    assert ask(caching) == (["3"], False)
    caching("PUT /_api/collection/things/truncate")
    assert ask(caching) == ([], False)


def test_a_write_elsewhere_or_that_comes_to_nothing_leaves_it(caching):
    ask(caching)
    caching("POST /_api/collection", {"name": "others"})
    caching("POST /_api/document/others", {})
    assert caching.refused("POST /_api/document/things", {"_key": "1"}) == (409, 1210)
    assert ask(caching) == (["1"], True)


def test_a_collection_of_the_same_name_is_another(caching):
    ask(caching)
    caching("DELETE /_api/collection/things")
    assert caching.refused("POST /_api/cursor", {"query": READ}) == (404, 1203)
    caching("POST /_api/collection", {"name": "things"})
    assert ask(caching) == ([], False)


def test_edges_may_lead_to_any_collection(caching):
    caching("POST /_api/collection", {"name": "joins", "type": 3})
    caching("POST /_api/collection", {"name": "others"})
    caching("POST /_api/document/others", {"_key": "1", "a": 1})
    caching("POST /_api/document/joins", {"_from": "things/1", "_to": "others/1"})
    walk = "FOR v IN 1..1 OUTBOUND 'things/1' joins RETURN v.a"
    assert [ask(caching, walk), ask(caching, walk)] == [([1], False), ([1], True)]
    caching("PATCH /_api/document/others/1", {"a": 2})
    assert ask(caching, walk) == ([2], False)


def test_a_changed_view_is_searched_anew(caching):
    caching("POST /_api/collection", {"name": "others"})
    caching("POST /_api/document/others", {"_key": "2"})
    links = {"things": {"includeAllFields": True}}
    caching("POST /_api/view", {"name": "v", "type": "arangosearch", "links": links})
    search = "FOR d IN v SEARCH d._key IN ['1', '2'] SORT d._key RETURN d._key"
    assert [ask(caching, search), ask(caching, search)] == [(["1"], False), (["1"], True)]
    caching("PATCH /_api/view/v/properties", {"links": {"others": {"includeAllFields": True}}})
    assert ask(caching, search) == (["1", "2"], False)
    caching("DELETE /_api/document/others/2")
    assert ask(caching, search) == (["1"], False)


def test_what_may_differ_is_not_kept(caching):
    for query in (
        "RETURN RAND()",
        "RETURN DATE_NOW()",
        "RETURN DOCUMENT('things/1')",
        "FOR t IN things UPDATE t WITH {a: 1} IN things",
        "RETURN 1 / 0",
        "RETURN CURRENT_USER()",
    ):
        assert [ask(caching, query)[1], ask(caching, query)[1]] == [False, False]
    assert caching("GET /_api/query-cache/entries").json == []


def test_what_is_asked_otherwise_is_another_query(caching):
    query, bound = "FOR t IN things FILTER t._key == @k LIMIT 1 RETURN t._key", {"k": "1"}
    assert ask(caching, query, bound) == (["1"], False)
    assert ask(caching, query, bound)[1]
    assert ask(caching, query, {"k": "2"}) == ([], False)
    assert not ask(caching, query + " ", bound)[1]
    assert not ask(caching, query, bound, count=True)[1]
    assert not ask(caching, query, bound, options={"fullCount": True})[1]
    assert not ask(caching, query, bound, options={"optimizer": {"rules": ["-all"]}})[1]
    assert not ask(caching, query, bound, options={"stream": True})[1]
    assert not ask(caching, query, bound, cache=False)[1]


def test_on_demand_only_those_who_ask_are_served(caching):
    caching("PUT /_api/query-cache/properties", {"mode": "demand"})
    assert [ask(caching)[1], ask(caching)[1]] == [False, False]
    assert [ask(caching, cache=True)[1], ask(caching, cache=True)[1]] == [False, True]
    assert ask(caching, options={"cache": True})[1]
    assert not ask(caching)[1]
    caching("PUT /_api/query-cache/properties", {"mode": "off"})
    assert caching("GET /_api/query-cache/entries").json == []
    assert not ask(caching, cache=True)[1]


def test_the_entries_tell_what_is_kept(caching):
    for _ in range(3):
        ask(caching, "FOR t IN @@c FILTER t.a == @v RETURN t", {"@c": "things", "v": "foo"})
    (entry,) = caching("GET /_api/query-cache/entries").json
    assert entry["bindVars"] == {"@c": "things", "v": "foo"}
    assert (entry["hits"], entry["results"], entry["dataSources"]) == (2, 0, ["things"])
    assert entry["hash"].isdigit()
    assert caching("GET /_db/_system/_api/query-cache/entries").json == [entry]
    caching("POST /_api/database", {"name": "other"})
    assert caching("GET /_db/other/_api/query-cache/entries").json == []
    assert caching("DELETE /_api/query-cache").status == 200
    assert caching("GET /_api/query-cache/entries").json == []


def test_the_sizes_are_those_a_server_tells(caching):
    """The first two are sizes that ArangoDB 3.12.10 tells for these."""
    filtered = "FOR doc IN @@coll FILTER doc.attr == @val RETURN doc"
    caching("POST /_api/collection", {"name": "coll"})
    ask(caching, "RETURN 42")
    ask(caching, filtered, {"@coll": "coll", "val": "foo"})
    ask(caching, "RETURN @a", {"a": [1, 2.5, None, True, {"b": "c" * 200}]})
    sizes = [each["size"] for each in caching("GET /_api/query-cache/entries").json]
    assert sizes[:2] == [15, 75]
    assert sizes[2] > 2 * 200


def test_the_oldest_make_room(caching):
    caching("PUT /_api/query-cache/properties", {"maxResults": 2})
    for number in range(4):
        ask(caching, f"RETURN {number}")
    kept = [each["query"] for each in caching("GET /_api/query-cache/entries").json]
    assert kept == ["RETURN 2", "RETURN 3"]
    caching("PUT /_api/query-cache/properties", {"maxEntrySize": 50, "maxResultsSize": 60})
    ask(caching, "RETURN REPEAT('x', 100)")
    ask(caching, "RETURN 'twenty-odd bytes'")
    kept = [each["query"] for each in caching("GET /_api/query-cache/entries").json]
    assert kept == ["RETURN 3", "RETURN 'twenty-odd bytes'"]


def test_bad_settings_change_nothing(caching):
    before = caching("GET /_api/query-cache/properties").json
    for bad in ({"mode": "maybe"}, {"maxResults": -1}, {"maxEntrySize": "1"}, {"mode": 1}):
        body = {"includeSystem": True, **bad}
        assert caching.refused("PUT /_api/query-cache/properties", body) == (400, 400)
    assert caching("GET /_api/query-cache/properties").json == before


def test_system_collections_are_read_anew_unless_wanted(caching):
    query = "FOR g IN _graphs RETURN g._key"
    assert [ask(caching, query)[1], ask(caching, query)[1]] == [False, False]
    caching("PUT /_api/query-cache/properties", {"includeSystem": True})
    assert [ask(caching, query)[1], ask(caching, query)[1]] == [False, True]


def test_a_transaction_reads_its_own_writes(caching):
    begin = {"collections": {"write": ["things"]}}
    stream = caching("POST /_api/transaction/begin", begin).json["result"]["id"]
    body = {"query": READ}
    ask(caching)
    caching("POST /_api/document/things", {"_key": "2"}, x_arango_trx_id=stream)
    inside = caching("POST /_api/cursor", body, x_arango_trx_id=stream).json
    assert (inside["result"], inside["cached"]) == (["1", "2"], False)
    assert ask(caching) == (["1"], True)
    caching(f"PUT /_api/transaction/{stream}")
    assert ask(caching) == (["1", "2"], False)


def test_rights_are_asked_of_kept_results_too(caching):
    ask(caching)
    caching("POST /_api/user", {"user": "ada"})
    caching("PUT /_api/user/ada/database/_system", {"grant": "ro"})
    caching("PUT /_api/user/ada/database/_system/things", {"grant": "none"})
    refused = caching.refused("POST /_api/cursor", {"query": READ}, authorization="Basic YWRhOg==")
    assert refused == (403, 11)


@pytest.fixture
def two(tmp_path: Path) -> Iterator[tuple[Api, Api]]:
    """Two servers with engines of their own over the same files, as in two processes."""
    clock = Clock()
    with Engine(tmp_path) as one, Engine(tmp_path) as other:
        servers = [Server(one, clock), Server(other, clock)]
        yield Api(servers[0], clock), Api(servers[1], clock)
        for server in servers:
            server.close()


def test_writes_of_others_are_seen(two):
    one, other = two
    one("POST /_api/collection", {"name": "things"})
    one("PUT /_api/query-cache/properties", {"mode": "on"})
    assert [ask(one), ask(one)] == [([], False), ([], True)]
    other("POST /_api/document/things", {"_key": "1"})
    assert [ask(one), ask(one)] == [(["1"], False), (["1"], True)]
    other("PUT /_api/document/things/1", {"a": 1})
    assert not ask(one)[1]
