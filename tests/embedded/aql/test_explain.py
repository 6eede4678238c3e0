from typing import Any

import pytest

from hades_mcp.embedded.aql import QueryOptions, execute, explain
from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.storage.database import Database


def nodes(found: dict[str, Any]) -> list[str]:
    return [node["type"] for node in found["plan"]["nodes"]]


def test_a_plan_is_told_in_arangodbs_nodes(database: Database) -> None:
    found = explain(database, "FOR p IN people FILTER p.age > 30 SORT p.name LIMIT 1 RETURN p.name")
    assert nodes(found) == [
        "SingletonNode",
        "EnumerateCollectionNode",
        "CalculationNode",
        "FilterNode",
        "CalculationNode",
        "SortNode",
        "LimitNode",
        "CalculationNode",
        "ReturnNode",
    ]
    plan = found["plan"]
    assert plan["rules"] == ["sort-limit"]
    assert plan["collections"] == [{"name": "people", "type": "read"}]
    ids = [node["id"] for node in plan["nodes"]]
    assert [node["dependencies"] for node in plan["nodes"]] == [
        [],
        *[[before] for before in ids[:-1]],
    ]
    assert plan["nodes"][1]["estimatedNrItems"] == 4
    assert plan["isModificationQuery"] is False


def value(shown: Any, kind: int) -> dict[str, Any]:
    return {"type": "value", "typeID": 40, "value": shown, "vTypeID": kind}


def test_expressions_are_told_as_arangodb_tells_them() -> None:
    found = explain(None, "LET a = [1] RETURN a[0].b == 'x' AND UPPER(a) =~ 'q'")
    calculation = found["plan"]["nodes"][2]
    a = {"type": "reference", "typeID": 45, "name": "a", "id": 1, "subqueryReference": False}
    element = {"type": "indexed access", "typeID": 37, "subNodes": [a, value(0, 2)]}
    attribute = {"type": "attribute access", "typeID": 35, "name": "b", "subNodes": [element]}
    upper = {"type": "function call", "typeID": 47, "name": "UPPER", "subNodes": [a]}
    assert calculation["expression"] == {
        "type": "logical and",
        "typeID": 18,
        "subNodes": [
            {
                "type": "compare ==",
                "typeID": 25,
                "excludesNull": False,
                "subNodes": [attribute, value("x", 4)],
            },
            {
                "type": "function call",
                "typeID": 47,
                "name": "REGEX_TEST",
                "subNodes": [upper, value("q", 4)],
            },
        ],
    }


def test_an_index_and_a_subquery_are_shown(database: Database) -> None:
    found = explain(
        database,
        "FOR k IN @keys LET found = (FOR p IN people FILTER p._key == k RETURN p) RETURN found",
        {"keys": ["ann"]},
    )
    assert nodes(found) == [
        "SingletonNode",
        "CalculationNode",
        "EnumerateListNode",
        "SubqueryStartNode",
        "IndexNode",
        "SubqueryEndNode",
        "ReturnNode",
    ]
    _, keys, _, _, index, end, _ = found["plan"]["nodes"]
    assert keys["expression"] == {"type": "array", "typeID": 41, "raw": ["ann"]}
    assert index["indexes"][0]["type"] == "primary"
    (alternative,) = index["condition"]["subNodes"]
    (condition,) = alternative["subNodes"]
    assert condition["type"] == "compare =="
    assert condition["subNodes"][0]["name"] == "_key"
    assert end["outVariable"]["name"] == "found"
    assert end["inVariable"]["isFullDocumentFromCollection"] is True


def test_what_a_traversal_checks_on_its_way_is_shown(database: Database) -> None:
    query = (
        "FOR v, e, p IN 1..2 OUTBOUND 'people/ann' knows"
        " FILTER p.edges[0].since == 1 AND p.vertices[*].age ALL > 20 RETURN v"
    )
    walk = explain(database, query)["plan"]["nodes"][1]
    assert walk["type"] == "TraversalNode"
    assert walk["edgeConditions"]["0"][0]["type"] == "compare =="
    assert walk["globalVertexConditions"][0]["type"] == "array compare >"
    assert walk["indexes"]["base"][0]["type"] == "edge"
    assert "pathOutVariable" not in walk


def test_functions_of_constants_are_computed_while_planning() -> None:
    query = "FOR i IN 1..2 FILTER i < DATE_TIMESTAMP('2020-01-01') RETURN [i, DATE_NOW() > 0]"
    found = explain(None, query)["plan"]["nodes"]
    [compared] = [node for node in found if node.get("expression", {}).get("type") == "compare <"]
    assert compared["expression"]["subNodes"][1]["value"] == 1577836800000
    assert execute(None, query).rows == [[1, True], [2, True]]
    warned = execute(None, "FOR i IN 1..3 RETURN DATE_TIMESTAMP('never')")
    assert warned.rows == [None, None, None]
    assert [warning.number for warning in warned.warnings] == [1572]


def test_estimates_tell_how_many_documents_share_a_value(database: Database) -> None:
    with database.transaction(write=True) as transaction:
        people = transaction.collection("people")
        people.ensure_index({"type": "persistent", "fields": ["kind"]})
        people.insert_many([{"kind": n % 4} for n in range(396)])
    found = explain(database, "FOR p IN people FILTER p.kind == 1 RETURN p")["plan"]["nodes"][1]
    assert 0 < found["indexes"][0]["selectivityEstimate"] < 0.1
    assert 80 <= found["estimatedNrItems"] <= 120
    every = explain(database, "FOR p IN people FILTER p._key == 'ann' RETURN p")["plan"]["nodes"][1]
    assert every["estimatedNrItems"] == 1


def test_an_or_is_shown_with_an_index_per_branch(database: Database) -> None:
    query = "FOR p IN people FILTER p._key == 'ann' OR p._id == 'people/bob' RETURN p.name"
    lookup = explain(database, query)["plan"]["nodes"][1]
    assert [index["type"] for index in lookup["indexes"]] == ["primary", "primary"]
    assert len(lookup["condition"]["subNodes"]) == 2
    assert lookup["projections"][0]["path"] == ["name"]
    assert lookup["outVariable"]["isFullDocumentFromCollection"] is False


def test_a_modification_is_shown_and_not_run(database: Database) -> None:
    found = explain(database, "FOR p IN people REMOVE p IN people RETURN OLD")
    assert nodes(found)[2] == "RemoveNode"
    assert found["plan"]["isModificationQuery"] is True
    assert found["plan"]["collections"] == [{"name": "people", "type": "write"}]
    counted = explain(database, "FOR p IN people RETURN p")["plan"]["nodes"][1]
    assert counted["estimatedNrItems"] == 4


def test_every_kind_of_node_can_be_shown(database: Database) -> None:
    for query in (
        "FOR v, e, p IN 1..2 ANY 'people/ann' GRAPH 'friends' PRUNE v.x RETURN p",
        "FOR v IN ANY SHORTEST_PATH 'people/ann' TO 'people/bob' knows RETURN v",
        "FOR p IN ANY K_PATHS 'people/ann' TO 'people/bob' knows RETURN p",
        "FOR p IN people COLLECT c = p.city AGGREGATE n = SUM(p.age) INTO g RETURN [c, n, g]",
        "FOR i IN [1] WINDOW {preceding: 1} AGGREGATE s = SUM(i) RETURN DISTINCT s",
        "UPSERT {a: 1} INSERT {a: 1} REPLACE {a: 2} IN log RETURN [OLD, NEW]",
        "UPDATE 'ann' WITH {a: [1][* FILTER CURRENT > 0]} IN people",
        "FILTER false RETURN [1] ALL IN [2] ? -1 : {[1]: 2}",
    ):
        assert nodes(explain(database, query))[0] == "SingletonNode"


def test_constants_are_computed_and_warned_of_while_planning() -> None:
    found = explain(None, "FOR i IN 1..3 RETURN 1 / 0")
    assert found["warnings"] == [{"code": 1562, "message": "division by zero"}]
    assert found["cacheable"] is False
    for _ in range(2):  # planned, and out of the cache
        result = execute(None, "FOR i IN 1..3 RETURN 1 / 0")
        assert result.rows == [None, None, None]
        assert [each.number for each in result.warnings] == [1562]
    with pytest.raises(ArangoError, match="division by zero"):
        execute(None, "RETURN 1 / 0", options=QueryOptions(fail_on_warning=True))


def test_what_may_not_be_evaluated_does_not_warn() -> None:
    assert explain(None, "RETURN false ? 1 / 0 : 2")["warnings"] == []
    assert execute(None, "RETURN false AND 1 / 0").warnings == []


def test_a_constant_condition_that_is_false_leaves_no_rows() -> None:
    found = explain(None, "FOR i IN [1, 2] FILTER 1 + 1 == 3 RETURN i")
    assert "NoResultsNode" in nodes(found)
