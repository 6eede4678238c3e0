"""Named graphs over HTTP: definitions, vertices, edges and the checks between them."""

from __future__ import annotations

import pytest

KNOWS = {"collection": "knows", "from": ["people"], "to": ["people", "dogs"]}


@pytest.fixture
def social(api):
    """The server with a graph of people and dogs."""
    body = {"name": "social", "edgeDefinitions": [KNOWS], "orphanCollections": ["stones"]}
    assert api("POST /_api/gharial", body).status == 202
    for key in ("ann", "bob"):
        api("POST /_api/gharial/social/vertex/people", {"_key": key})
    return api


def test_a_graph_makes_its_collections_and_tells_its_definition(social):
    graph = social("GET /_api/gharial/social").json["graph"]
    assert graph["edgeDefinitions"] == [
        {"collection": "knows", "from": ["people"], "to": ["dogs", "people"]}
    ]
    assert graph["orphanCollections"] == ["stones"]
    assert graph["_id"] == "_graphs/social"
    assert social("GET /_api/collection/knows").json["type"] == 3
    listed = social("GET /_api/gharial").json["graphs"]
    assert [each["name"] for each in listed] == ["social"]
    vertices = social("GET /_api/gharial/social/vertex").json["collections"]
    assert vertices == ["dogs", "people", "stones"]
    assert social("GET /_api/gharial/social/edge").json["collections"] == ["knows"]


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ({}, (400, 1922)),
        ({"name": "social"}, (409, 1925)),
        ({"name": "g", "edgeDefinitions": 3}, (400, 1923)),
        ({"name": "g", "edgeDefinitions": [{"collection": "e"}]}, (400, 1923)),
        ({"name": "g", "edgeDefinitions": [KNOWS, KNOWS]}, (400, 1920)),
        ({"name": "g", "edgeDefinitions": [{**KNOWS, "to": ["cats"]}]}, (400, 1921)),
        ({"name": "g", "orphanCollections": "x"}, (400, 1943)),
        ({"name": "g", "edgeDefinitions": [KNOWS], "orphanCollections": ["dogs"]}, (400, 1929)),
        ({"name": "g", "orphanCollections": ["knows"]}, (400, 1927)),
        (
            {"name": "g", "edgeDefinitions": [{"collection": "dogs", "from": ["a"], "to": ["a"]}]},
            (400, 1944),
        ),
        ({"name": "g", "options": {"satellites": [1]}}, (400, 10)),
        ({"name": "g", "options": {"smartGraphAttribute": 1}}, (400, 10)),
        ({"name": "g", "options": 9}, (400, 10)),
        ({"name": "a/b"}, (400, 1221)),
    ],
)
def test_a_graph_that_cannot_be_is_refused_and_leaves_nothing(social, body, refusal):
    before = social("GET /_api/collection").json["result"]
    assert social.refused("POST /_api/gharial", body) == refusal
    assert social("GET /_api/collection").json["result"] == before


def test_an_edge_needs_both_its_vertices(social):
    path = "POST /_api/gharial/social/edge/knows"
    made = social(path, {"_from": "people/ann", "_to": "people/bob"})
    assert (made.status, made.json["edge"]["_id"].split("/")[0]) == (202, "knows")
    assert social.refused(path, {"_from": "people/ann", "_to": "people/eve"}) == (404, 1202)
    assert social.refused(path, {"_from": "people/ann"}) == (400, 1233)
    assert social.refused(path, {"_from": "ann", "_to": "people/bob"}) == (400, 1233)
    assert social.refused(path, {"_from": "cars/1", "_to": "people/bob"}) == (400, 1947)
    key = made.json["edge"]["_key"]
    moved = {"_from": "people/bob", "_to": "people/none"}
    assert social.refused(f"PUT /_api/gharial/social/edge/knows/{key}", moved) == (404, 1202)
    assert social.refused(f"PUT /_api/gharial/social/edge/knows/{key}", {"x": 1}) == (400, 1233)
    patched = social(f"PATCH /_api/gharial/social/edge/knows/{key}?returnNew=1", {"since": 1})
    assert patched.json["new"]["since"] == 1
    assert "_oldRev" in patched.json["edge"]


def test_removing_a_vertex_removes_its_edges_in_every_graph(social):
    other = {"collection": "likes", "from": ["people"], "to": ["people"]}
    social("POST /_api/gharial", {"name": "other", "edgeDefinitions": [other]})
    ends = {"_from": "people/ann", "_to": "people/bob"}
    social("POST /_api/gharial/social/edge/knows", ends)
    social("POST /_api/gharial/other/edge/likes", ends)
    removed = social("DELETE /_api/gharial/social/vertex/people/bob?returnOld=true")
    assert (removed.json["removed"], removed.json["old"]["_key"]) == (True, "bob")
    assert social("GET /_api/collection/knows/count").json["count"] == 0
    assert social("GET /_api/collection/likes/count").json["count"] == 0


def test_vertices_and_edges_are_read_changed_and_removed(social):
    path = "/_api/gharial/social/vertex/people/ann"
    read = social(f"GET {path}")
    assert read.json["vertex"]["_key"] == "ann"
    assert social(f"GET {path}", if_match="x").status == 412
    assert social(f"PATCH {path}", {"x": 1}, if_match="x").status == 412
    replaced = social(f"PUT {path}?returnOld=true&returnNew=true", {"y": 1})
    assert (replaced.json["new"]["y"], "y" in replaced.json["old"]) == (1, False)
    assert social(f"DELETE {path}").json["removed"] is True
    assert social.refused(f"GET {path}") == (404, 1202)
    assert social.refused("GET /_api/gharial/social/vertex/knows/1") == (404, 1926)
    assert social.refused("GET /_api/gharial/social/edge/people/1") == (404, 1939)
    assert social.refused("GET /_api/gharial/social/thing/people/1") == (404, 404)
    assert social.refused("GET /_api/gharial/none/vertex/people/1") == (404, 1924)


def test_edges_of_a_vertex_are_listed_by_direction(social):
    for ends in (("ann", "bob"), ("bob", "ann"), ("ann", "ann")):
        body = {"_from": f"people/{ends[0]}", "_to": f"people/{ends[1]}"}
        social("POST /_api/gharial/social/edge/knows", body)

    def count(direction: str) -> int:
        path = f"/_api/edges/knows?vertex=people/ann{direction}"
        return len(social(f"GET {path}").json["edges"])

    assert (count("&direction=out"), count("&direction=in"), count("")) == (2, 2, 3)
    assert social.refused("GET /_api/edges/knows") == (400, 400)
    assert social.refused("GET /_api/edges/knows?vertex=a/b&direction=up") == (400, 400)
    assert social.refused("GET /_api/edges/people?vertex=a/b") == (400, 1218)


def test_orphans_come_and_go(social):
    path = "/_api/gharial/social/vertex"
    added = social(f"POST {path}", {"collection": "trees"})
    assert added.json["graph"]["orphanCollections"] == ["stones", "trees"]
    assert social.refused(f"POST {path}", {"collection": "trees"}) == (400, 1938)
    assert social.refused(f"POST {path}", {"collection": "people"}) == (400, 1929)
    assert social.refused(f"POST {path}", {}) == (400, 1943)
    assert social.refused(f"DELETE {path}/people") == (400, 1928)
    assert social.refused(f"DELETE {path}/cars") == (404, 1926)
    assert social(f"DELETE {path}/trees").json["graph"]["orphanCollections"] == ["stones"]
    assert social("GET /_api/collection/trees").status == 200
    social(f"DELETE {path}/stones?dropCollection=true")
    assert social.refused("GET /_api/collection/stones") == (404, 1203)


def test_edge_definitions_come_change_and_go(social):
    path = "/_api/gharial/social/edge"
    eats = {"collection": "eats", "from": ["dogs"], "to": ["stones"]}
    graph = social(f"POST {path}", eats).json["graph"]
    assert [each["collection"] for each in graph["edgeDefinitions"]] == ["knows", "eats"]
    assert graph["orphanCollections"] == []
    assert social.refused(f"POST {path}", eats) == (400, 1920)
    graph = social(f"PUT {path}/eats", {**eats, "to": ["bones"]}).json["graph"]
    assert graph["edgeDefinitions"][1]["to"] == ["bones"]
    assert graph["orphanCollections"] == ["stones"]
    assert social.refused(f"PUT {path}/none", {**eats, "collection": "none"}) == (404, 1930)
    graph = social(f"DELETE {path}/eats").json["graph"]
    assert graph["orphanCollections"] == ["bones", "stones"]
    assert social.refused(f"DELETE {path}/eats") == (404, 1930)


def test_a_changed_definition_may_drop_what_it_alone_used(social):
    path = "/_api/gharial/social/edge"
    changed = {"collection": "knows", "from": ["people"], "to": ["cats"]}
    graph = social(f"PUT {path}/knows?dropCollections=true", changed).json["graph"]
    assert graph["orphanCollections"] == ["stones"]
    assert social.refused("GET /_api/collection/dogs") == (404, 1203)
    assert social.refused(f"PUT {path}/knows", {**changed, "collection": "likes"}) == (404, 1930)
    gone = social(f"DELETE {path}/knows?dropCollections=true&waitForSync=true")
    assert (gone.status, gone.json["graph"]["edgeDefinitions"]) == (201, [])
    assert social.refused("GET /_api/collection/knows") == (404, 1203)
    assert social("GET /_api/collection/people").status == 200


def test_a_definition_is_changed_in_every_graph_that_has_it(social):
    social("POST /_api/gharial", {"name": "other", "edgeDefinitions": [KNOWS]})
    changed = {"collection": "knows", "from": ["people"], "to": ["cats"]}
    social("PUT /_api/gharial/social/edge/knows", changed)
    other = social("GET /_api/gharial/other").json["graph"]
    assert other["edgeDefinitions"] == [changed]
    assert other["orphanCollections"] == ["dogs"]


def test_collections_of_a_graph_cannot_be_dropped_before_it(social):
    assert social.refused("DELETE /_api/collection/people") == (403, 1942)
    other = {"name": "other", "orphanCollections": ["people"]}
    social("POST /_api/gharial", other)
    assert social("DELETE /_api/gharial/social?dropCollections=true").json["removed"] is True
    names = [each["name"] for each in social("GET /_api/collection?excludeSystem=1").json["result"]]
    assert names == ["people"]
    assert social.refused("GET /_api/gharial/social") == (404, 1924)


def test_what_a_cluster_would_do_with_a_graph_is_kept_and_of_no_effect(api):
    """As ArangoDB 3.12.10 answers on a single server."""
    body = {
        "name": "smart",
        "isSmart": True,
        "edgeDefinitions": [{"collection": "joins", "from": ["starts"], "to": ["ends"]}],
        "options": {
            "numberOfShards": 9,
            "replicationFactor": 2,
            "satellites": ["ends"],
            "smartGraphAttribute": "region",
        },
    }
    graph = api("POST /_api/gharial", body).json["graph"]
    told = ("isSmart", "isDisjoint", "isSatellite", "initial", "smartGraphAttribute")
    assert [graph[name] for name in told] == [True, False, False, "starts", "region"]
    assert (graph["numberOfShards"], graph["replicationFactor"]) == (9, 2)
    assert api("GET /_api/gharial/smart").json["graph"] == graph
    starts = api("GET /_api/collection/starts/properties").json
    assert (starts["isSmart"], starts["smartGraphAttribute"]) == (True, "region")
    ends = api("GET /_api/collection/ends/properties").json
    assert ends["replicationFactor"] == "satellite"
    for name in ("starts", "ends"):
        assert api(f"POST /_api/gharial/smart/vertex/{name}", {"_key": "1"}).status == 202
    edge = {"_from": "starts/1", "_to": "ends/1"}
    assert api("POST /_api/gharial/smart/edge/joins", edge).status == 202


def test_a_satellite_graph_says_so(api):
    body = {"name": "g", "options": {"replicationFactor": "satellite"}}
    graph = api("POST /_api/gharial", body).json["graph"]
    assert (graph["isSatellite"], graph["replicationFactor"]) == (True, "satellite")
