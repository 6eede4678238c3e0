"""Values compare, convert and encode as in ArangoDB."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hades_mcp.embedded.values import (
    compare,
    descending,
    encode,
    equal,
    hash_key,
    json_text,
    less,
    number,
    number_text,
    order_key,
    to_array,
    to_number,
    to_text,
    truth,
    type_name,
)

NUMBERS = (
    st.integers(-(2**63), 2**64 - 1)
    | st.integers(-3, 3)
    | st.sampled_from([2**53 - 1, 2**53, 2**53 + 1, 2.0**53, 2**63, 2.0**63, 2**63 - 1, -0.0])
    | st.floats(allow_nan=False, allow_infinity=False)
)
TEXTS = st.text(max_size=4) | st.sampled_from(["", "a", "A", "ab", "é", "e\u0301", "K", "\u212a"])
SCALARS = st.none() | st.booleans() | NUMBERS | TEXTS
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)

ASCENDING: list[Any] = [
    None, False, True, -1e300, -(2**63), -(2**53) - 1, -(2**53), -1.5, -1, 0, 5e-324, 0.5, 1,
    2**53, 2**53 + 1, 2**53 + 2, 2**63 - 1, 2**63, 2**64 - 1, 1e300,
    "", " ", "1", "A", "B", "a", "b", [], [False], [1], [1, None, 2], [1, 0], [2], [[]], [[1]],
    [{}], {}, {"b": 1}, {"b": []}, {"a": False}, {"a": 1}, {"a": 1, "b": 1}, {"a": {"b": 1}},
]  # fmt: skip


@pytest.mark.parametrize(("left", "right"), list(pairwise(ASCENDING)))
def test_each_value_of_the_ladder_sorts_before_the_next(left, right):
    assert compare(left, right) == -1
    assert compare(right, left) == 1
    assert less(left, right)
    assert encode(left) < encode(right)
    assert not equal(left, right)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (1, 1.0),
        (0, -0.0),
        ([], [None]),
        ([1], [1, None, None]),
        ({}, {"a": None}),
        ([{}], [{"a": None}]),
    ],
)
def test_missing_counts_as_null_and_numbers_have_one_kind(left, right):
    assert compare(left, right) == 0
    assert equal(left, right)
    assert encode(left) == encode(right)
    assert hash_key(left) == hash_key(right)


@pytest.mark.parametrize(
    ("left", "right"), [(True, 1), (False, 0), (None, False), ("1", 1), (None, [])]
)
def test_types_are_never_mixed_up(left, right):
    assert not equal(left, right)
    assert hash_key(left) != hash_key(right)
    assert not equal([left], [right])
    assert hash_key([left]) != hash_key([right])


@given(VALUES, VALUES)
@settings(max_examples=300, deadline=None)
def test_the_encoding_has_the_order_of_compare(left, right):
    one, two = encode(left), encode(right)
    assert (one > two) - (one < two) == compare(left, right)
    turned, other = descending(one), descending(two)
    assert (turned < other) - (turned > other) == compare(left, right)


@given(VALUES, VALUES, VALUES)
@settings(max_examples=200, deadline=None)
def test_compare_is_a_total_order(one, two, three):
    assert compare(one, one) == 0
    assert compare(one, two) == -compare(two, one)
    if compare(one, two) <= 0 and compare(two, three) <= 0:
        assert compare(one, three) <= 0


@given(VALUES, VALUES)
@settings(max_examples=300, deadline=None)
def test_no_encoding_is_the_prefix_of_another(left, right):
    one, two = encode(left), encode(right)
    if one != two:
        assert not one.startswith(two)
        assert not two.startswith(one)


@given(st.tuples(VALUES, VALUES), st.tuples(VALUES, VALUES))
@settings(max_examples=300, deadline=None)
def test_concatenated_encodings_order_compound_keys(left, right):
    one, two = (encode(a) + encode(b) for a, b in (left, right))
    expected = compare(left[0], right[0]) or compare(left[1], right[1])
    assert (one > two) - (one < two) == expected


@given(st.lists(VALUES, max_size=8))
@settings(max_examples=200, deadline=None)
def test_sorted_by_order_key_is_ascending(values):
    assert all(compare(a, b) <= 0 for a, b in pairwise(sorted(values, key=order_key)))


@given(VALUES, VALUES)
@settings(max_examples=300, deadline=None)
def test_hash_keys_agree_with_equality(left, right):
    assert (hash_key(left) == hash_key(right)) == equal(left, right)
    if equal(left, right):
        assert compare(left, right) == 0


def test_equality_tells_composed_from_decomposed_accents_and_order_does_not():
    assert compare("\u00e9", "e\u0301") == 0
    assert not equal("\u00e9", "e\u0301")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"), (1.0, "1"), (-1.5, "-1.5"), (0.1, "0.1"), (1e7, "10000000"), (1e8, "1e+8"),
        (1e21, "1e+21"),
        (1e-6, "0.000001"), (1e-7, "1e-7"), (1.5e300, "1.5e+300"),
        (3.141592653589793, "3.141592653589793"),
    ],
)  # fmt: skip
def test_numbers_are_written_as_velocypack_writes_them(value, text):
    assert number_text(value) == text


def test_json_keeps_the_order_of_attributes_and_has_no_white_space():
    assert json_text({"b": [1.0, None], "a": 'x"'}) == '{"b":[1,null],"a":"x\\""}'


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, 0), (True, 1), ("", 0), (" 12 ", 12), ("-1.5e2", -150), ("12a", 0), ("abc", 0),
        ([], 0), ([7], 7), ([["3"]], 3), ([1, 2], 0), ({}, 0), ({"a": 1}, 0), (2.5, 2.5),
    ],
)  # fmt: skip
def test_to_number_reads_what_is_numeric_and_gives_zero_for_the_rest(value, expected):
    assert to_number(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, False),
        (0, False),
        (-0.0, False),
        ("", False),
        ("0", True),
        ([], True),
        ({}, True),
        (0.1, True),
    ],
)
def test_only_null_false_zero_and_the_empty_string_are_false(value, expected):
    assert truth(value) is expected


def test_to_text_and_to_array_follow_the_manual():
    assert [to_text(v) for v in (None, True, 1.5, [1, "a"], {"a": None})] == [
        "", "true", "1.5", '[1,"a"]', '{"a":null}',
    ]  # fmt: skip
    assert [to_array(v) for v in (None, 1, [2], {"a": 3})] == [[], [1], [2], [3]]


def test_numbers_beyond_ieee_are_null_and_beyond_64_bits_are_doubles():
    assert number(float("inf")) is None
    assert number(float("nan")) is None
    assert isinstance(number(2**64), float)
    assert number(10**400) is None
    assert number(2**64 - 1) == 2**64 - 1


def test_each_type_has_its_name():
    samples: list[Any] = [None, True, 1, 1.5, "", [], {}]
    assert [type_name(value) for value in samples] == [
        "null", "bool", "number", "number", "string", "array", "object",
    ]  # fmt: skip
