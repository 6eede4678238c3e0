"""Analyzers of type aql, and TOKENS of what is no text."""

from base64 import b64decode
from typing import Any

import pytest

from hades_mcp.embedded.analyzers import analyze, define
from hades_mcp.embedded.aql import execute
from hades_mcp.embedded.errors import ArangoError


def made(text: str, query: str, **properties: Any) -> list[tuple[str, int]]:
    definition = {"queryString": query, **properties}
    analyzer = define({"name": "made", "type": "aql", "properties": definition})
    return [(token.text, token.step) for token in analyze(analyzer, text)]


@pytest.mark.parametrize(
    ("query", "properties", "text", "expected"),
    [
        ("RETURN SOUNDEX(@param)", {}, "ArangoDB", [("A652", 1)]),
        ("FOR d IN SPLIT(@param, '-') RETURN d", {}, "a-b", [("a", 1), ("b", 1)]),
        (
            *("FOR d IN SPLIT(@param, '-') RETURN d", {"collapsePositions": True}),
            *("a-b", [("a", 1), ("b", 0)]),
        ),
        ("RETURN null", {}, "x", [("", 1)]),
        ("RETURN null", {"keepNull": False}, "x", []),
        ("RETURN [1, {a: 2}]", {}, "x", [('[1,{"a":2}]', 1)]),
        ("RETURN @param", {"returnType": "number"}, "4.5", [(4.5, 1)]),
        ("RETURN @param", {"returnType": "bool"}, "", [(False, 1)]),
        ("FILTER @param != 'ir' RETURN @param", {}, "ir", []),
        ("FOR i IN 1..100000 RETURN REPEAT(@param, 99)", {}, "too much memory", []),
        ("RETURN ASSERT(false, @param)", {}, "an error", []),
    ],
)
def test_a_query_makes_the_tokens(query, properties, text, expected):
    assert made(text, query, **properties) == expected


@pytest.mark.parametrize(
    "query",
    [
        "FOR d IN things RETURN d",
        "FOR v IN 1..1 OUTBOUND 'a/b' e RETURN v",
        "RETURN DOCUMENT(@param)",
        "RETURN TOKENS(@param, 'identity')",
        "RETURN my::own(@param)",
        "RETURN @other",
        "FOR d IN @@param RETURN d",
        "INSERT {} INTO things",
        "RETURN",
    ],
)
def test_a_query_that_looks_further_than_its_parameter_is_refused(query):
    with pytest.raises(ArangoError) as refused:
        made("x", query)
    assert refused.value.number == 10


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("42", ["oMBFAAAAAAAA", "sMBFAAAAAA==", "wMBFAAA=", "0MBF"]),
        ("true", ["/w=="]),
        ("false", ["AA=="]),
        ("null", [""]),
        ("[]", [[]]),
        ("['a b', ['c', 1 > 2]]", [["a", "b"], [["c"], ["AA=="]]]),
    ],
)
def test_values_that_are_no_text_give_the_terms_they_are_indexed_by(value, expected):
    assert execute(None, f"RETURN TOKENS({value}, 'text_en')").rows == [expected]


def test_the_terms_of_numbers_sort_as_the_numbers_do():
    numbers = [-1e300, -2, -1.5, -0.25, 0, 1e-9, 1, 7.5, 1e10]
    terms = [execute(None, f"RETURN TOKENS({item})").rows[0][0] for item in numbers]
    assert sorted(terms, key=b64decode) == terms


@pytest.mark.parametrize("call", ["TOKENS({}, 'text_en')", "TOKENS('a', 1)", "TOKENS('a', 'b')"])
def test_tokens_refuses_what_it_cannot_take(call):
    with pytest.raises(ArangoError) as refused:
        execute(None, f"RETURN {call}")
    assert refused.value.number == 10


def test_tokens_may_follow_a_write(run):
    query = "INSERT {} INTO log LET words = TOKENS('a b', 'text_en') RETURN words"
    assert run(query) == [["a", "b"]]
