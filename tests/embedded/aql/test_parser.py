import pytest

from hades_mcp.embedded.aql import execute, modifies, parse
from hades_mcp.embedded.errors import ArangoError


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 + 2 * 3", 7),
        ("NOT 1 == 2", False),  # (NOT 1) == 2
        ("3 == 3 IN [true]", False),  # 3 == (3 IN [true])
        ("1 < 2 IN [true]", True),  # (1 < 2) IN [true]
        ("-2 + 3", 1),
        ("1 + 1 .. 1 + 2", [2, 3]),
        ("false OR true AND false", False),
        ("true ? 1 : false ? 2 : 3", 1),
        ("null ?: 0 ?: 5", 5),
        ("1 == 1 ? 'y' : 'n'", "y"),
        ("[1, 2] ALL < 3 AND true", True),
        ("2 NOT IN [1] && true", True),
        ("'abc' LIKE 'a%' == true", True),
        ("LIKE('abc', 'a%')", True),
        ("{a: 1, 'b': 2, ['c' ]: 3,}.c", 3),
        ("[1, 2, 3,][-1]", 3),
    ],
)
def test_operators_bind_as_in_arangodbs_grammar(text: str, value: object) -> None:
    assert execute(None, f"RETURN {text}").rows == [value]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("RETURN 1 +", "unexpected end of query string near '' at position 1:11"),
        (
            "FOR x IN [1]\n  FILTR x RETURN x",
            "unexpected identifier near 'FILTR x RETURN x' at position 2:3",
        ),
        (
            "LET a 1 RETURN a",
            "unexpected integer number, expecting assignment near '1 RETURN a' at position 1:7",
        ),
    ],
)
def test_a_syntax_error_names_the_token_the_text_and_the_place(text: str, message: str) -> None:
    with pytest.raises(ArangoError) as caught:
        parse(text)
    assert caught.value.number == 1501
    assert caught.value.message == f"AQL: syntax error, {message} (while parsing)"


@pytest.mark.parametrize(
    "text",
    [
        "FOR x IN y",
        "LET a = 1",
        "RETURN 1 RETURN 2",
        "RETURN {filter: 1}",
        "FOR a, b IN [1] RETURN a",
        "FOR a, b, c, d IN OUTBOUND 'v/1' e RETURN a",
        "FOR x IN e COLLECT KEEP x RETURN 1",
        "REMOVE 'a'",
        "RETURN [1][? 2]",
        "FOR p IN 1..2 OUTBOUND K_SHORTEST_PATHS 'a/1' TO 'a/2' e RETURN p",
    ],
)
def test_what_the_grammar_does_not_have_is_refused(text: str) -> None:
    with pytest.raises(ArangoError) as caught:
        parse(text)
    assert caught.value.number == 1501


def test_an_empty_query_has_an_error_of_its_own() -> None:
    with pytest.raises(ArangoError) as caught:
        parse(" \n ")
    assert caught.value.number == 1502


@pytest.mark.parametrize(
    "text",
    [
        "RETURN " + "(" * 10_000 + "1" + ")" * 10_000,
        "RETURN " + "[" * 10_000,
        "RETURN " + "NOT " * 10_000 + "1",
        "RETURN a" + ".b" * 10_000,
        "RETURN 1" + " + 1" * 10_000,
        "FOR x IN " + "(FOR y IN " * 10_000,
        "LET " + "[" * 10_000,
        "RETURN [1]" + "[*]" * 10_000,
    ],
)
def test_nesting_without_end_is_an_error_not_a_crash(text: str) -> None:
    with pytest.raises(ArangoError) as caught:
        execute(None, text)
    assert caught.value.number == 1524


def test_long_chains_of_or_are_no_nesting() -> None:
    chain = " OR ".join(["false"] * 5_000)
    assert execute(None, f"RETURN {chain} OR 7").rows == [7]


@pytest.mark.parametrize(
    ("text", "writes"),
    [
        ("FOR x IN c RETURN x", False),
        ("INSERT {} INTO c", True),
        ("LET a = (REMOVE 'k' IN c) RETURN a", True),
        ("RETURN 'INSERT {} INTO c'", False),
        ("RETURN true ? (UPDATE 'k' WITH {} IN c RETURN NEW) : 1", True),
    ],
)
def test_whether_a_query_writes_is_known_before_it_runs(text: str, writes: bool) -> None:
    assert modifies(text) is writes
