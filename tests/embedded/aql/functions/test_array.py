"""Arrays are read, changed and combined as the manual shows."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hades_mcp.embedded.aql.context import Context
from hades_mcp.embedded.aql.functions import resolve
from hades_mcp.embedded.errors import ArangoError

LETTERS = ["a", "b", "c"]


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("FIRST", [[1, 2]], 1),
        ("FIRST", [[]], None),
        ("LAST", [[1, 2]], 2),
        ("NTH", [LETTERS, 2], "c"),
        ("NTH", [LETTERS, -1], None),
        ("POSITION", [[2, 4, 6], 4], True),
        ("POSITION", [[2, 4, 6], 4, True], 1),
        ("POSITION", [[1, True], True, True], 1),
        ("SLICE", [[1, 2, 3, 4, 5], 1, 2], [2, 3]),
        ("SLICE", [[1, 2, 3, 4, 5], 1, -1], [2, 3, 4]),
        ("SLICE", [[1, 2, 3, 4, 5], -3, 2], [3, 4]),
        ("FLATTEN", [[1, [2, [3, [4]]]]], [1, 2, [3, [4]]]),
        ("FLATTEN", [[1, [2, [3, [4]]]], 2], [1, 2, 3, [4]]),
        ("SORTED", [["b", None, 2, "A", True]], [None, True, 2, "A", "b"]),
        ("SORTED_UNIQUE", [[8, 4, 2, 8, 4.0]], [2, 4, 8]),
        ("UNIQUE", [[3, 1, 3, 1.0, "1", True]], [3, 1, "1", True]),
        ("COUNT_DISTINCT", [[1, 1.0, True, None]], 3),
        ("PUSH", [[1, 2], 2, True], [1, 2]),
        ("PUSH", [None, 1], [1]),
        ("UNSHIFT", [[1, 2], 3], [3, 1, 2]),
        ("POP", [[1]], []),
        ("SHIFT", [[1, 2]], [2]),
        ("APPEND", [[1, 2, 3], [3, 4, 5, 2, 9], True], [1, 2, 3, 4, 5, 9]),
        ("APPEND", [[1], 2], [1, 2]),
        ("REMOVE_VALUE", [["a", "b", "b", "a"], "a", 1], ["b", "b", "a"]),
        ("REMOVE_VALUES", [["a", "a", "b"], ["a"]], ["b"]),
        ("REMOVE_NTH", [LETTERS, -2], ["a", "c"]),
        ("REMOVE_NTH", [LETTERS, 7], LETTERS),
        ("REPLACE_NTH", [LETTERS, 3, "z"], ["a", "b", "c", "z"]),
        ("REPLACE_NTH", [LETTERS, 5, "z", "y"], ["a", "b", "c", "y", "y", "z"]),
        ("REPLACE_NTH", [LETTERS, -9, "z"], ["z", "b", "c"]),
        ("UNION", [[1, 2], [2, 3]], [1, 2, 2, 3]),
        ("UNION_DISTINCT", [[1, 2], [2, 3]], [1, 2, 3]),
        ("INTERSECTION", [[1, 2, 3, 4, 5], [2, 3, 4, 5, 6], [3, 4, 5, 6, 7]], [3, 4, 5]),
        ("OUTERSECTION", [[1, 2, 3], [2, 3, 4], [3, 4, 5]], [1, 5]),
        ("MINUS", [[1, 2, 3, 4], [3, 4, 5, 6], [5, 6, 7, 8]], [1, 2]),
        ("INTERLEAVE", [[1], [2, 2], [3, 3, 3]], [1, 2, 3, 2, 3, 3]),
    ],
)
def test_array_functions_answer_as_documented(call, warned, name, arguments, expected):
    assert call(name, *arguments) == expected
    assert warned() == []


@pytest.mark.parametrize("name", ["FIRST", "LAST", "UNIQUE", "SORTED", "FLATTEN", "COUNT_DISTINCT"])
def test_reading_what_is_no_array_is_null_with_warning_1563(call, warned, name):
    assert call(name, {"a": 1}) is None
    assert warned() == [1563]


@pytest.mark.parametrize("name", ["UNION", "MINUS", "PUSH", "APPEND", "SLICE"])
def test_combining_what_is_no_array_is_null_with_warning_1542(call, warned, name):
    assert call(name, "x", [1]) is None
    assert warned() == [1542]


@pytest.mark.parametrize("name", ["INTERSECTION", "OUTERSECTION", "INTERLEAVE"])
def test_comparing_what_is_no_array_is_null_with_warning_1563(call, warned, name):
    assert call(name, "x", [1]) is None
    assert warned() == [1563]


def test_a_gap_without_padding_is_an_error(call):
    with pytest.raises(ArangoError, match=r"REPLACE_NTH\(\)") as caught:
        call("REPLACE_NTH", LETTERS, 6, "z")
    assert caught.value.number == 1542


def test_arguments_are_never_changed(call):
    values = [3, [1], 3]
    for name in ("POP", "SHIFT", "SORTED", "UNIQUE", "REVERSE", "FLATTEN"):
        call(name, values)
    for name in ("PUSH", "UNSHIFT", "APPEND", "REMOVE_VALUE"):
        call(name, values, 3)
    assert values == [3, [1], 3]


VALUES = st.lists(st.integers(0, 4) | st.booleans() | st.none() | st.sampled_from(["0", "a"]))


@given(VALUES, VALUES)
def test_sets_obey_their_algebra(left, right):
    def call(name: str, *arguments: Any) -> Any:
        return resolve(name).call(Context(), *arguments)

    shared, gone = call("INTERSECTION", left, right), call("MINUS", left, right)
    assert call("SORTED_UNIQUE", left) == call("SORTED", [*shared, *gone])
    union = call("UNION_DISTINCT", left, right)
    assert len(union) == len(gone) + len(call("UNIQUE", right))
    if union:
        assert call("JACCARD", left, right) == len(shared) / len(union)
