"""The syntax tree that `POST /_api/query` tells."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from hades_mcp.embedded.aql import parse
from hades_mcp.embedded.aql.explaining.syntax import syntax_json


def tree(query: str) -> Any:
    return syntax_json(parse(query))


def kinds(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield value["type"]
        for inner in value.get("subNodes", []):
            yield from kinds(inner)
    else:
        for inner in value:
            yield from kinds(inner)


def test_a_tree_names_variables_and_their_references() -> None:
    i = {"type": "reference", "name": "i", "id": 0, "subqueryReference": False}
    assert tree("FOR i IN docs FILTER i > 10 RETURN i") == [
        {
            "type": "root",
            "subNodes": [
                {
                    "type": "for",
                    "subNodes": [
                        {"type": "variable", "name": "i", "id": 0},
                        {"type": "collection", "name": "docs"},
                        {"type": "no-op"},
                    ],
                },
                {
                    "type": "filter",
                    "subNodes": [
                        {"type": "compare >", "subNodes": [i, {"type": "value", "value": 10}]}
                    ],
                },
                {"type": "return", "subNodes": [i]},
            ],
        }
    ]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("WITH a FOR v, e, p IN 1..2 ANY 'a/1' e PRUNE v.x RETURN p", {"with", "traversal"}),
        ("FOR v IN ANY SHORTEST_PATH 'a/1' TO @t GRAPH 'g' RETURN v", {"shortest path"}),
        ("FOR p IN ANY K_PATHS 'a/1' TO 'a/2' e RETURN p", {"k paths", "collection list"}),
        ("FOR d IN c SORT d.a DESC, d.b @way LIMIT 2 RETURN DISTINCT d", {"sort", "distinct"}),
        ("FOR d IN c COLLECT a = d.a AGGREGATE m = MAX(d.b) INTO g RETURN g", {"collect"}),
        ("FOR d IN c COLLECT WITH COUNT INTO n RETURN n", {"collect with count"}),
        ("FOR d IN c WINDOW {preceding: 1} AGGREGATE s = SUM(d.a) RETURN s", {"window"}),
        ("LET [a, {b}] = [1, {b: 2}] RETURN (FOR x IN a RETURN x[*].y)", {"subquery", "let"}),
        ("FOR d IN c UPDATE d WITH {a: 1} IN c RETURN [OLD, NEW]", {"update", "reference"}),
        ("REPLACE 'k' WITH {a: 1} IN c OPTIONS {waitForSync: true}", {"replace", "object"}),
        ("UPSERT {a: 1} INSERT {a: 1} UPDATE {a: 2} IN c", {"upsert"}),
        ("FOR d IN c REMOVE d IN @@c", {"remove", "parameter"}),
        ("INSERT {a: 1 ? 2 : 3, b: [1][* FILTER CURRENT > 0]} INTO c", {"insert", "ternary"}),
    ],
)
def test_every_operation_has_a_tree(query: str, expected: set[str]) -> None:
    shown = tree(query)
    assert expected <= set(kinds(shown))
    json.dumps(shown)  # nothing in it is more than JSON
