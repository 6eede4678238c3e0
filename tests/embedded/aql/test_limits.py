import pytest

from hades_mcp.embedded.aql import QueryOptions, execute
from hades_mcp.embedded.aql.executor import Execution
from hades_mcp.embedded.errors import ArangoError

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
    ],
)
def test_a_query_stops_at_its_memory_limit(text: str) -> None:
    assert number_of(text, QueryOptions(memory_limit=100_000)) == 32


def test_a_limit_ends_the_loops_before_it() -> None:
    text = "FOR i IN 1..1000000000 LIMIT 2 RETURN i"
    assert execute(None, text, options=QueryOptions(max_runtime=5)).rows == [1, 2]


def test_a_warning_can_be_made_an_error() -> None:
    assert number_of("RETURN 1 / 0", QueryOptions(fail_on_warning=True)) == 1562


def test_only_so_many_warnings_are_kept() -> None:
    result = execute(None, "FOR i IN 1..50 RETURN i / 0", options=QueryOptions(max_warnings=3))
    assert (len(result.rows), len(result.warnings)) == (50, 3)
