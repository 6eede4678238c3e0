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
        ("RETURN 1 +", "syntax error, unexpected end of query string near '+' at position 1:10"),
        ("RETURN 1 +  ", "syntax error, unexpected end of query string near '  ' at position 1:11"),
        ("RETURN 1 +\n", "syntax error, unexpected end of query string near '' at position 2:1"),
        ("RETURN [§, 2]", "syntax error, unexpected invalid token near '§, 2]' at position 1:9"),
        (
            "LET é = 1",
            (
                "syntax error, unexpected invalid token, expecting identifier or { or ["
                " near 'é = 1' at position 1:5"
            ),
        ),
        (
            "RETURN ['é', , 1]",
            """syntax error, unexpected "," near ', 1]' at position 1:15""",
        ),
        (
            "FOR x IN [1]\n  FILTR x RETURN x",
            (
                "unexpected qualifier 'FILTR', expecting 'SEARCH' or 'OPTIONS' near 'RETURN x'"
                " at position 2:11"
            ),
        ),
        (
            "FOR v IN OUTBOUND 'v/1' e PRUNED v.a RETURN v",
            (
                "unexpected qualifier 'PRUNED', expecting 'PRUNE' or 'OPTIONS' near 'RETURN v'"
                " at position 1:38"
            ),
        ),
        (
            "INSERT {} INTO c OPTION {a: 1}",
            "unexpected qualifier 'OPTION', expecting 'OPTIONS' near '}' at position 1:30",
        ),
        (
            "LET a 1 RETURN a",
            (
                "syntax error, unexpected integer number, expecting assignment near '1 RETURN a'"
                " at position 1:7"
            ),
        ),
        (
            "RETURN 0x123456789",
            (
                "hex number literal value exceeds the supported range near '0x123456789'"
                " at position 1:8"
            ),
        ),
        (
            "RETURN 1, 2",
            (
                "syntax error, unexpected \",\", expecting end of query string near ', 2'"
                " at position 1:9"
            ),
        ),
        # those from here on were seen in the wild, in answers of real servers
        (
            "this ain't AQL",
            "syntax error, unexpected identifier near 'this ain't AQL' at position 1:1",
        ),
        (
            "FOR u IN users FILTER u.user == 'admin' && u.passwd == '\\' RETURN u",
            "unexpected unterminated string literal near 'u' at position 1:67",
        ),
        (
            "FOR i IN 1..10\n\nINSERT {\nLaTeX: 1,\n_key: i\n        } IN mynodes-js",
            "syntax error, unexpected end of query string near 'js' at position 6:22",
        ),
        (
            "RETURN FIRST(FOR u IN 1..2 RETURN u == '') OR '1')) RETURN u",
            (
                "syntax error, unexpected ), expecting end of query string near ')) RETURN u'"
                " at position 1:50"
            ),
        ),
        ("RETURN (1", "syntax error, unexpected end of query string near '1' at position 1:9"),
        (
            "RETURN [1 2]",
            "syntax error, unexpected integer number, expecting ] near '2]' at position 1:11",
        ),
        (
            "RETURN {a: 'b' 'c'}",
            "syntax error, unexpected quoted string, expecting } near ''}' at position 1:18",
        ),
        (
            "LET 1 = 2",
            (
                "syntax error, unexpected integer number, expecting identifier or { or ["
                " near '1 = 2' at position 1:5"
            ),
        ),
        (
            "WITH a FOR v,e,p IN 1..50 OUTBOUND 'a/1' b OPTIONS {bfs:true}",
            "syntax error, unexpected end of query string near '}' at position 1:61",
        ),
        (
            "RETURN 1 SORT LENGTH(members) DESC",
            (
                "syntax error, unexpected SORT declaration, expecting end of query string"
                " near 'SORT LENGTH(members) DESC' at position 1:10"
            ),
        ),
    ],
)
def test_a_syntax_error_names_the_token_the_text_and_the_place(text: str, message: str) -> None:
    with pytest.raises(ArangoError) as caught:
        parse(text)
    assert caught.value.number == 1501
    assert caught.value.message == f"AQL: {message} (while parsing)"


@pytest.mark.parametrize(
    "text",
    [
        "FOR x IN y",
        "LET a = 1",
        "RETURN 1 RETURN 2",
        "RETURN {filter: 1}",
        "RETURN x.filter",
        "RETURN 'abc'.x",
        "RETURN 'abc'[0]",
        "RETURN ABS(1,)",
        "RETURN ABS(,)",
        "RETURN 1.",
        "RETURN 01",
        "RETURN 0b2",
        "RETURN 1 = 2",
        "RETURN a::b",
        "RETURN DISTINCT 1",
        "FOR a, b IN [1] RETURN a",
        "FOR a, b, c, d IN OUTBOUND 'v/1' e RETURN a",
        "FOR v IN OUTBOUND 'v/1' 'e' RETURN v",
        "FOR p IN OUTBOUND K_PATHS 'v/1' AND 'v/2' e RETURN p",
        "FOR [p] IN OUTBOUND 'v/1' e RETURN p",
        "FOR {p} IN OUTBOUND K_PATHS 'v/1' TO 'v/2' e RETURN p",
        "FOR x IN e COLLECT KEEP x RETURN 1",
        "FOR x IN e COLLECT INTO g RETURN 1",
        "FOR x IN e COLLECT a = x KEEP x RETURN 1",
        "FOR x IN e COLLECT a = x AGGREGATE m = MAX(x) INTO g KEEP x RETURN 1",
        "FOR x IN e COLLECT WITH COUNTS INTO n RETURN n",
        "REMOVE 'a'",
        "UPSERT 'a' INSERT {} UPDATE {} IN c",
        "LET e = {} UPSERT e INSERT {} UPDATE {} IN c",
        "FOR x IN [1] COLLECT y = x INTO g KEEP nobody RETURN g",
        "RETURN [1][? 2]",
        "RETURN [1][? ALL]",
        "RETURN [1][* ALL FILTER CURRENT == 1]",
        "RETURN [1][]",
        "FOR p IN 1..2 OUTBOUND K_SHORTEST_PATHS 'a/1' TO 'a/2' e RETURN p",
        "FOR {a} IN v SEARCH a == 1 RETURN a",
    ],
)
def test_what_the_grammar_does_not_have_is_refused(text: str) -> None:
    with pytest.raises(ArangoError) as caught:
        execute(None, text)
    assert caught.value.number == 1501


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("[[1, 2], [3]][?? 3 FILTER CURRENT > 0]", True),
        ("[[1], [2]][*][? FILTER CURRENT == 1]", [True, False]),
        ("[1, 2, 3][? AT LEAST (2) FILTER CURRENT > 1]", True),
        ("[1, 2, 3][? 1..2 FILTER CURRENT > 0]", False),
        ("[][?]", False),
        ("'abc' NOT LIKE 'b%' NOT LIKE 'x'", True),  # to the right, as NOT binds like IN
        ("'abc' NOT =~ '^a'", False),
        ("'abc' NOT !~ '^a'", True),
        ("1 == 1 NOT LIKE '0'", False),  # 1 == (1 NOT LIKE '0')
        ("[1, 2] ANY NOT IN [1]", True),
        ("[1, 2] AT LEAST (2) IN [1, 2, 3]", True),
        ("{`for`: 1}.`for`", 1),
        ("{\u00b4a b\u00b4: 1}['a b']", 1),
        ("`LENGTH`([1])", 1),
        ("0b101 + 0XfF", 260),
        (".5e1", 5),
        ("1 /* one */ + // two\n 2", 3),
        ("1 IN [1] ? 'y' : 'n'", "y"),
        ("- - 1", 1),
        ("[1, 2][* FILTER $CURRENT > 1]", [2]),
        ("(FOR x IN [1, 2] SORT x null RETURN x)", [2, 1]),
        ("(FOR x IN [2, 1] SORT x 'up' RETURN x)", [1, 2]),
        ("!true || true", True),
    ],
)
def test_what_the_grammar_has_is_read_as_arangodb_reads_it(text: str, value: object) -> None:
    assert execute(None, f"RETURN {text}").rows == [value]


@pytest.mark.parametrize(
    "text",
    [
        "INSERT {a: 1} IN c IN d",
        "REMOVE x IN [1, 2] IN d OPTIONS {ignoreErrors: true}",
        "UPDATE x IN y WITH {} IN d",
        "UPSERT @example INSERT {} REPLACE {} INTO d",
        "WITH a, @@b c FOR v IN OUTBOUND 'a/1' GRAPH @@g RETURN v",
        "FOR v IN OUTBOUND 'a/1' e, INBOUND @@f, ANY @g RETURN v",
        "FOR v IN OUTBOUND 'a/1' e PRUNE stop = v.x OPTIONS {order: 'bfs'} RETURN stop",
        "FOR x IN c SORT x.a @direction, x.b true RETURN x",
        "FOR x IN c COLLECT a = x.a INTO g KEEP x OPTIONS {method: 'sorted'} RETURN g",
        "FOR x IN c COLLECT WITH COUNT INTO options OPTIONS {} RETURN options",
        "LET {a, , b: [c, , d]} = {} RETURN a",
        "LET [] = [] LET {} = {} RETURN 1",
        "LET prune = 1, search = 2, keep = 3, count = 4, to = 5, options = 6 RETURN to",
        "FOR x IN c WINDOW {a: 1}.a WITH {preceding: 1} AGGREGATE m = MAX(x) RETURN m",
    ],
)
def test_forms_the_grammar_has_are_parsed(text: str) -> None:
    assert parse(text).clauses


def test_a_number_too_large_for_a_double_is_null_with_a_warning() -> None:
    result = execute(None, "RETURN [1e309, 1e-400, 1" + "0" * 5_000 + ", 1e308, 0e999]")
    assert result.rows == [[None, None, None, 1e308, 0]]
    assert [warning.number for warning in result.warnings] == [1504] * 3


def test_an_empty_query_has_an_error_of_its_own() -> None:
    with pytest.raises(ArangoError) as caught:
        parse(" \n ")
    assert caught.value.number == 1502


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
