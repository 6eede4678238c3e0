"""A query's context keeps warnings and limits."""

import pytest

from hades_mcp.embedded.aql.context import Context
from hades_mcp.embedded.errors import ArangoError


def test_warnings_are_kept_up_to_their_number():
    context = Context(max_warnings=2)
    for _ in range(5):
        context.warn(1562)
    assert [(w.number, w.message) for w in context.warnings] == [(1562, "division by zero")] * 2


def test_a_query_that_fails_on_warnings_stops_at_the_first():
    with pytest.raises(ArangoError, match="division by zero") as caught:
        Context(fail_on_warning=True).warn(1562)
    assert caught.value.number == 1562


def test_a_refused_argument_names_its_function_and_gives_the_result():
    context = Context()
    assert context.refuse("ZIP", result=[]) == []
    assert context.warnings[0].message == "invalid argument type in call to function 'ZIP()'"


def test_killed_and_overdue_queries_stop_at_the_next_check():
    context = Context(max_runtime=60)
    context.check()
    context.killed.set()
    with pytest.raises(ArangoError) as caught:
        context.check()
    assert (caught.value.number, caught.value.status) == (1500, 410)
    with pytest.raises(ArangoError, match="maxRuntime"):
        Context(max_runtime=-1).check()


def test_randomness_repeats_with_its_seed():
    assert Context(seed=5).random.random() == Context(seed=5).random.random()
