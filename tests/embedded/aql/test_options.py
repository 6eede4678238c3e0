import pytest

from hades_mcp.embedded.aql import QueryOptions, execute
from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.storage.database import Database


@pytest.mark.parametrize(
    ("query", "operation"),
    [
        ("FOR p IN people OPTIONS {indexHnt: 'x'} RETURN p", "FOR"),
        ("FOR i IN 1..2 COLLECT a = i OPTIONS {metod: 'hash'} RETURN a", "COLLECT"),
        ("INSERT {} INTO log OPTIONS {overwrightMode: 'ignore'}", "INSERT"),
        ("INSERT {} INTO log OPTIONS {indexHint: 'x'}", "INSERT"),
        ("UPDATE 'ann' WITH {} IN people OPTIONS {keepNulls: true}", "UPDATE"),
        ("REPLACE 'ann' WITH {} IN people OPTIONS {mergeObject: true}", "REPLACE"),
        ("REMOVE 'ann' IN people OPTIONS {ignoreError: true}", "REMOVE"),
        ("UPSERT {a: 1} INSERT {} UPDATE {} IN log OPTIONS {readOwnWrite: true}", "UPSERT"),
        (
            "FOR v IN 1 OUTBOUND 'people/ann' knows OPTIONS {uniqueVertex: 'x'} RETURN v",
            "TRAVERSAL",
        ),
        (
            (
                "FOR v IN OUTBOUND SHORTEST_PATH 'people/ann' TO 'people/bob' knows "
                "OPTIONS {order: 'bfs'} RETURN v"
            ),
            "SHORTEST_PATH",
        ),
    ],
)
def test_options_that_an_operation_does_not_have_are_warned_of(
    database: Database, query: str, operation: str
) -> None:
    found = execute(database, query)
    assert [warning.number for warning in found.warnings] == [1539]
    assert found.warnings[0].message.endswith(f" in {operation}")
    with pytest.raises(ArangoError) as caught:
        execute(database, query, options=QueryOptions(fail_on_warning=True))
    assert caught.value.number == 1539


@pytest.mark.parametrize(
    "query",
    [
        "FOR p IN people OPTIONS {indexHint: 'primary', useCache: false, lookahead: 1} RETURN p",
        "FOR i IN 1..2 COLLECT a = i OPTIONS {method: 'hash', disableIndex: true} RETURN a",
        "INSERT {} INTO log OPTIONS {overwriteMode: 'update', keepNull: false, exclusive: true}",
        "REMOVE 'ann' IN people OPTIONS {ignoreErrors: true, waitForSync: true}",
        "UPSERT {a: 1} INSERT {} UPDATE {} IN log OPTIONS {indexHint: 'x', readOwnWrites: false}",
        "FOR v IN 1 ANY 'people/ann' knows OPTIONS {order: 'bfs', parallelism: 2} RETURN v",
    ],
)
def test_options_an_operation_has_are_taken(database: Database, query: str) -> None:
    assert execute(database, query).warnings == []
