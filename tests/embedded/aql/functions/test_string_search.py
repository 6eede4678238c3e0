"""Text is found, matched, split and substituted as the manual shows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hades_mcp.embedded.aql.functions.string_search import like_matcher


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("CONTAINS", ["foobarbaz", "bar"], True),
        ("CONTAINS", ["foobarbaz", "horse", True], -1),
        ("CONTAINS", ["foobarbaz", "bar", True], 3),
        ("CONTAINS", ["foo", ""], False),
        ("FIND_FIRST", ["foobarbaz", "ba", 4], 6),
        ("FIND_FIRST", ["foobarbaz", "ba", 0, 3], -1),
        ("FIND_FIRST", ["foobarbaz", "", 2], 2),
        ("FIND_FIRST", ["foo", "o", -1], -1),
        ("FIND_LAST", ["foobarbaz", "ba"], 6),
        ("FIND_LAST", ["foobarbaz", "ba", 0, 4], 3),
        ("FIND_LAST", ["foobarbaz", "", 0, 4], 5),
        ("FIND_LAST", ["foobarbaz", ""], 9),
        ("STARTS_WITH", ["foobar", ["bar", "foo"]], True),
        ("STARTS_WITH", ["foobar", ["f", "x"], 2], False),
        ("SPLIT", ["foo-bar-baz", "-", 1], ["foo"]),
        ("SPLIT", ["foo, bar & baz", [", ", " & "]], ["foo", "bar", "baz"]),
        ("SPLIT", ["abc", ""], ["a", "b", "c"]),
        ("SPLIT", ["a.b"], ["a.b"]),
        ("SPLIT", ["a.b", "."], ["a", "b"]),
        ("SUBSTITUTE", ["a b c", ["a", "c"], ["x"]], "x b "),
        ("SUBSTITUTE", ["a b c", ["a", "c"], "x"], "x b x"),
        ("SUBSTITUTE", ["a.b.c", "."], "abc"),
        ("SUBSTITUTE", ["a b c", {"a": "b", "b": None}], "b  c"),
        ("SUBSTITUTE", ["a a a", "a", "b", 2], "b b a"),
        ("SUBSTITUTE", ["a a a", {"a": "b"}, 1], "b a a"),
    ],
)
def test_search_functions_answer_as_documented(call, warned, name, arguments, expected):
    assert call(name, *arguments) == expected
    assert warned() == []


@pytest.mark.parametrize(
    ("text", "pattern", "expected"),
    [
        ("cart", "ca_t", True),
        ("carrot", "ca_t", False),
        ("carrot", "ca%t", True),
        ("foo bar baz", "bar", False),
        ("foo bar baz", "%bar%", True),
        ("a\nb", "a%b", True),
        ("a\nb", "a_b", True),
        ("100%", r"100\%", True),
        ("1000", r"100\%", False),
        ("a_b", r"a\_b", True),
        ("axb", r"a\_b", False),
        ("a\\b", r"a\\b", True),
        ("a\\b", r"a\b", True),
        ("a.c", "a.c", True),
        ("abc", "a.c", False),
        ("foo\n", "foo", False),
    ],
)
def test_like_knows_two_wildcards_and_their_escapes(call, text, pattern, expected):
    assert call("LIKE", text, pattern) is expected


def test_like_ignores_case_only_if_told(call):
    assert call("LIKE", "FoO bAr BaZ", "fOo%bAz") is False
    assert call("LIKE", "FoO bAr BaZ", "fOo%bAz", True) is True


def _matches(text: str, pattern: str) -> bool:
    """Decide LIKE the slow way, character by character, for patterns without backslashes."""
    if not pattern:
        return not text
    if pattern[0] == "%":
        return any(_matches(text[start:], pattern[1:]) for start in range(len(text) + 1))
    return bool(text) and pattern[0] in ("_", text[0]) and _matches(text[1:], pattern[1:])


@given(st.text("ab\n", max_size=8), st.text("ab%_", max_size=6))
def test_like_agrees_with_its_definition(text, pattern):
    assert (like_matcher(pattern, ignore_case=False).match(text) is not None) == _matches(
        text, pattern
    )


def test_like_takes_no_time_on_patterns_that_would_backtrack(call):
    assert call("LIKE", "a" * 20000, "%a%a%a%a%a%a%a%b") is False


def test_negative_limits_are_refused(call, warned):
    assert call("SPLIT", "a", "b", -1) is None
    assert call("REGEX_SPLIT", "a", "b", False, -1) is None
    assert warned() == []
    assert call("SUBSTITUTE", "a", "b", "c", -1) is None
    assert warned() == [1542]


@pytest.mark.parametrize(
    ("name", "arguments", "number"),
    [
        ("SPLIT", ["a", "b", "1"], 1542),
        ("SPLIT", ["a", {}], 1542),
        ("REGEX_SPLIT", ["a", "b", False, "1"], 1542),
        ("SUBSTITUTE", ["a", 1], 1542),
        ("SUBSTITUTE", ["a", [1]], 1542),
        ("SUBSTITUTE", ["a", "a", 1], 1542),
        ("SUBSTITUTE", ["a", {"a": 1}], 1542),
        ("SUBSTITUTE", ["a", {"a": "b"}, 1, 2], 1541),
    ],
)
def test_texts_and_limits_of_a_wrong_kind_are_null_with_a_warning(
    call, warned, name, arguments, number
):
    assert call(name, *arguments) is None
    assert warned() == [number]
