"""What models bring along from SQL, JavaScript and others is answered with AQL that runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hades_mcp.errors import QueryError
from hades_mcp.services.queries.habits import LONGEST
from hades_mcp.services.queries.repairs import repaired
from hades_mcp.services.queries.service import QueryService

if TYPE_CHECKING:
    from arango.database import StandardDatabase

HABITS: list[tuple[str, str]] = [
    ("SELECT * FROM documents", "FOR d IN documents RETURN d"),
    (
        "SELECT title FROM documents WHERE kind = 'a'",
        "FOR d IN documents FILTER d.kind == 'a' RETURN d.title",
    ),
    ("SELECT COUNT(*) FROM documents", "FOR d IN documents COLLECT WITH COUNT INTO n RETURN n"),
    (
        "SELECT kind, COUNT(*) FROM documents GROUP BY kind",
        "FOR d IN documents COLLECT kind = d.kind WITH COUNT INTO n RETURN {kind, n}",
    ),
    (
        "SELECT kind, COUNT(*) AS n FROM documents GROUP BY kind ORDER BY n DESC",
        "FOR d IN documents COLLECT kind = d.kind WITH COUNT INTO n SORT n DESC RETURN {kind, n}",
    ),
    ("SELECT DISTINCT kind FROM documents", "FOR d IN documents RETURN DISTINCT d.kind"),
    (
        "SELECT * FROM documents WHERE title LIKE '%a%'",
        "FOR d IN documents FILTER d.title LIKE '%a%' RETURN d",
    ),
    (
        "SELECT * FROM documents WHERE n BETWEEN 1 AND 3",
        "FOR d IN documents FILTER d.n >= 1 AND d.n <= 3 RETURN d",
    ),
    (
        "SELECT * FROM documents WHERE kind IS NOT NULL",
        "FOR d IN documents FILTER d.kind != null RETURN d",
    ),
    ("SELECT AVG(n) FROM documents", "FOR d IN documents COLLECT AGGREGATE n = AVG(d.n) RETURN n"),
    (
        "DELETE FROM documents WHERE n = 1",
        "FOR d IN documents FILTER d.n == 1 REMOVE d IN documents",
    ),
    (
        "UPDATE documents SET n = 2 WHERE kind = 'a'",
        "FOR d IN documents FILTER d.kind == 'a' UPDATE d WITH {n: 2} IN documents",
    ),
    ("INSERT INTO documents (title) VALUES ('x')", "INSERT {title: 'x'} INTO documents"),
    ("FOR d IN documents WHERE d.n > 1 RETURN d", "FOR d IN documents FILTER d.n > 1 RETURN d"),
    (
        "FOR d IN documents FILTER d.n > 1 ORDER BY d.n RETURN d",
        "FOR d IN documents FILTER d.n > 1 SORT d.n RETURN d",
    ),
    (
        "FOR d IN documents GROUP BY d.kind RETURN d.kind",
        "FOR d IN documents COLLECT kind = d.kind RETURN kind",
    ),
    (
        "FOR d IN documents FILTER d.kind = 'a' RETURN d",
        "FOR d IN documents FILTER d.kind == 'a' RETURN d",
    ),
    (
        "FOR d IN documents FILTER d.kind === 'a' RETURN d",
        "FOR d IN documents FILTER d.kind == 'a' RETURN d",
    ),
    (
        "FOR d IN documents FILTER d.kind !== 'a' RETURN d",
        "FOR d IN documents FILTER d.kind != 'a' RETURN d",
    ),
    (
        "FOR d IN documents FILTER d.kind <> 'a' RETURN d",
        "FOR d IN documents FILTER d.kind != 'a' RETURN d",
    ),
    ("FOR d IN documents FILTER d.n > 1", "FOR d IN documents FILTER d.n > 1 RETURN d"),
    ("FOR d IN documents SORT d.n", "FOR d IN documents SORT d.n RETURN d"),
    ("FOR d IN documents RETURN d.title.toLowerCase()", "FOR d IN documents RETURN LOWER(d.title)"),
    (
        "FOR d IN documents FILTER d.title.includes('a') RETURN d",
        "FOR d IN documents FILTER CONTAINS(d.title, 'a') RETURN d",
    ),
    (
        "FOR d IN documents FILTER d.title.startsWith('a') RETURN d",
        "FOR d IN documents FILTER STARTS_WITH(d.title, 'a') RETURN d",
    ),
    ("FOR d IN documents RETURN d.tags.length()", "FOR d IN documents RETURN LENGTH(d.tags)"),
    (
        "FOR d IN documents FILTER d.title CONTAINS 'a' RETURN d",
        "FOR d IN documents FILTER CONTAINS(d.title, 'a') RETURN d",
    ),
    (
        "FOR d IN documents FILTER d.title STARTS WITH 'a' RETURN d",
        "FOR d IN documents FILTER STARTS_WITH(d.title, 'a') RETURN d",
    ),
    (
        "FOR d IN documents FILTER d.title IS NOT NULL RETURN d",
        "FOR d IN documents FILTER d.title != null RETURN d",
    ),
    (
        "FOR d IN documents FILTER d.title IS NULL RETURN d",
        "FOR d IN documents FILTER d.title == null RETURN d",
    ),
    (
        "FOR d IN documents FILTER d.n BETWEEN 1 AND 3 RETURN d",
        "FOR d IN documents FILTER d.n >= 1 AND d.n <= 3 RETURN d",
    ),
    ("FOR d IN documents RETURN COUNT(*)", "FOR d IN documents COLLECT WITH COUNT INTO n RETURN n"),
    (
        "RETURN LENGTH(FOR d IN documents FILTER d.n > 1 RETURN d",
        "RETURN LENGTH(FOR d IN documents FILTER d.n > 1 RETURN d)",
    ),
    ("FOR d in documents return d.title as name", "FOR d in documents RETURN {name: d.title}"),
    ("FOR d IN documents RETURN d.title, d.kind", "FOR d IN documents RETURN [d.title, d.kind]"),
    (
        "FOR d IN documents RETURN {title: d.title kind: d.kind}",
        "FOR d IN documents RETURN {title: d.title, kind: d.kind}",
    ),
    ("FOR d IN documents RETURN d LIMIT 5", "FOR d IN documents LIMIT 5 RETURN d"),
    (
        "FOR d IN documents RETURN d SORT d.n DESC LIMIT 5",
        "FOR d IN documents SORT d.n DESC LIMIT 5 RETURN d",
    ),
    ("FOR d IN documents LIMIT 5 OFFSET 2 RETURN d", "FOR d IN documents LIMIT 2, 5 RETURN d"),
    (
        "FOR d IN documents FILTER d.kind == \u201ca\u201d RETURN d",
        'FOR d IN documents FILTER d.kind == "a" RETURN d',
    ),
    (
        "FOR d IN documents FILTER d.title == 'it's' RETURN d",
        'FOR d IN documents FILTER d.title == "it\'s" RETURN d',
    ),
    (
        'FOR d IN documents FILTER d.kind == "a RETURN d',
        'FOR d IN documents FILTER d.kind == "a" RETURN d',
    ),
    ("FOR d OF documents RETURN d", "FOR d IN documents RETURN d"),
    ("for (d in documents) { return d }", "FOR d IN documents return d "),
    ("FOR d IN documents DO RETURN d END", "FOR d IN documents RETURN d"),
    ("FOR d IN documents { RETURN d }", "FOR d IN documents RETURN d "),
    (
        "FOR d IN documents FILTER d.n > 1 && (d.kind == 'a' RETURN d",
        "FOR d IN documents FILTER d.n > 1 && (d.kind == 'a') RETURN d",
    ),
    ("FOR d IN documents LET x = d.n * 2 RETURN x;", "FOR d IN documents LET x = d.n * 2 RETURN x"),
    (
        "FOR d IN documents COLLECT kind = d.kind WITH COUNT RETURN kind",
        "FOR d IN documents COLLECT kind = d.kind WITH COUNT INTO n RETURN kind",
    ),
    (
        "FOR d IN documents AGGREGATE n = MAX(d.n) RETURN n",
        "FOR d IN documents COLLECT AGGREGATE n = MAX(d.n) RETURN n",
    ),
    ("RETURN MAX(documents.n)", "RETURN MAX(FOR d IN documents RETURN d.n)"),
    (
        "FOR d IN documents RETURN CONCAT(d.title ' ' d.kind)",
        "FOR d IN documents RETURN CONCAT(d.title, ' ', d.kind)",
    ),
    (
        "FOR d IN documents RETURN SUBSTR(d.title, 0, 3)",
        "FOR d IN documents RETURN SUBSTRING(d.title, 0, 3)",
    ),
    ("FOR d IN documents RETURN LEN(d.title)", "FOR d IN documents RETURN LENGTH(d.title)"),
    ("FOR d IN documents RETURN UPPERCASE(d.title)", "FOR d IN documents RETURN UPPER(d.title)"),
    ("FOR d IN documents RETURN TOLOWER(d.title)", "FOR d IN documents RETURN LOWER(d.title)"),
    (
        "FOR d IN documents RETURN IFNULL(d.title, 'x')",
        "FOR d IN documents RETURN NOT_NULL(d.title, 'x')",
    ),
    (
        "FOR d IN documents RETURN COALESCE(d.title, 'x')",
        "FOR d IN documents RETURN NOT_NULL(d.title, 'x')",
    ),
    ("FOR d IN documents RETURN NOW()", "FOR d IN documents RETURN DATE_NOW()"),
    (
        "FOR d IN documents RETURN IF(d.n > 1, 'a', 'b')",
        "FOR d IN documents RETURN (d.n > 1 ?  'a' :  'b')",
    ),
    (
        "FOR d IN documents RETURN CASE WHEN d.n > 1 THEN 'a' ELSE 'b' END",
        "FOR d IN documents RETURN (d.n > 1 ? 'a' : 'b')",
    ),
    (
        "FOR v IN OUTBOUND 'documents/a' relations 1..2 RETURN v",
        "FOR v IN 1..2 OUTBOUND 'documents/a' relations RETURN v",
    ),
    (
        "FOR v IN 1..2 OUT 'documents/a' relations RETURN v",
        "FOR v IN 1..2 OUTBOUND 'documents/a' relations RETURN v",
    ),
    (
        "FOR v, e, p IN 1..2 OUTBOUND FROM 'documents/a' relations RETURN v",
        "FOR v, e, p IN 1..2 OUTBOUND 'documents/a' relations RETURN v",
    ),
    (
        "db.documents.find({kind: 'a'})",
        "FOR d IN documents FILTER MATCHES(d, {kind: 'a'}) RETURN d",
    ),
    ("INSERT {title: 'x'} documents", "INSERT {title: 'x'} INTO documents"),
    ("INSERT {title: 'x'} TO documents", "INSERT {title: 'x'} INTO documents"),
    (
        "FOR d IN documents UPDATE d SET n = 2",
        "FOR d IN documents UPDATE d WITH {n: 2} IN documents",
    ),
    (
        "FOR d IN documents UPDATE d WITH {n: 2}",
        "FOR d IN documents UPDATE d WITH {n: 2} IN documents",
    ),
    ("FOR d IN documents REMOVE d", "FOR d IN documents REMOVE d IN documents"),
    ("REMOVE documents WHERE n == 1", "FOR d IN documents FILTER d.n == 1 REMOVE d IN documents"),
    ("UPDATE 'a' WITH {n: 1} documents", "UPDATE 'a' WITH {n: 1} INTO documents"),
    (
        "FOR d IN documents FILTER d.kind IN ('a', 'b') RETURN d",
        "FOR d IN documents FILTER d.kind IN ['a', 'b'] RETURN d",
    ),
    (
        "FOR d IN documents FILTER d.kind in ['a' 'b'] RETURN d",
        "FOR d IN documents FILTER d.kind in ['a', 'b'] RETURN d",
    ),
    (
        "FOR d IN documents FILTER d.kind == $kind RETURN d",
        "FOR d IN documents FILTER d.kind == @kind RETURN d",
    ),
    (
        "FOR d IN documents FILTER d.kind == :kind RETURN d",
        "FOR d IN documents FILTER d.kind == @kind RETURN d",
    ),
    (
        "FOR d IN documents FILTER d.kind == ? RETURN d",
        "FOR d IN documents FILTER d.kind == @value RETURN d",
    ),
    (
        "FOR d IN documents FILTER NOT EXISTS(d.kind) RETURN d",
        "FOR d IN documents FILTER d.kind == null RETURN d",
    ),
    (
        "FOR d IN documents FILTER d.kind != undefined RETURN d",
        "FOR d IN documents FILTER d.kind != null RETURN d",
    ),
    (
        "FOR d IN documents FILTER d.kind == None RETURN d",
        "FOR d IN documents FILTER d.kind == null RETURN d",
    ),
    (
        "FOR d IN documents LIMIT 5, SORT d.n RETURN d",
        "FOR d IN documents LIMIT 5 SORT d.n RETURN d",
    ),
    ("FOR d IN documents TOP 5 RETURN d", "FOR d IN documents LIMIT 5 RETURN d"),
    ("FOR d IN documents RETURN ALL d", "FOR d IN documents RETURN d"),
    (
        "LET x = 5 FOR d IN documents FILTER d.n > x",
        "LET x = 5 FOR d IN documents FILTER d.n > x RETURN d",
    ),
    (
        "FOR d IN documents RETURN d.title -- comment",
        "FOR d IN documents RETURN d.title // comment",
    ),
    ("FOR d IN documents # comment\nRETURN d", "FOR d IN documents // comment\nRETURN d"),
    ("```aql\nFOR d IN documents RETURN d\n```", "FOR d IN documents RETURN d"),
    ("aql: FOR d IN documents RETURN d", "FOR d IN documents RETURN d"),
    ("EXPLAIN FOR d IN documents RETURN d", "FOR d IN documents RETURN d"),
    ("FOR d IN documents HAVING d.n > 1 RETURN d", "FOR d IN documents FILTER d.n > 1 RETURN d"),
    ("SHOW COLLECTIONS", "RETURN COLLECTIONS()[*].name"),
    (
        "FOR a IN documents JOIN b IN relations ON a._id == b._from RETURN a",
        "FOR a IN documents FOR b IN relations FILTER a._id == b._from RETURN a",
    ),
    (
        "FOR d IN documents FILTER d.title =~ /a/ RETURN d",
        'FOR d IN documents FILTER d.title =~ "a" RETURN d',
    ),
    (
        "FOR d IN documents FILTER d.title ~ 'a' RETURN d",
        "FOR d IN documents FILTER d.title =~ 'a' RETURN d",
    ),
    ("FOR d IN documents RETURN d[0:5]", "FOR d IN documents RETURN SLICE(d, 0, 5)"),
    ("FOR d IN documents RETURN `d.title`", "FOR d IN documents RETURN d.title"),
    (
        "FOR d IN documents FILTER d.date > 2024-01-01 RETURN d",
        'FOR d IN documents FILTER d.date > "2024-01-01" RETURN d',
    ),
    ("FOR d IN documents RETURN d->title", "FOR d IN documents RETURN d.title"),
    ("FOR d IN documents RETURN d::title", "FOR d IN documents RETURN d.title"),
    ("FOR d IN documents RETURN documents.title", "FOR d IN documents RETURN d.title"),
]


@pytest.fixture
def filled(db: StandardDatabase) -> StandardDatabase:
    rows = [{"_key": k, "title": f"title {k}", "kind": "a", "n": n} for n, k in enumerate("abc")]
    db.collection("documents").insert_many(rows)
    return db


@pytest.mark.parametrize(("query", "wanted"), HABITS)
def test_a_habit_is_answered_with_aql_that_runs(
    filled: StandardDatabase, query: str, wanted: str
) -> None:
    queries = QueryService(filled)
    with pytest.raises(QueryError) as caught:
        queries.read(query)
    assert caught.value.example["query"] == wanted
    assert caught.value.hint
    queries.explain(**caught.value.example)


@pytest.mark.parametrize(
    ("query", "hint"),
    [
        ("FOR v IN OUTBOUND 'documents/a' GRAPH 'knowlege' RETURN v", "Did you mean 'knowledge'?"),
        (
            "FOR d IN documents COLLECT k = d.kind RETURN {k, n: LENGTH(d)}",
            "After COLLECT d is gone",
        ),
        ("FOR doc IN documents FILTER d.n > 1 RETURN doc", "The variable is 'doc', not 'd'."),
    ],
)
def test_a_wrong_name_is_told_by_its_kind(filled: StandardDatabase, query: str, hint: str) -> None:
    with pytest.raises(QueryError) as caught:
        QueryService(filled).read(query)
    assert hint in caught.value.hint


def test_what_would_not_run_is_not_shown(filled: StandardDatabase) -> None:
    with pytest.raises(QueryError) as caught:
        QueryService(filled).read("FOR d, i IN documents RETURN i")
    assert not caught.value.example


@pytest.mark.parametrize(
    "part",
    [
        *("SELECT a WHERE ", "CASE WHEN a THEN b ELSE ", "x BETWEEN ", "FOR d IN x UPDATE d SET "),
        *("(", "'", "`", "/*", "a.b(", "a = ", "\n"),
    ],
)
def test_no_text_keeps_the_search_for_its_mistakes_long(part: str) -> None:
    repaired((part * LONGEST)[:LONGEST])  # a pattern that runs away would not come back from it
    assert repaired((part * 1_000_000)[:1_000_000]) == ""


def test_strings_are_left_as_they_are() -> None:
    query = "FOR d IN documents WHERE d.title == 'WHERE x IS NULL ORDER BY y' RETURN d"
    assert repaired(query) == query.replace("WHERE d", "FILTER d")
