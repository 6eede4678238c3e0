"""Numbers are computed as the manual shows; what has no finite value is null."""

import math

import pytest

from hades_mcp.embedded.errors import ArangoError


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("ABS", [-5], 5),
        ("ABS", ["-1.5"], 1.5),
        ("ACOS", [2], None),
        ("ASIN", [1], math.pi / 2),
        ("ATAN2", [-10, 20], -0.4636476090008061),
        ("CEIL", [-2.5], -2),
        ("FLOOR", [-2.51], -3),
        ("ROUND", [2.5], 3),
        ("ROUND", [-2.5], -2),
        ("ROUND", [-2.51], -3),
        ("CEIL", [1e300], 1e300),
        ("EXP2", [16], 65536),
        ("EXP", [1000], None),
        ("LOG", [0], None),
        ("LOG2", [1024], 10),
        ("LOG10", [-1], None),
        ("SQRT", [-3], None),
        ("POW", [5, -1], 0.2),
        ("POW", [0, -1], None),
        ("POW", [10, 400], None),
        ("RADIANS", [180], math.pi),
        ("DEGREES", [math.pi], 180),
        ("PI", [], math.pi),
        ("RANGE", [1, 4], [1, 2, 3, 4]),
        ("RANGE", [4, 1], [4, 3, 2, 1]),
        ("RANGE", [1.5, 2.5], [1, 2]),
        ("RANGE", [1.5, 2.5, 0.5], [1.5, 2, 2.5]),
        ("RANGE", [-0.75, 1.1, 0.5], [-0.75, -0.25, 0.25, 0.75]),
        ("DECAY_GAUSS", [[20, 41], 40, 5, 5, 0.5], [0.0019531250000000017, 1]),
        ("DECAY_GAUSS", [49.9889, 49.987, 0.001, 0.001, 0.2], 0.2715403018822964),
        ("DECAY_EXP", [2, 0, 10, 0, 0.2], 0.7247796636776955),
        ("DECAY_LINEAR", [9.8, 0, 10, 0, 0.2], 0.21599999999999994),
        ("MEDIAN", [[999, 80, 4, 4, 4, 3, 3, 3]], 4),
        ("MEDIAN", [[4, 2, 3, 1]], 2.5),
        ("MEDIAN", [[None]], None),
        ("AVERAGE", [[999, 80, 4, 4, 4, 3, 3, 3]], 137.5),
        ("SUM", [[None, -5, 6]], 1),
        ("SUM", [[]], 0),
        ("SUM", [[1e308, 1e308]], None),
        ("AVERAGE", [[1e308, 1e308]], None),
        ("PRODUCT", [[2**63] * 20], None),
        ("PRODUCT", [[2**63] * 17 + [1.5]], None),
        ("PRODUCT", [[2**62, 4]], 2.0**64),
        ("DECAY_GAUSS", [1e308, -1e308, 5e-324, 0, 0.5], 0),
        ("PRODUCT", [[None, -5, 6]], -30),
        ("PRODUCT", [[]], 1),
        ("MIN", [[5, 9, -2, None, 1]], -2),
        ("MAX", [["a", 5, None]], "a"),
        ("MAX", [[None]], None),
        ("PERCENTILE", [[1, 2, 3, 4], 50], 2),
        ("PERCENTILE", [[1, 2, 3, 4], 50, "interpolation"], 2.5),
        ("PERCENTILE", [[1, 2, 3, 4], 0], 1),
        ("PERCENTILE", [[], 50], None),
        ("VARIANCE_POPULATION", [[1, 3, 6, 5, 2]], 3.44),
        ("VARIANCE_SAMPLE", [[1, 3, 6, 5, 2]], 4.3),
        ("VARIANCE_SAMPLE", [[1]], None),
        ("STDDEV", [[1, 3, 6, 5, 2]], 1.854723699099141),
        ("STDDEV_SAMPLE", [[1, 3, 6, 5, 2]], 2.0736441353327724),
    ],
)
def test_numeric_functions_answer_as_documented(call, warned, name, arguments, expected):
    assert call(name, *arguments) == (
        expected if expected is None or isinstance(expected, str) else pytest.approx(expected)
    )
    assert warned() == []


@pytest.mark.parametrize(
    ("name", "arguments", "number"),
    [
        ("RANGE", [1, 2, 0], 1542),
        ("RANGE", [1, -1, 1], 1542),
        ("DECAY_EXP", [1, 2, 0, 0, 0.5], 1504),
        ("DECAY_LINEAR", ["x", 2, 1, 0, 0.5], 1542),
        ("AVERAGE", [[1, "x"]], 1563),
        ("VARIANCE", [[1, "x"]], 1561),
        ("MEDIAN", [[True]], 1561),
        ("PERCENTILE", [["x"], 50], 1561),
        ("AVERAGE", [5], 1563),
        ("MIN", ["abc"], 1563),
        ("MEDIAN", [None], 1563),
        ("PERCENTILE", [[1], 101], 1542),
        ("PERCENTILE", [[1], 50, "guess"], 1542),
    ],
)
def test_arguments_of_a_wrong_kind_are_null_with_a_warning(call, warned, name, arguments, number):
    assert call(name, *arguments) is None
    assert warned() == [number]


@pytest.mark.parametrize("name", ["SUM", "PRODUCT"])
def test_totals_of_what_is_no_number_are_null(call, warned, name):
    assert call(name, [1, "x"]) is None
    assert warned() == []


def test_a_range_too_large_for_memory_is_refused(call):
    with pytest.raises(ArangoError, match="range exceeds") as caught:
        call("RANGE", 1, 10**12)
    assert caught.value.number == 32


def test_random_numbers_lie_between_0_and_1_and_repeat_with_their_seed(call, context):
    context.random.seed(7)
    first = [call("RAND"), call("RANDOM")]
    context.random.seed(7)
    assert [call("RAND"), call("RANDOM")] == first
    assert all(0 <= value < 1 for value in first)
