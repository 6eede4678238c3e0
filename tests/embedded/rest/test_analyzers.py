"""Analyzers over HTTP, and TOKENS with those that users made."""

from typing import Any

import pytest


@pytest.fixture
def csv(api):
    """The server with an Analyzer `csv`."""
    body = {"name": "csv", "type": "delimiter", "properties": {"delimiter": ","}, "features": []}
    assert api("POST /_api/analyzer", body).status == 201
    return api


def _rows(api: Any, query: str) -> Any:
    return api("POST /_api/cursor", {"query": query}).json["result"]


def test_an_analyzer_is_made_once_and_found_by_either_name(csv):
    expected = {
        "name": "_system::csv",
        "type": "delimiter",
        "properties": {"delimiter": ","},
        "features": [],
        "error": False,
    }
    for name in ("csv", "_system::csv", "::csv"):
        assert csv(f"GET /_api/analyzer/{name}").json == {**expected, "code": 200}
    again = csv(
        "POST /_api/analyzer",
        {"name": "csv", "type": "delimiter", "properties": {"delimiter": ","}},
    )
    assert again.status == 200
    assert csv.refused("POST /_api/analyzer", {"name": "csv", "type": "identity"}) == (400, 10)


def test_the_built_in_analyzers_are_listed_first_and_stay(csv):
    listed = csv("GET /_api/analyzer").json["result"]
    names = [analyzer["name"] for analyzer in listed]
    assert names[0] == "identity"
    assert {"text_en", "text_zh", "_system::csv"} <= set(names)
    assert csv.refused("DELETE /_api/analyzer/text_en") == (403, 11)


def test_a_removed_analyzer_is_gone(csv):
    assert csv("DELETE /_api/analyzer/csv").json["name"] == "_system::csv"
    assert csv.refused("GET /_api/analyzer/csv") == (404, 1202)
    assert csv.refused("DELETE /_api/analyzer/csv") == (404, 1202)
    assert csv.refused("POST /_api/cursor", {"query": "RETURN TOKENS('a', 'csv')"}) == (400, 10)


def test_an_analyzer_of_an_inverted_index_stays_unless_forced(csv):
    csv("POST /_api/collection", {"name": "c"})
    index = {"type": "inverted", "fields": [{"name": "a", "analyzer": "csv"}]}
    assert csv("POST /_api/index?collection=c", index).status == 201
    assert csv.refused("DELETE /_api/analyzer/csv") == (409, 1200)
    assert csv("DELETE /_api/analyzer/csv?force=true").status == 200
    assert csv.refused("POST /_api/index?collection=c", {**index, "name": "i"}) == (400, 10)


def test_tokens_uses_what_users_made(csv):
    assert _rows(csv, "RETURN TOKENS('a,b', 'csv')") == [["a", "b"]]
    assert _rows(csv, "RETURN TOKENS(['a,b', 'c'], '_system::csv')") == [[["a", "b"], ["c"]]]


def test_analyzers_of_the_system_database_serve_all_others_no_more(csv):
    for name in ("other", "third"):
        csv("POST /_api/database", {"name": name})
    assert csv.refused("GET /_db/other/_api/analyzer/csv") == (404, 1202)
    path = "/_db/other/_api/analyzer"
    for name in ("_system::csv", "::csv"):
        assert csv(f"GET {path}/{name}").json["name"] == "_system::csv"
        query = {"query": f"RETURN TOKENS('a,b', '{name}')"}
        assert csv("POST /_db/other/_api/cursor", query).json["result"] == [["a", "b"]]
        assert csv.refused(f"DELETE {path}/{name}") == (403, 11)
        assert csv.refused(f"POST {path}", {"name": name, "type": "identity"}) == (403, 11)
    own = csv(f"POST {path}", {"name": "own", "type": "identity"}).json
    assert own["name"] == "other::own"
    assert csv.refused("GET /_db/third/_api/analyzer/other::own") == (404, 1202)


def test_a_view_and_an_index_may_use_analyzers_of_the_system_database(csv):
    csv("POST /_api/database", {"name": "other"})
    here = "/_db/other/_api"
    csv(f"POST {here}/collection", {"name": "c"})
    index = {"type": "inverted", "fields": ["a"], "analyzer": "_system::csv", "name": "i"}
    made = csv(f"POST {here}/index?collection=c", index).json
    assert made["analyzer"] == "_system::csv"
    links = {"c": {"fields": {"a": {"analyzers": ["_system::csv"]}}}}
    csv(f"POST {here}/view", {"name": "v", "type": "arangosearch", "links": links})
    csv(f"POST {here}/document/c", {"a": "x,y"})
    found = "SEARCH ANALYZER(d.a == 'y', '_system::csv') RETURN d.a"
    rows = csv(f"POST {here}/cursor", {"query": f"FOR d IN v {found}"}).json
    assert rows["result"] == ["x,y"]
    hint = "OPTIONS { indexHint: 'i', forceIndexHint: true }"
    query = {"query": f"FOR d IN c {hint} FILTER d.a == 'y' RETURN d.a"}
    assert csv(f"POST {here}/cursor", query).json["result"] == ["x,y"]


def test_an_analyzer_a_view_uses_is_removed_only_by_force(csv):
    csv("POST /_api/collection", {"name": "things"})
    links = {"things": {"fields": {"a": {"analyzers": ["csv"]}}}}
    csv("POST /_api/view", {"name": "shop", "type": "arangosearch", "links": links})
    assert csv.refused("DELETE /_api/analyzer/csv") == (409, 1200)
    assert csv("GET /_api/analyzer/csv").status == 200
    assert csv("DELETE /_api/analyzer/csv?force=true").status == 200
