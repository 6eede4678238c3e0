from itertools import product
from random import Random
from threading import Event

import pytest

from hades_mcp.embedded.aql import QueryOptions, execute, memory
from hades_mcp.embedded.aql.executor import Execution
from hades_mcp.embedded.aql.memory import size_of
from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.storage import Engine
from hades_mcp.embedded.values import order_key
from hades_mcp.embedded.values.sorting import PIECE, in_order

ENDLESS = "FOR i IN 1..1000000000 FILTER i < 0 RETURN i"


def number_of(text: str, options: QueryOptions) -> int:
    with pytest.raises(ArangoError) as caught:
        execute(None, text, options=options)
    return caught.value.number


def test_a_query_stops_at_its_maximal_runtime() -> None:
    assert number_of(ENDLESS, QueryOptions(max_runtime=0.01)) == 1500


def test_a_query_stops_when_it_is_killed() -> None:
    def kill(execution: Execution) -> None:
        execution.killed.set()

    assert number_of(ENDLESS, QueryOptions(watch=kill)) == 1500


@pytest.mark.parametrize(
    "text",
    [
        "FOR i IN 1..100000 RETURN CONCAT('foobarbaz', i)",
        "FOR i IN 1..100000 SORT CONCAT('foobarbaz', i) RETURN 1",
        "FOR i IN 1..100000 COLLECT x = CONCAT('foobarbaz', i) RETURN 1",
        "FOR i IN 1..100000 SORT i RETURN i",
        "RETURN LENGTH(FOR i IN 1..100000 RETURN i)",
        "FOR i IN 1..100000 COLLECT x = 1 INTO g RETURN LENGTH(g)",
        "FOR i IN 1..100000 WINDOW { preceding: 1 } AGGREGATE n = SUM(i) LIMIT 1 RETURN n",
        "FOR i IN 1..1000 FOR j IN 1..1000 FOR k IN 1..1000 RETURN [i, j, k]",
        "LET a = REPEAT('x', 60000) RETURN LENGTH(CONCAT(a, a))",
        "LET a = REPEAT('x', 60000) RETURN LENGTH(CONCAT_SEPARATOR('', a, a))",
        "LET a = 1..10000 RETURN LENGTH(UNION(a, a))",
    ],
)
def test_a_query_stops_at_its_memory_limit_and_says_so(text: str) -> None:
    with pytest.raises(ArangoError, match="memoryLimit is 100000 bytes") as caught:
        execute(None, text, options=QueryOptions(memory_limit=100_000))
    assert (caught.value.number, caught.value.status) == (32, 500)


def test_a_limit_holds_what_is_kept_at_once_and_not_what_passes_through() -> None:
    options = QueryOptions(memory_limit=1_000_000)
    text = "FOR i IN 1..3000 LET x = (FOR j IN 1..10 RETURN [i, j]) FILTER x[0] == null RETURN x"
    assert execute(None, text, options=options).rows == []
    text = "FOR i IN 1..50000 COLLECT x = i % 2 WITH COUNT INTO n RETURN n"
    assert execute(None, text, options=options).rows == [25000, 25000]


def test_without_a_word_a_query_may_hold_a_part_of_the_machines_memory() -> None:
    limit = QueryOptions().memory_limit
    assert 2**26 < limit < 2**40
    rows = "FOR i IN 1..1000000 FOR j IN 1..1000000 RETURN 1..1000000"
    assert number_of(rows, QueryOptions(max_runtime=60)) == 32


@pytest.mark.parametrize(
    ("value", "least"), [("x" * 1000, 1000), ([0] * 1000, 8000), ({"a": "x" * 1000}, 1000), (1, 1)]
)
def test_a_value_weighs_what_is_in_it_however_deep(value: object, least: int) -> None:
    for _ in range(4):
        assert least <= size_of(value) <= 10 * least + 1000
        value = [value]


def test_of_many_elements_some_are_weighed_for_all() -> None:
    assert size_of([{"n": "x" * 100}] * 1000) == pytest.approx(
        1000 * size_of({"n": "x" * 100}), 0.1
    )


class Killer(Event):
    """Kills a query when it has been asked so often."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.left = times

    def is_set(self) -> bool:
        self.left -= 1
        return self.left < 0


@pytest.mark.parametrize(
    "text",
    [
        "FOR i IN 1..10000 FILTER i == 9999 RETURN i",
        "RETURN LENGTH(UNIQUE(1..50000))",
        "RETURN LENGTH(SORTED_UNIQUE(1..50000))",
        "RETURN COUNT_DISTINCT(1..50000)",
        "RETURN LENGTH(SORTED(1..500000))",
        "RETURN LENGTH(INTERSECTION(1..50000, 1..50000))",
        "RETURN LENGTH(MINUS(1..50000, 1..40000))",
        "RETURN LENGTH(OUTERSECTION(1..50000, 1..40000))",
        "RETURN LENGTH(UNION_DISTINCT(1..50000, 1..40000))",
        "RETURN LENGTH(FLATTEN([1..50000, 1..50000]))",
        "RETURN LENGTH(REMOVE_VALUES(1..50000, [1]))",
        "RETURN LENGTH((1..50000)[* FILTER CURRENT > 5])",
        "RETURN LENGTH((1..50000)[* RETURN CURRENT + 1])",
        "RETURN LENGTH((1..100)[* RETURN (1..100)[* RETURN 1]])",
        "RETURN (1..50000)[? ALL FILTER CURRENT > 0]",
        "RETURN POSITION(1..50000, -1)",
        "RETURN (1..50000) ALL > 0",
        "RETURN -1 IN 1..50000",
        "RETURN -1 NOT IN 1..50000",
        "RETURN LENGTH(ZIP(1..50000, 1..50000))",
        "RETURN LENGTH(TO_STRING(1..50000))",
        "RETURN LENGTH(JSON_STRINGIFY(1..50000))",
        "RETURN LEVENSHTEIN_DISTANCE(REPEAT('ab', 50), REPEAT('ba', 50))",
        "RETURN NGRAM_SIMILARITY(REPEAT('ab', 50), REPEAT('ba', 50), 2)",
        "RETURN LENGTH(TOKENS(REPEAT('some words here ', 5000), 'text_en'))",
        "FOR i IN 1..20000 COLLECT x = i RETURN x",
        "FOR i IN 1..20000 SORT -i RETURN i",
        "FOR i IN 1..20000 WINDOW { preceding: 1 } AGGREGATE n = SUM(i) RETURN n",
        "RETURN LENGTH(FOR i IN 1..20000 RETURN i)",
    ],
)
def test_a_kill_ends_a_query_in_the_middle_of_what_takes_long(text: str) -> None:
    def watch(execution: Execution) -> None:
        execution.killed = Killer(6)

    assert number_of(text, QueryOptions(watch=watch)) == 1500
    assert execute(None, text).rows  # it is no other error that ended it


@pytest.mark.parametrize("count", [0, 1, 1000, 3 * PIECE + 17])
def test_sorting_in_pieces_is_sorting(count: int) -> None:
    random = Random(count)
    items = [(random.choice([0, 1, random.random()]), number) for number in range(count)]
    found = in_order(items, lambda item: order_key(item[0]), lambda: None)
    assert found == sorted(items, key=lambda item: item[0])  # equal ones in the order they had


def test_a_limit_ends_the_loops_before_it() -> None:
    text = "FOR i IN 1..1000000000 LIMIT 2 RETURN i"
    assert execute(None, text, options=QueryOptions(max_runtime=5)).rows == [1, 2]


def test_a_warning_can_be_made_an_error() -> None:
    assert number_of("RETURN 1 / 0", QueryOptions(fail_on_warning=True)) == 1562


def test_only_so_many_warnings_are_kept() -> None:
    result = execute(None, "FOR i IN 1..50 RETURN i / 0", options=QueryOptions(max_warnings=3))
    assert (len(result.rows), len(result.warnings)) == (50, 3)


def test_a_search_in_a_graph_stops_far_above_its_memory_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(memory, "SLACK", 2**24)
    with Engine(None) as engine:
        database = engine.database("_system")
        with database.transaction(write=True) as tx:
            tx.create_collection("v").insert_many({"_key": str(n)} for n in range(40))
            pairs = product(range(40), repeat=2)
            ways = ({"_from": f"v/{one}", "_to": f"v/{two}"} for one, two in pairs)
            tx.create_collection("ways", edge=True).insert_many(ways)
        text = (
            "FOR x IN 1..20 OUTBOUND 'v/1' ways OPTIONS {order: 'bfs', uniqueVertices: 'path'}"
            " FILTER x.nothing RETURN 1"
        )
        with pytest.raises(ArangoError, match="memoryLimit") as raised:
            execute(database, text, options=QueryOptions(memory_limit=1, max_runtime=100))
        assert raised.value.number == 32
