import pytest

from hades_mcp.embedded.aql.parser import parse
from hades_mcp.embedded.aql.tokens import END, INVALID, tokenize
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
        (END, 20),  # where the last token is, as ArangoDB's scanner has not moved on
    ]


@pytest.mark.parametrize("text", ["'open", '"open', "`open", "/* open", "#", "@_", "@@__", "é"])
def test_what_is_no_token_is_left_to_the_parser_to_refuse(text: str) -> None:
    assert kinds(text)[0] == INVALID
    with pytest.raises(ArangoError) as caught:
        parse(text)
    assert caught.value.number == 1501


@pytest.mark.parametrize(
    ("text", "at"),
    [("RETURN 'ab", 9), ("RETURN '", 7), (r"RETURN 'a\'", 9), ("RETURN 1 /* a * b", 15)],
)
def test_an_open_literal_is_told_of_where_the_query_ends(text: str, at: int) -> None:
    assert [token.at for token in tokenize(text)[-2:]] == [at, at]


def test_megabytes_of_text_are_one_token() -> None:
    text = "'" + "ab\\'" * 500_000 + "'"
    assert len(tokenize(text)[0].value) == 1_500_000
