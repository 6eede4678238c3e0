"""Bits are those of unsigned integers of 32 bits."""

import pytest

from hades_mcp.embedded.errors import ArangoError


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("BIT_AND", [[255, 127, None, 63]], 63),
        ("BIT_OR", [[1, 4, 8, 16]], 29),
        ("BIT_XOR", [255, 257], 510),
        ("BIT_AND", [[]], None),
        ("BIT_CONSTRUCT", [[0, 1, 10, 31]], 2147484675),
        ("BIT_DECONSTRUCT", [2147484675], [0, 1, 10, 31]),
        ("BIT_FROM_STRING", ["11010111011101"], 13789),
        ("BIT_TO_STRING", [60, 8], "00111100"),
        ("BIT_NEGATE", [446359921, 32], 3848607374),
        ("BIT_SHIFT_LEFT", [878836, 16, 32], 1760821248),
        ("BIT_SHIFT_RIGHT", [65536, 13, 16], 8),
        ("BIT_POPCOUNT", [69399252], 12),
        ("BIT_TEST", [7, 2], True),
        ("BIT_TEST", [255, 8], False),
    ],
)
def test_bit_functions_answer_as_documented(call, warned, name, arguments, expected):
    assert call(name, *arguments) == expected
    assert warned() == []


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("BIT_AND", ["foo"]),
        ("BIT_OR", [[1, -1]]),
        ("BIT_XOR", [1, 2**32]),
        ("BIT_CONSTRUCT", [[32]]),
        ("BIT_DECONSTRUCT", [-0.5]),
        ("BIT_FROM_STRING", ["0b1"]),
        ("BIT_TO_STRING", [1, 33]),
        ("BIT_NEGATE", [1, -1]),
        ("BIT_SHIFT_LEFT", [1, 33, 32]),
        ("BIT_POPCOUNT", [True]),
        ("BIT_TEST", [1, 32]),
    ],
)
def test_numbers_out_of_range_are_null_with_a_warning(call, warned, name, arguments):
    assert call(name, *arguments) is None
    assert warned() == [1542]


def test_fractions_are_cut_off(call):
    assert call("BIT_DECONSTRUCT", 5.9) == [0, 2]
    assert call("BIT_AND", [3.5, 6]) == 2


def test_no_digits_are_zero(call):
    assert call("BIT_FROM_STRING", "") == 0


def test_the_number_of_digits_is_needed(call):
    with pytest.raises(ArangoError, match="minimum: 2") as caught:
        call("BIT_TO_STRING", 5)
    assert caught.value.number == 1541
