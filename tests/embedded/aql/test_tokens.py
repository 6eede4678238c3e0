import pytest

from hades_mcp.embedded.aql.tokens import END, tokenize
from hades_mcp.embedded.errors import ArangoError


def kinds(text: str) -> list[str]:
    return [token.kind for token in tokenize(text)[:-1]]


def test_keywords_are_read_in_any_case_and_quoted_ones_are_names() -> None:
    assert kinds("for FOR For `for`") == ["FOR", "FOR", "FOR", "identifier"]


def test_soft_keywords_are_names() -> None:
    assert set(kinds("KEEP COUNT OPTIONS PRUNE SEARCH TO CURRENT NEW OLD")) == {"identifier"}


def test_a_range_is_not_mistaken_for_a_fraction() -> None:
    assert [token.value for token in tokenize("1..10")[:-1]] == [1, "..", 10]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0b101", 5),
        ("0xff", 255),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("9223372036854775808", 9.223372036854776e18),
        ("4.0e999", None),
        (r"'it\'s'", "it's"),
        (r'"a\tb\u00e4\ud83d\ude00\q"', "a\tbä😀q"),
        ("\u00b4q w\u00b4", "q w"),
        ("@_p", "_p"),
        ("@@coll", "@coll"),
    ],
)
def test_literals_have_the_value_arangodb_gives_them(text: str, value: object) -> None:
    assert tokenize(text)[0].value == value


def test_comments_and_space_vanish_and_positions_stay() -> None:
    tokens = tokenize("1 // one\n/* two\n */ 2")
    assert [(token.kind, token.at) for token in tokens] == [
        ("integer number", 0),
        ("integer number", 20),
        (END, 21),
    ]


@pytest.mark.parametrize("text", ["'open", '"open', "`open", "/* open", "#", "@_", "@@__", "é"])
def test_what_starts_no_token_is_a_syntax_error(text: str) -> None:
    with pytest.raises(ArangoError) as caught:
        tokenize(text)
    assert caught.value.number == 1501
