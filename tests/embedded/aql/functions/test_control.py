"""Control flow, dynamic calls and the functions that stop a query."""

import pytest

from hades_mcp.embedded.aql.context import Context
from hades_mcp.embedded.aql.functions import resolve
from hades_mcp.embedded.errors import ArangoError


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("NOT_NULL", [None, None, 0], 0),
        ("FIRST_LIST", [1, {}, [2]], [2]),
        ("FIRST_DOCUMENT", [1, [2]], None),
        ("MIN_MATCH", [True, False, 1, 2], True),
        ("MIN_MATCH", [True, False, 2], False),
        ("IN_RANGE", [4, 3, 5, True, True], True),
        ("IN_RANGE", [3, 3, 5, False, True], False),
        ("IN_RANGE", ["fox", "fo", "fp", True, False], True),
        ("NOOPT", [[1]], [1]),
        ("PASSTHRU", ["x"], "x"),
        ("ASSERT", [1, "no"], True),
        ("CURRENT_DATABASE", [], "_system"),
        ("CURRENT_USER", [], None),
        ("CALL", ["SUBSTRING", "this is a test", 0, 4], "this"),
        ("APPLY", ["flOoR", [1.6]], 1),
        ("APPLY", ["PI"], 3.141592653589793),
        ("SLEEP", [0], None),
    ],
)
def test_control_functions_answer_as_documented(call, warned, name, arguments, expected):
    assert call(name, *arguments) == expected
    assert warned() == []


@pytest.mark.parametrize(
    ("name", "arguments", "number"),
    [
        ("FAIL", ["because"], 1569),
        ("ASSERT", [False, "not so"], 1593),
        ("CALL", ["no_such"], 1540),
        ("CALL", ["my::function"], 1582),
        ("CALL", [123], 1542),
        ("APPLY", [None, []], 1542),
        ("CALL", ["CALL"], 1578),
        ("APPLY", ["APPLY"], 1578),
        ("CALL", ["FLOOR"], 1541),
    ],
)
def test_a_query_is_stopped_with_its_number(call, name, arguments, number):
    with pytest.raises(ArangoError) as caught:
        call(name, *arguments)
    assert caught.value.number == number


def test_warn_gives_false_and_the_message(call, context):
    assert call("WARN", 0, "is not smaller") is False
    assert [(w.number, w.message) for w in context.warnings] == [(1594, "is not smaller")]


def test_a_killed_query_does_not_sleep_on(context):
    context.killed.set()
    with pytest.raises(ArangoError, match="query killed"):
        resolve("SLEEP").call(context, 3600)


def test_a_sleeping_query_ends_at_its_time_limit():
    with pytest.raises(ArangoError, match="maxRuntime") as caught:
        resolve("SLEEP").call(Context(max_runtime=0.01), 3600)
    assert caught.value.number == 1500


def test_call_and_apply_may_call_each_other(call):
    assert call("CALL", "CALL", "TRIM", "  foo  ") == "foo"
    assert call("CALL", "APPLY", "TRIM", ["  foo  "]) == "foo"
    assert call("APPLY", "APPLY", ["TRIM", ["  foo  "]]) == "foo"
    assert call("CALL", *["CALL"] * 99, "TRIM", "  foo  ") == "foo"
