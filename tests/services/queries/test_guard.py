"""A read cannot write though its proof be wrong; what is hidden stays so; costs are capped."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from hades_mcp.config import Settings
from hades_mcp.errors import LimitReached, QueryError
from hades_mcp.services.queries import service as module
from hades_mcp.services.queries.limits import HIDDEN, QueryLimits
from hades_mcp.services.queries.plans import plan_of
from hades_mcp.services.queries.service import QueryService

if TYPE_CHECKING:
    from pathlib import Path

    from arango.database import StandardDatabase

WRITES = [
    "INSERT {a: 1} INTO documents",
    "FOR d IN documents REMOVE d IN documents",
    "LET gone = (FOR d IN documents REMOVE d IN documents RETURN OLD) RETURN LENGTH(gone)",
    "UPSERT {a: 1} INSERT {a: 1} UPDATE {b: 1} IN documents",
]


@pytest.mark.parametrize("query", WRITES)
def test_a_read_whose_proof_is_wrong_is_refused_by_its_transaction(
    queries: QueryService, db: StandardDatabase, monkeypatch: pytest.MonkeyPatch, query: str
) -> None:
    db.collection("documents").insert({"_key": "stays"})
    monkeypatch.setattr(module, "plan_of", lambda plan: replace(plan_of(plan), modifies=False))
    with pytest.raises(QueryError, match="reads may not"):
        queries.read(query)
    assert [d["_key"] for d in queries.read("FOR d IN documents RETURN d").rows] == ["stays"]


@pytest.mark.parametrize(
    "query",
    [
        "FOR d IN journal RETURN d",
        'RETURN DOCUMENT("journal/x")',
        'RETURN DOCUMENT(CONCAT("jour", "nal/x"))',
        'FOR v IN OUTBOUND "documents/a" relations RETURN v',
        "RETURN COLLECTION_COUNT('journal')",
        "FOR s IN sources RETURN s",
        "FOR p IN pages RETURN p",
        "FOR u IN _users RETURN u",
    ],
)
def test_hidden_collections_cannot_be_read_by_any_way(
    queries: QueryService, db: StandardDatabase, query: str
) -> None:
    db.collection("journal").insert({"_key": "x", "secret": "s3cret"})
    db.collection("relations").insert({"_from": "documents/a", "_to": "journal/x"})
    with pytest.raises(QueryError, match=r"may not use the collection '(journal|sources|pages|_u)"):
        queries.read(query)
    with pytest.raises(QueryError, match="may not use"):
        queries.write("INSERT {} INTO journal")
    with pytest.raises(QueryError, match="may not use"):
        queries.explain("FOR d IN journal RETURN d")


@pytest.mark.parametrize(
    "what",
    [
        'DOCUMENT("journal/{handle}")',
        'DOCUMENT("journal", "{handle}")',
        'DOCUMENT(["documents/1", "journal/{handle}"])',
        "DOCUMENT(@id)",
        'COLLECTION_COUNT("journal")',
        'COLLECTION_COUNT(CONCAT("jour", "nal"))',
        'FULLTEXT(LOWER("JOURNAL"), "note", "x")',
        'APPLY("DOCUMENT", ["journal/{handle}"])',
        'APPLY(CONCAT("DOCU", "MENT"), ["journal/{handle}"])',
        'CALL("CALL", "DOCUMENT", "journal/{handle}")',
        'DOCUMENT("outbox/mirror")',
        'DOCUMENT("pages/x")',
    ],
)
def test_a_write_reads_nothing_of_the_journal_it_is_recorded_in(
    queries: QueryService, what: str
) -> None:
    handle = queries.write("INSERT {_key: 'secret', text: 's3cret'} INTO documents").undo
    queries.write("REMOVE 'secret' IN documents")
    bind = {"id": [f"journal/{handle}"]} if "@id" in what else {}
    query = "LET x = " + what.replace("{handle}", handle) + " INSERT {x} INTO documents RETURN NEW"
    with pytest.raises(QueryError, match="may not use"):
        queries.write(query, bind)
    assert queries.read("FOR d IN documents RETURN d").rows == []


def test_a_handle_is_no_key_so_that_ids_made_while_a_query_runs_lead_nowhere(
    queries: QueryService, db: StandardDatabase
) -> None:
    handle = queries.write("INSERT {_key: 'a', to: 'journal/'} INTO documents").undo
    query = (
        "FOR d IN documents UPDATE d WITH {x: DOCUMENT(CONCAT(d.to, @h))} IN documents RETURN NEW.x"
    )
    assert queries.write(query, {"h": handle}).rows == [None]
    walk = (
        "FOR v IN 0..1 OUTBOUND CONCAT('journal/', @h) relations "
        "INSERT {v} INTO documents RETURN NEW.v"
    )
    assert not any(queries.write(walk, {"h": handle}).rows)
    assert db.collection("journal").count()


def test_a_write_reads_nothing_of_the_outbox_by_an_id_it_makes(
    db: StandardDatabase, queries: QueryService
) -> None:
    db.collection("outbox").insert({"_key": "mirror", "target": "s3cret"})
    insert = "INSERT {_key: 'a', x: DOCUMENT(CONCAT('out', 'box/mirror'))} INTO documents"
    with pytest.raises(QueryError, match="may not use the collection 'outbox'"):
        queries.write(f"{insert} RETURN NEW.x")
    assert not db.collection("documents").has("a")


SMUGGLED = [
    "RETURN (INSERT {} INTO documents RETURN 1)",
    "LET x = (UPSERT {a: 1} INSERT {a: 1} UPDATE {} IN documents RETURN NEW) RETURN x",
    "FOR i IN 1..3 LET a = (FOR j IN 1..2 INSERT {i} INTO documents RETURN 1) RETURN a",
    "FOR d IN passages REMOVE d IN documents",
    "FOR d IN documents UPDATE d WITH {a: 1} IN @@c OPTIONS {exclusive: true}",
    "RETURN 1 /* */ INSERT {} INTO documents",
    "RETURN 1; INSERT {} INTO documents",
    "\u0130NSERT {} INTO documents",
    "\uff29NSERT {} INTO documents",
    "INS\u200bERT {} INTO documents",
    "RETURN my::f()",
    "RETURN EXECUTE('INSERT {} INTO documents')",
]


@pytest.mark.parametrize("query", SMUGGLED)
def test_no_write_is_smuggled_into_a_read(
    queries: QueryService, db: StandardDatabase, query: str
) -> None:
    db.collection("documents").insert({"_key": "stays"})
    with pytest.raises(QueryError):
        queries.read(query, {"@c": "documents"} if "@@c" in query else {})
    assert [d["_key"] for d in queries.read("FOR d IN documents RETURN d").rows] == ["stays"]


def test_a_view_leads_to_no_hidden_collection(queries: QueryService, db: StandardDatabase) -> None:
    links = {"links": {"journal": {"includeAllFields": True}}}
    db.create_arangosearch_view("recorded", links)
    for query in ("FOR j IN recorded RETURN j", "FOR j IN recorded INSERT {j} INTO documents"):
        with pytest.raises(QueryError, match="may not use the collection 'journal'"):
            queries.write(query)
    with pytest.raises(QueryError, match="may not use the collection 'chunks'"):
        QueryService(db, QueryLimits(denied=("chunks",))).read("FOR p IN passages RETURN p")


@pytest.mark.parametrize(
    "query",
    [
        "RETURN RANGE(1, 1000000000000)",
        "FOR i IN 1..1000000000000 RETURN i",
        "FOR a IN 1..100000 FOR b IN 1..100000 FOR c IN 1..100000 RETURN 1",
        "RETURN REGEX_TEST(CONCAT(REPEAT('a', 60), '!'), '^(a+)+$')",
        "RETURN REGEX_REPLACE(REPEAT('a', 100000), '(a*)*b', 'x')",
        "RETURN FLATTEN(FOR i IN 1..1000 RETURN 1..100000)",
        "RETURN 1 + FIRST(FOR i IN 1..100000000 FILTER i < 0 RETURN i)",
    ],
)
def test_a_bomb_is_defused(db: StandardDatabase, query: str) -> None:
    careful = QueryService(db, QueryLimits(max_runtime=1, max_memory=2**26))
    with pytest.raises(LimitReached) as refused:
        careful.read(query)
    assert refused.value.hint


def test_the_allow_list_is_the_person_s_to_set(db: StandardDatabase) -> None:
    db.collection("documents").insert({"n": 1})
    only = QueryService(db, QueryLimits(allowed=("chunk*",)))
    assert only.read("FOR c IN chunks RETURN c").rows == []
    with pytest.raises(QueryError, match="'documents'") as refused:
        only.read("FOR d IN documents RETURN d")
    assert "chunks" in refused.value.hint
    everything = QueryService(db, QueryLimits(denied=()))
    assert everything.read("FOR j IN journal RETURN j").rows == []


def test_what_the_settings_hide_is_what_the_service_hides(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    assert settings.aql_denied == HIDDEN
    assert settings.max_cost == QueryLimits().max_cost


def test_a_query_that_would_cost_too_much_is_refused_with_what_would_lower_it(
    db: StandardDatabase,
) -> None:
    db.collection("documents").insert_many([{"n": n} for n in range(200)])
    careful = QueryService(db, QueryLimits(max_cost=5_000))
    with pytest.raises(LimitReached, match="at most 5,000") as refused:
        careful.read("FOR a IN documents FOR b IN documents FILTER a.n == b.n RETURN a")
    assert "index" in refused.value.hint
    assert "documents" in refused.value.hint
    assert "LIMIT" in refused.value.hint
    with pytest.raises(LimitReached, match="at most 5,000"):
        careful.write("FOR a IN documents FOR b IN documents UPDATE a WITH {m: b.n} IN documents")
    assert careful.read("FOR a IN documents LIMIT 3 RETURN a.n").rows


@pytest.mark.parametrize(
    "query",
    [
        'FOR n IN 1..5000 RETURN "limit 30000"',
        "FOR n IN 1..5000 LIMIT 30000 RETURN n",
        "FOR n IN 1..5000 /* LIMIT 0 */ RETURN n",
        "FOR n IN 1..5000 LIMIT 0, 4000 RETURN n",
    ],
)
def test_no_word_in_a_query_lifts_its_cap(queries: QueryService, query: str) -> None:
    result = queries.read(query)
    assert (len(result.rows), result.truncated) == (100, True)
    assert "narrow it" in result.hint


def test_a_limit_of_nothing_is_nothing_and_a_negative_one_an_error(queries: QueryService) -> None:
    assert queries.read("FOR n IN 1..5000 LIMIT 0 RETURN n").rows == []
    with pytest.raises(QueryError):
        queries.read("FOR n IN 1..5000 LIMIT -5 RETURN n")


def test_the_bytes_of_rows_are_capped_between_rows(db: StandardDatabase) -> None:
    small = QueryService(db, QueryLimits(max_bytes=10_000))
    result = small.read('FOR n IN 1..100 RETURN {n, text: REPEAT("x", 1000)}')
    assert result.truncated
    assert [row["n"] for row in result.rows] == list(range(1, 10))
    with pytest.raises(LimitReached, match="One row alone"):
        small.read('RETURN REPEAT("x", 20000)')


@pytest.mark.parametrize(
    "vector", [[0.5] * 64, [0, 1] * 31 + [0.25, 0.75], [0] * 64], ids=["floats", "mixed", "whole"]
)
def test_embeddings_are_dropped_however_json_wrote_them(
    queries: QueryService, db: StandardDatabase, vector: list[float]
) -> None:
    db.collection("chunks").insert({"text": "t", "embedding": vector, "numbers": list(range(99))})
    (row,) = queries.read("FOR c IN chunks RETURN {c, deep: [c]}").rows
    assert "embedding" not in row["c"]
    assert "embedding" not in row["deep"][0]
    assert row["c"]["numbers"] == list(range(99))
    assert len(queries.read("FOR c IN chunks RETURN SLICE(c.embedding, 0, 8)").rows[0]) == 8


def test_names_go_by_bind_variables_too(queries: QueryService, db: StandardDatabase) -> None:
    db.collection("documents").insert_many([{"_key": "a", "n": 1}, {"_key": "b", "n": 2}])
    db.collection("relations").insert({"_from": "documents/a", "_to": "documents/b"})
    bind: dict[str, Any] = {"@c": "documents", "attribute": "n", "value": 1}
    query = "FOR d IN @@c FILTER d.@attribute == @value RETURN {[@attribute]: d.@attribute}"
    assert queries.read(query, bind).rows == [{"n": 1}]
    walk = "FOR v IN 1..@depth OUTBOUND @start GRAPH @graph RETURN v._key"
    bind = {"depth": 2, "start": "documents/a", "graph": "knowledge"}
    assert queries.read(walk, bind).rows == ["b"]


def test_explain_names_indexes_scans_costs_and_warnings(queries: QueryService) -> None:
    plan = queries.explain('FOR d IN documents FILTER d.qualified_name == "x" RETURN d')
    assert plan.indexes == ["documents(qualified_name) persistent"]
    assert plan.steps[0].startswith("IndexNode documents by (qualified_name)")
    scan = queries.explain("FOR d IN documents FILTER d.kind == 1 RETURN d")
    assert scan.steps[0].startswith("EnumerateCollectionNode documents")
    assert scan.estimated_cost > 0
    nested = queries.explain("LET x = (FOR d IN documents REMOVE d IN documents) RETURN 1")
    assert nested.modifies
