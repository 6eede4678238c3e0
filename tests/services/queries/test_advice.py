"""Each error comes with a call that works: every correction is executed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hades_mcp.errors import QueryError
from hades_mcp.services.queries.repairs import parses, repaired

if TYPE_CHECKING:
    from arango.database import StandardDatabase

    from hades_mcp.services.queries.service import QueryService

MISTAKES: list[tuple[str, dict[str, Any], str]] = [
    # query, bind variables, what the correction must contain
    ("FOR d IN documets RETURN d.title", {}, "FOR d IN documents"),
    ("FOR d IN @@c RETURN d", {"@c": "document"}, "documents"),
    ("FOR d IN documents RETURN LENGHT(d.title)", {}, "LENGTH(d.title)"),
    ("FOR d IN documents FILTER d.kind = 'a' RETURN d", {}, "d.kind == 'a'"),
    ("FOR d IN documents FILTER d.kind <> 'a' RETURN d", {}, "d.kind != 'a'"),
    ("LET k = 'a' FOR d IN documents FILTER d.kind = k RETURN d", {}, "LET k = 'a' FOR"),
    ("FOR d IN documents FILTER d.n > 1", {}, "RETURN d"),
    ("FOR d IN documents SEARCH d.kind == 'a' RETURN d", {}, "FILTER d.kind"),
    ("FOR d IN documents RETURN d SORT d.n LIMIT 3", {}, "LIMIT 3 RETURN d"),
    ("RETURN d.n FOR d IN documents", {}, "FOR d IN documents RETURN d.n"),
    ("FOR d IN documents RETURN {n: d.n", {}, "{n: d.n}"),
    ("FOR d IN documents LIMIT 5 OFFSET 2 RETURN d", {}, "LIMIT 2, 5"),
    ("FOR d IN documents SORT d.limit RETURN {all: d.n}", {}, "d.`limit` RETURN {`all`: d.n}"),
    ("SELECT * FROM documents", {}, "FOR d IN documents RETURN d"),
    ("SELECT title, kind FROM documents WHERE kind = 'from' LIMIT 2;", {}, "d.kind == 'from'"),
    ("SELECT x.title FROM documents x ORDER BY x.title DESC", {}, "SORT x.title DESC"),
    ("MATCH (d:documents) RETURN d", {}, "FOR d IN documents"),
    ("FOR d IN documents FILTER d.n == @n RETURN d", {}, "value"),
    ("FOR d IN documents FILTER d.n == @n RETURN d", {"m": 3}, "3"),
    ("FOR d IN @@c RETURN d", {"c": "documents"}, "@c"),
    ("FOR d IN @@c FILTER d.n == @n RETURN d", {"@@c": "documents", "@n": 3}, "'n': 3"),
    ("FOR d IN documents RETURN d", {"x": 1}, "FOR d"),
    ("complete nonsense ((", {}, "FOR d IN documents"),
]


@pytest.mark.parametrize(("query", "bind", "wanted"), MISTAKES)
def test_a_mistake_is_answered_with_a_call_that_runs(
    queries: QueryService, db: StandardDatabase, query: str, bind: dict[str, Any], wanted: str
) -> None:
    db.collection("documents").insert({"title": "t", "kind": "from", "n": 3})
    with pytest.raises(QueryError) as caught:
        queries.read(query, bind)
    error = caught.value
    assert wanted in str(error.example)
    assert error.hint
    queries.read(**error.example)


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ("FOR d IN documents\n  FILTER d.a = 1\n  RETURN d", "line 2, column"),
        ("FOR d IN documents\n  RETURN LENGHT(d)", "line 2, column 10"),
        ("/* documets */ FOR d IN\n\n documets RETURN d", "line 3, column 2"),
    ],
)
def test_an_error_says_line_and_column(queries: QueryService, query: str, place: str) -> None:
    with pytest.raises(QueryError) as caught:
        queries.read(query)
    assert place in caught.value.message


def test_a_wrong_number_of_arguments_is_told(queries: QueryService) -> None:
    with pytest.raises(QueryError) as caught:
        queries.read("RETURN SUBSTRING('a')")
    assert "SUBSTRING takes 2 to 3 arguments" in caught.value.hint


def test_an_attribute_nobody_has_comes_with_the_query_that_finds_it(
    queries: QueryService, db: StandardDatabase
) -> None:
    db.collection("documents").insert({"title": "t"})
    hint = queries.read('FOR d IN documents FILTER d.titel == "t" RETURN d').hint
    corrected = hint.partition("Try: ")[2]
    assert queries.read(corrected).rows[0]["title"] == "t"


def test_strings_and_comments_are_never_repaired() -> None:
    query = "FOR d IN documents FILTER d.a = 'x = y <> z' /* a = b */ RETURN d"
    assert repaired(query) == query.replace("d.a = ", "d.a == ")
    assert repaired("FOR d IN") == ""
    assert not parses("FOR d IN")


@pytest.mark.parametrize(
    "query",
    [
        f"FOR d IN nosuch{' ' * 100_000}RETURN d",
        'RETURN "' + '\\"' * 50_000,
        "RETURN 1 /* " * 20_000,
    ],
    ids=["blanks", "quotes", "comments"],
)
def test_a_long_broken_query_is_refused_at_once(queries: QueryService, query: str) -> None:
    """With patterns that look through all of it at each mark each of these takes minutes."""
    with pytest.raises(QueryError):
        queries.read(query)
