"""Vectors are compared exactly."""

import pytest


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("COSINE_SIMILARITY", [[0, 1], [1, 0]], 0),
        ("COSINE_SIMILARITY", [[-1, 0], [1, 0]], -1),
        ("COSINE_SIMILARITY", [[[0, 1, 0, 1], [0, 0, 0, 1]], [1, 1, 1, 1]], [0.5**0.5, 0.5]),
        ("L1_DISTANCE", [[-1, -1], [2, 2]], 6),
        ("L1_DISTANCE", [[[1, 2, 3], [-5, 2, 1]], [1, 1, 1]], [3, 7]),
        ("L2_DISTANCE", [[1, 1], [5, 2]], 4.1231056256176606),
        ("L2_DISTANCE", [[1, 1, 1], [[1, 1, 2]]], [1]),
        ("APPROX_NEAR_COSINE", [[1, 2], [2, 4], {"nProbe": 20}], 1),
        ("APPROX_NEAR_L2", [[0, 0], [3, 4]], 5),
        ("APPROX_NEAR_INNER_PRODUCT", [[1, 2], [3, 4]], 11),
    ],
)
def test_vector_functions_answer_as_documented(call, warned, name, arguments, expected):
    assert call(name, *arguments) == pytest.approx(expected)
    assert warned() == []


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("COSINE_SIMILARITY", [[1], [1, 1]]),
        ("L1_DISTANCE", [["a"], [1]]),
        ("L2_DISTANCE", [[[1, 2], [1]], [1, 2]]),
        ("APPROX_NEAR_COSINE", [None, [1, 2]]),
        ("APPROX_NEAR_L2", [[1], [2], 3]),
    ],
)
def test_vectors_that_do_not_fit_are_null_with_a_warning(call, warned, name, arguments):
    assert call(name, *arguments) is None
    assert warned() == [1542]


def test_the_zero_vector_has_no_direction(call, warned):
    assert call("COSINE_SIMILARITY", [0, 0], [1, 1]) is None
    assert warned() == [1561]
