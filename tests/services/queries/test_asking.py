"""A vector is in the answer if the query names its attribute there, and never else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from arango.database import StandardDatabase

    from hades_mcp.services.queries.service import QueryService

VECTOR = [0.5] * 384
NAMING: list[tuple[str, Any]] = [
    ("FOR c IN chunks RETURN c.embedding", VECTOR),
    ('FOR c IN chunks RETURN c["embedding"]', VECTOR),
    ("FOR c IN chunks RETURN c.@name", VECTOR),
    ("FOR c IN chunks RETURN {v: c.embedding}", {"v": VECTOR}),
    ("FOR c IN chunks RETURN {v: [c.text, c.embedding]}", {"v": ["t", VECTOR]}),
    ("FOR c IN chunks LET v = c.embedding RETURN {v}", {"v": VECTOR}),
    ("FOR c IN chunks LET {embedding} = c RETURN {embedding}", {"embedding": VECTOR}),
    ("FOR c IN chunks RETURN KEEP(c, 'embedding')", {"embedding": VECTOR}),
    ("FOR c IN chunks RETURN c.text ? c.embedding : null", VECTOR),
    ("FOR c IN chunks RETURN SLICE(c.embedding, 0, 100)", VECTOR[:100]),
    ("RETURN (FOR c IN chunks RETURN c)[*].embedding", [VECTOR]),
    ("RETURN (FOR c IN chunks RETURN c)[* RETURN {v: CURRENT.embedding}]", [{"v": VECTOR}]),
    ("RETURN FIRST(FOR c IN chunks RETURN c.embedding)", VECTOR),
    ("FOR x IN (FOR c IN chunks RETURN {v: c.embedding}) RETURN x", {"v": VECTOR}),
    ("FOR c IN chunks COLLECT t = c.text INTO v = c.embedding RETURN {t, v}", None),
]
WHOLE = [
    "FOR c IN chunks RETURN c",
    "FOR c IN chunks RETURN {c}",
    "FOR c IN chunks RETURN MERGE(c, {more: true})",
    "FOR c IN chunks SORT COSINE_SIMILARITY(c.embedding, c.embedding) RETURN c",
    "FOR c IN chunks FILTER LENGTH(c.embedding) > 0 LET v = c.embedding RETURN c",
    "FOR c IN chunks RETURN {embedding: c}",
    "FOR c IN chunks RETURN [c, c.embedding][0]",
    "FOR c IN chunks RETURN UNSET(c, 'embedding')",
    'FOR c IN chunks RETURN MERGE(c, {said: "c.embedding"}) /* RETURN c.embedding */',
]


@pytest.fixture(autouse=True)
def _chunk(db: StandardDatabase) -> None:
    db.collection("chunks").insert({"text": "t", "embedding": VECTOR})


@pytest.mark.parametrize(("query", "row"), NAMING)
def test_what_a_query_names_it_gets(queries: QueryService, query: str, row: Any) -> None:
    bind = {"name": "embedding"} if "@name" in query else {}
    assert queries.read(query, bind).rows == [row or {"t": "t", "v": [VECTOR]}]


@pytest.mark.parametrize("query", WHOLE)
def test_whole_documents_come_without(queries: QueryService, query: str) -> None:
    (row,) = queries.read(query).rows
    assert "0.5" not in str(row)
    assert "'text': 't'" in str(row)


def test_a_write_is_read_as_it_was_written(queries: QueryService) -> None:
    whole = queries.write("FOR c IN chunks UPDATE c WITH {n: 1} IN chunks RETURN NEW").rows
    assert "embedding" not in whole[0]
    named = queries.write("FOR c IN chunks UPDATE c WITH {n: 2} IN chunks RETURN NEW.embedding")
    assert named.rows == [VECTOR]


def test_a_vector_nobody_names_is_told_of(queries: QueryService) -> None:
    query = "FOR c IN chunks RETURN VALUES(c, true)"
    assert "<vector of 384 numbers>" in queries.read(query).rows[0]
