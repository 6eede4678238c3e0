"""No function breaks, whatever it is given: a value, a warning, or an ArangoDB error."""

from math import isfinite
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hades_mcp.embedded.aql.context import Context
from hades_mcp.embedded.aql.functions import FUNCTIONS, array_change, numeric, string
from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.values import encode

SLOW = {"SLEEP", "DATE_TIMEZONES"}
SAMPLES = [
    "", "a", "a%b_", "[", "2020-02-29", "0000-01-01T00:00:00Z", "day", "P1D", "Europe/Berlin", "😀",
    "\0", 0, -1, 1, 2, 2**31, 2**32, 2**63, 2**64 - 1, -(2**63), 0.5, -0.0, 1e308, -1e308, 5e-324,
    1e18, None, True, False, [], {}, [None], [[]], [1, "a", None], {"a": None}, [[0, 0], [1, 1]],
    [1, 2, 3], [1e308, 1e308], {"type": "Point", "coordinates": [1, 2]},
    {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [0, 1], [0, 0]]]},
]  # fmt: skip
NAMES = st.text(max_size=2)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=3)
)
VALUES = st.sampled_from(SAMPLES) | st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=2),
    max_leaves=4,
)


def assert_is_aql(value: Any) -> None:
    """Fail on anything that is no AQL value: NaN, a tuple, an integer of more than 64 bits."""
    if isinstance(value, list):
        for item in value:
            assert_is_aql(item)
    elif isinstance(value, dict):
        for item in value.values():
            assert_is_aql(item)
    elif type(value) is int:
        assert -(2**63) <= value < 2**64
    elif type(value) is float:
        assert isfinite(value)
    else:
        assert value is None or type(value) in (bool, str)


@pytest.fixture(autouse=True, scope="module")
def small_limits():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(numeric, "LONGEST_RANGE", 1000)
        patch.setattr(array_change, "LONGEST_ARRAY", 1000)
        patch.setattr(string, "LONGEST_REPETITION", 1000)
        yield


@pytest.mark.parametrize("name", sorted(FUNCTIONS.keys() - SLOW))
@given(data=st.data())
@settings(max_examples=15, deadline=None)
def test_a_function_answers_warns_or_refuses(name, data):
    function = FUNCTIONS[name]
    most = function.low + 3 if function.high is None else function.high
    arguments = [data.draw(VALUES) for _ in range(data.draw(st.integers(function.low, most)))]
    before = [encode(argument) for argument in arguments]
    try:
        result = function.call(Context(max_runtime=20), *arguments)
    except ArangoError:
        return
    assert_is_aql(result)
    assert [encode(argument) for argument in arguments] == before
