"""Search expressions of all kinds end in an answer or in one of ArangoDB's errors."""

from collections.abc import Iterator
from typing import Any

import pytest
from arango.database import StandardDatabase
from arango.exceptions import AQLQueryExecuteError
from hypothesis import given
from hypothesis import strategies as st

from hades_mcp.embedded import connect

ATTRIBUTES = ("d.t", "d.n", "d.o.p", "d.o.p[0]", "d.g", "d.l", "d", "d['t']", "d.t[*]", "d[d.t]")
CONSTANTS = (
    *("null", "true", "0", "-1", "2.5", "1e308", "9223372036854775807", "''", "'quick'", "'%_'"),
    *("'text_en'", "'bigram'", "'nowhere'", "[]", "[1]", "['quick', 1, 'fox']", "[[['x']]]", "{}"),
    *("{TERM: 'quick'}", "{LEVENSHTEIN_MATCH: [1]}", "{IN_RANGE: ['a', 'z', true, 1]}"),
    *("{TERMS: []}", "[6, 50]", "{type: 'Point', coordinates: [6, 50]}", "1..3", "RAND()", "1 / 0"),
)
OPERATORS = (
    *("==", "!=", "<", ">=", "IN", "NOT IN", "LIKE", "=~", "ALL ==", "ANY IN", "NONE >"),
    "AT LEAST (2) IN",
)
FUNCTIONS = {
    "EXISTS": (1, 3),
    "PHRASE": (2, 5),
    "STARTS_WITH": (2, 4),
    "LIKE": (2, 2),
    "LEVENSHTEIN_MATCH": (3, 6),
    "NGRAM_MATCH": (2, 4),
    "MIN_MATCH": (2, 3),
    "IN_RANGE": (5, 5),
    "GEO_DISTANCE": (2, 2),
    "GEO_IN_RANGE": (4, 6),
    "GEO_CONTAINS": (2, 2),
    "ANALYZER": (2, 2),
    "BOOST": (2, 2),
    "BM25": (1, 3),
    "TOKENS": (1, 2),
}
RESTS = (
    "RETURN d._key",
    "SORT BM25(d, -1, 7) DESC RETURN [BM25(d, 1e308), TFIDF(d, true)]",
    "RETURN OFFSET_INFO(d, ['t', 'o.p'])",
    "COLLECT WITH COUNT INTO n RETURN n",
)
operands = st.sampled_from(ATTRIBUTES + CONSTANTS)


@st.composite
def calls(draw: st.DrawFn, inner: st.SearchStrategy[str]) -> str:
    name = draw(st.sampled_from(sorted(FUNCTIONS)))
    low, high = FUNCTIONS[name]
    others = draw(st.lists(operands, min_size=low - 1, max_size=high - 1))
    first = draw(inner if name in {"ANALYZER", "BOOST", "MIN_MATCH"} else operands)
    return f"{name}({', '.join([first, *others])})"


def compound(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    joined = st.tuples(inner, st.sampled_from(["AND", "OR"]), inner)
    return st.one_of(
        calls(inner),
        inner.map("NOT ({})".format),
        joined.map(lambda three: f"({three[0]}) {three[1]} ({three[2]})"),
        inner.map(lambda one: f"d.l[? ANY FILTER {one.replace('d.', 'CURRENT.')}]"),
    )


comparisons = st.tuples(operands, st.sampled_from(OPERATORS), operands).map(" ".join)
expressions = st.recursive(comparisons, compound, max_leaves=4)


@pytest.fixture(scope="module")
def db() -> Iterator[StandardDatabase]:
    client = connect(None)
    db = client.db("_system")
    sizes = {"min": 2, "max": 2, "preserveOriginal": False}
    db.create_analyzer("bigram", "ngram", sizes, ["frequency", "position"])
    things: Any = db.create_collection("c")
    things.insert_many(
        [
            {"t": "quick fox", "n": 1, "o": {"p": [1, "x", None]}, "l": [{"a": 1}, {"a": "b"}]},
            {"t": ["a", "b"], "n": None, "g": {"type": "Point", "coordinates": [1, 2]}},
            {"t": "", "n": 1e300, "l": [], "g": [6, 50]},
        ]
    )
    fields = {"t": {"analyzers": ["text_en", "bigram", "identity"]}, "l": {"nested": {"a": {}}}}
    link = {"includeAllFields": True, "storeValues": "id", "fields": fields}
    db.create_arangosearch_view("v", {"links": {"c": link}})
    indexed = [
        {"name": "t", "analyzer": "text_en", "searchField": True},
        "n",
        "o.p[*]",
        {"name": "l", "nested": ["a"]},
    ]
    things.add_index({"type": "inverted", "name": "inv", "fields": indexed})
    yield db
    client.close()


@given(expressions, st.sampled_from(RESTS))
def test_any_expression_is_answered_or_refused(
    db: StandardDatabase, expression: str, rest: str
) -> None:
    hint = "OPTIONS {indexHint: 'inv', forceIndexHint: true}"
    for query in (
        f"FOR d IN v SEARCH {expression} {rest}",
        f"FOR d IN c {hint} FILTER {expression} RETURN d._key",
    ):
        assert status(db, query) in {200, 400, 404, 501}, query


def status(db: StandardDatabase, query: str) -> int:
    """Return the HTTP status of a query."""
    try:
        rows: Any = db.aql.execute(query)
        list(rows)
    except AQLQueryExecuteError as error:
        return int(error.http_code)
    return 200
