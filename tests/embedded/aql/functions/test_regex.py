"""Regular expressions follow ICU, as in ArangoDB, and cannot run away."""

import pytest

from hades_mcp.embedded.aql.functions import regex
from hades_mcp.embedded.errors import ArangoError


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("REGEX_TEST", ["the quick brown fox", r"^(a|the)\s+(quick|slow).*f.x$"], True),
        ("REGEX_TEST", ["the\nquick\nbrown\nfox", r"^the(\n[a-w]+)+\nfox$"], True),
        ("REGEX_TEST", ["ABC", "b"], False),
        ("REGEX_TEST", ["ABC", "b", True], True),
        ("REGEX_TEST", ["é", r"\p{Letter}"], True),
        ("REGEX_MATCHES", ["jo@doe.com", r"(\w+)@(\w+)\."], ["jo@doe.", "jo", "doe"]),
        ("REGEX_MATCHES", ["#4d82h4", "^#?([a-f0-9]{6}|[a-f0-9]{3})$", True], None),
        ("REGEX_REPLACE", ["An Avocado", "a", "_", True], "_n _voc_do"),
        ("REGEX_REPLACE", ["x😀ab", "(a)(b)", "$2$1"], "x😀ba"),
        ("REGEX_SPLIT", ["Capture the article", "(the)"], ["Capture ", "the", " article"]),
        ("REGEX_SPLIT", ["cA,Bc,A,BcA,BcA,Bc", "a,b", True, 3], ["c", "c,", "c"]),
        ("REGEX_SPLIT", ["a😀b,c", ","], ["a😀b", "c"]),
        ("REGEX_SPLIT", ["abc", "x*"], ["a", "b", "c"]),
        ("REGEX_SPLIT", ["abc", ""], ["a", "b", "c"]),
    ],
)  # fmt: skip
def test_regex_functions_answer_as_documented(call, warned, name, arguments, expected):
    assert call(name, *arguments) == expected
    assert warned() == []


def test_an_invalid_expression_is_null_with_warning_1543(call, warned):
    assert call("REGEX_TEST", "abc", "[") is None
    assert call("REGEX_REPLACE", "abc", "b", "$9") is None
    assert warned() == [1543, 1543]


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("REGEX_TEST", ["a" * 40 + "!", "^(a+)+$"]),
        ("REGEX_TEST", ["a" * 2_000_000, "(.|\n)*c"]),
        ("REGEX_MATCHES", ["a" * 40 + "!", "^(a+)+$"]),
        ("REGEX_REPLACE", ["a" * 40 + "!", "^(a+)+$", ""]),
        ("REGEX_SPLIT", ["a" * 40 + "!", "^(a+)+$"]),
        ("REGEX_TEST", ["a", "a" * 70_000]),
    ],
)
def test_an_expression_that_runs_away_is_an_error_not_a_wrong_answer(
    call, monkeypatch, name, arguments
):
    monkeypatch.setattr(regex, "TIME_LIMIT", 50)
    with pytest.raises(ArangoError, match="regular expression") as caught:
        call(name, *arguments)
    assert caught.value.number == 32
