"""Aggregates give what the functions of the same name give for an array."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hades_mcp.embedded.aql.context import Context
from hades_mcp.embedded.aql.functions import AGGREGATES, find_aggregate, resolve

NUMBERS = st.lists(st.none() | st.integers(-100, 100) | st.floats(-100, 100))


def aggregate(name: str, values: list[Any]) -> Any:
    make = find_aggregate(name)
    assert make is not None
    running = make()
    for value in values:
        running.add(value)
    return running.result()


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("COUNT", [None, 1, None], 3),
        ("length", [], 0),
        ("MIN", [None, "a", 5], 5),
        ("MAX", [], None),
        ("SUM", [], None),
        ("SUM", [None], 0),
        ("SUM", [1, "x"], None),
        ("AVG", [None, 1, 2], 1.5),
        ("AVERAGE", [None], None),
        ("STDDEV", [1, 3, 6, 5, 2], 1.854723699099141),
        ("VARIANCE_SAMPLE", [1], None),
        ("VARIANCE_SAMPLE", [1, "x"], None),
        ("UNIQUE", [3, 1, 3.0, None, None], [3, 1, None]),
        ("SORTED_UNIQUE", ["b", 1, "a", 1], [1, "a", "b"]),
        ("COUNT_DISTINCT", [1, 1.0, True, None], 3),
        ("COUNT_UNIQUE", [], 0),
        ("PUSH", [1, None, 1], [1, None, 1]),
        ("BIT_AND", [7, None, 3], 3),
        ("BIT_OR", [1, 8], 9),
        ("BIT_XOR", [1, -1], None),
        ("BIT_AND", [], None),
    ],
)
def test_aggregates_answer_as_documented(name, values, expected):
    result = aggregate(name, values)
    assert result == (pytest.approx(expected) if isinstance(expected, float) else expected)


@pytest.mark.parametrize(
    "name",
    ["MIN", "MAX", "SUM", "AVERAGE", "VARIANCE", "VARIANCE_SAMPLE", "STDDEV", "STDDEV_SAMPLE"],
)
@given(values=NUMBERS)
def test_aggregating_and_calling_agree(name, values):
    none = name == "SUM" and not values  # of no rows there is no sum; of no numbers it is 0
    called = None if none else resolve(name).call(Context(), values)
    assert aggregate(name, values) == (
        called if called is None else pytest.approx(called, rel=1e-9, abs=1e-9)
    )


def test_a_running_result_may_be_asked_for_again():
    make = find_aggregate("PUSH")
    assert make is not None
    running = make()
    running.add(1)
    first = running.result()
    running.add(2)
    assert (first, running.result()) == ([1], [1, 2])


def test_only_aggregates_are_found():
    assert find_aggregate("CONCAT") is None
    assert set(AGGREGATES) >= {"COUNT", "SUM", "PUSH"}
