"""Reads are proved, answers are bounded, and errors say what to change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hades_mcp.errors import LimitReached, QueryError
from hades_mcp.services.queries.limits import QueryLimits
from hades_mcp.services.queries.plans import modifies
from hades_mcp.services.queries.service import QueryService

if TYPE_CHECKING:
    from pathlib import Path

    from arango.database import StandardDatabase

    from hades_mcp.services.documents.service import DocumentService


def test_a_read_answers_with_bind_variables(queries: QueryService, db: StandardDatabase) -> None:
    db.collection("documents").insert_many([{"title": f"d{n}", "n": n} for n in range(5)])
    result = queries.read(
        "FOR d IN @@c FILTER d.n > @least SORT d.n RETURN d.title", {"@c": "documents", "least": 2}
    )
    assert result.rows == ["d3", "d4"]
    assert not result.truncated


@pytest.mark.parametrize(
    "query",
    [
        "INSERT {a: 1} INTO documents",
        "FOR d IN documents REMOVE d IN documents",
        "FOR d IN documents UPDATE d WITH {a: 1} IN documents",
        "FOR d IN documents REPLACE d WITH {a: 1} IN documents",
        "UPSERT {a: 1} INSERT {a: 1} UPDATE {b: 1} IN documents",
        "LET gone = (FOR d IN documents REMOVE d IN documents RETURN OLD) RETURN LENGTH(gone)",
        "/* RETURN 1 */ insert {a: 1} into @@c",
    ],
)
def test_a_read_that_would_change_data_is_refused_and_changes_nothing(
    queries: QueryService, db: StandardDatabase, query: str
) -> None:
    db.collection("documents").insert({"_key": "stays", "a": 0})
    bind = {"@c": "documents"} if "@@c" in query else {}
    with pytest.raises(QueryError, match="changes data"):
        queries.read(query, bind)
    assert [d["a"] for d in queries.read("FOR d IN documents RETURN d").rows] == [0]


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        ({"type": "SingleRemoteOperationNode", "mode": "IndexNode"}, False),
        ({"type": "SingleRemoteOperationNode", "mode": "RemoveNode"}, True),
        ({"type": "SingleRemoteOperationNode"}, True),
        ({"type": "MultipleRemoteModificationNode"}, True),
        ({"type": "SubqueryNode", "subquery": {"nodes": [{"type": "InsertNode"}]}}, True),
        ({"type": "SubqueryNode", "subquery": {"nodes": [{"type": "ReturnNode"}]}}, False),
    ],
)
def test_a_cluster_s_plans_are_judged_too(node: dict[str, Any], expected: bool) -> None:
    assert modifies(node) == expected


def test_words_alone_make_no_write(queries: QueryService) -> None:
    assert queries.read('RETURN "INSERT and REMOVE are words"').rows


def test_a_write_says_what_it_wrote(queries: QueryService) -> None:
    result = queries.write("FOR n IN 1..3 INSERT {n} INTO documents RETURN NEW.n")
    assert (result.rows, result.written) == ([1, 2, 3], 3)


def test_rows_are_capped_and_the_answer_says_so(queries: QueryService) -> None:
    result = queries.read("FOR n IN 1..101 RETURN n")
    assert (len(result.rows), result.truncated) == (100, True)
    assert not queries.read("FOR n IN 1..100 RETURN n").truncated


def test_a_query_is_stopped_when_its_time_is_over(db: StandardDatabase) -> None:
    queries = QueryService(db, QueryLimits(max_rows=10, max_runtime=0.05))
    with pytest.raises(LimitReached, match=r"longer than 0\.05 s"):
        queries.read("FOR a IN 1..10000 FOR b IN 1..10000 FILTER a * b < 0 RETURN a")


def test_a_query_is_stopped_when_it_holds_too_much(db: StandardDatabase) -> None:
    queries = QueryService(db, QueryLimits(max_rows=10, max_memory=2**20))
    with pytest.raises(LimitReached, match="Add a LIMIT"):
        queries.read("FOR n IN 1..100000 RETURN {n}")


def test_a_document_comes_without_its_vector(queries: QueryService, db: StandardDatabase) -> None:
    db.collection("chunks").insert({"text": "t", "embedding": [0.5] * 384})
    (row,) = queries.read("FOR c IN chunks RETURN c").rows
    assert row["text"] == "t"
    assert "embedding" not in row


def test_a_misspelt_collection_comes_with_the_corrected_query(queries: QueryService) -> None:
    with pytest.raises(QueryError) as caught:
        queries.read("FOR d IN documets\n  RETURN d.title")
    assert caught.value.number == 1203
    assert caught.value.hint == "Did you mean 'documents'?"
    assert caught.value.example == {"query": "FOR d IN documents\n  RETURN d.title"}
    assert "line 1, column 10" in caught.value.message


def test_a_misspelt_collection_in_a_bind_variable_is_corrected_there(queries: QueryService) -> None:
    with pytest.raises(QueryError) as caught:
        queries.read("FOR d IN @@c RETURN d", {"@c": "document"})
    assert caught.value.hint == "Did you mean 'documents'?"
    assert caught.value.example["bind_vars"] == {"@c": "documents"}


def test_a_misspelt_function_is_corrected(queries: QueryService) -> None:
    with pytest.raises(QueryError, match="Did you mean 'LENGTH'"):
        queries.read("RETURN LENGHT([])")


def test_a_word_that_is_nothing_lists_what_there_is(queries: QueryService) -> None:
    with pytest.raises(QueryError, match="neither a collection nor a variable"):
        queries.read("RETURN zzzzqqq")


@pytest.mark.parametrize(
    ("query", "hint"),
    [
        ("SELECT * FROM documents", "not SQL"),
        ("FOR d IN documents FILTER d.a = 1 RETURN d", "Compare with =="),
        ("FOR d IN documents", "ends with RETURN"),
        ("RETURN d FOR d IN documents", "FOR comes first"),
        ("FOR d IN documents RETURN {", "as in the example"),
    ],
)
def test_a_syntax_error_has_its_place_and_a_way_out(
    queries: QueryService, query: str, hint: str
) -> None:
    with pytest.raises(QueryError, match=hint) as caught:
        queries.read(query)
    assert caught.value.number == 1501
    assert "position" in caught.value.message


@pytest.mark.parametrize(
    ("query", "bind", "hint"),
    [
        ("RETURN @a", {}, "Give a value for 'a'"),
        ("RETURN 1", {"a": 1}, "no parameter for 'a'"),
        ("RETURN @a", {"b": 1}, "Perhaps 'b' should be 'a'"),
        ("FOR d IN @@c RETURN d", {"c": "documents"}, "with one @"),
    ],
)
def test_mistakes_in_bind_variables_are_explained(
    queries: QueryService, query: str, bind: dict[str, object], hint: str
) -> None:
    with pytest.raises(QueryError, match=hint):
        queries.read(query, bind)


def test_an_empty_answer_points_at_the_attribute_nobody_has(
    queries: QueryService, documents: DocumentService, shop: Path
) -> None:
    documents.ingest([shop])
    result = queries.read('FOR d IN documents FILTER d.titel == "shop" RETURN d')
    assert result.rows == []
    assert "attribute 'titel'" in result.hint
    assert "Did you mean 'title'?" in result.hint
    assert queries.read('FOR d IN documents FILTER d.title == "none" RETURN d').hint == ""
    assert "'titel'" in queries.read("FOR d IN @@c RETURN d.titel", {"@c": "documents"}).hint


def test_explain_shows_the_plan_without_running_it(
    queries: QueryService, db: StandardDatabase
) -> None:
    plan = queries.explain("FOR d IN documents FILTER d.a == 1 REMOVE d IN documents")
    assert plan.modifies
    assert "RemoveNode" in plan.nodes
    assert plan.collections["documents"] in {"write", "exclusive"}
    assert not queries.explain("FOR d IN documents RETURN d").modifies


def test_a_row_nested_too_deep_is_refused_in_words(queries: QueryService) -> None:
    deep = "[" * 300 + "]" * 300
    with pytest.raises(LimitReached, match="nested too deep"):
        queries.read(f"RETURN {deep}")
    with pytest.raises(QueryError, match="cannot be stored"):
        queries.write(f"INSERT {{a: {deep}}} INTO documents RETURN NEW")
    assert queries.read("RETURN LENGTH(documents)").rows == [0]
