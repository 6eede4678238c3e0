"""A write says what it changed, is recorded with what was there before, and can be undone."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from hades_mcp.errors import LimitReached, QueryError
from hades_mcp.services.journal import Journal
from hades_mcp.services.queries import service as module
from hades_mcp.services.queries.limits import QueryLimits
from hades_mcp.services.queries.service import Changed, QueryService
from hades_mcp.services.queries.watching import watched
from hades_mcp.services.statements import rows

if TYPE_CHECKING:
    from arango.database import StandardDatabase

VECTOR = [0.5, 0.25, 0.125]


@pytest.fixture(autouse=True)
def stored(db: StandardDatabase) -> None:
    db.collection("documents").insert_many(
        [{"_key": f"d{n}", "n": n, "embedding": VECTOR} for n in range(6)]
    )
    db.collection("relations").insert({"_key": "e", "_from": "documents/d0", "_to": "documents/d1"})


def state(db: StandardDatabase) -> dict[str, Any]:
    names = ("documents", "relations", "chunks")
    found = [d for name in names for d in rows(db, "FOR d IN @@c RETURN d", {"@c": name})]
    return {d["_id"]: {k: v for k, v in d.items() if k != "_rev"} for d in found}


WRITES = [
    "INSERT {a: 1} INTO documents",
    "FOR d IN documents FILTER d.n < 3 REMOVE d IN documents",
    "FOR d IN documents UPDATE d WITH {n: d.n + 1} IN documents RETURN NEW.n",
    "FOR d IN documents REPLACE d WITH {m: 1} IN documents",
    "FOR n IN [2, 9] UPSERT {n} INSERT {n} UPDATE {seen: true} IN documents",
    'INSERT {_key: "d1", n: 7} INTO documents OPTIONS {overwriteMode: "replace"}',
    """
    LET a = (FOR d IN documents FILTER d.n == 1 REMOVE d IN documents)
    LET b = (INSERT {_from: "documents/d0", _to: "documents/d2"} INTO relations)
    LET c = (FOR n IN 1..3 INSERT {n} INTO chunks)
    RETURN 1
    """,
    "FOR n IN 1..3 UPDATE 'd1' WITH {n} IN documents",
    "FOR d IN documents REMOVE d IN documents LET old = OLD RETURN old.n",
    "FOR d IN documents FILTER d.n < 2 REMOVE d IN documents RETURN OLD // the last",
    "INSERT {a: 1} INTO documents RETURN {new: NEW.a, others: (FOR c IN chunks RETURN 1)}",
    "FOR d IN documents UPDATE d WITH {m: d.`return`} IN documents RETURN DISTINCT d.n",
]


@pytest.mark.parametrize(
    ("query", "hint"),
    [
        ("INSERT {_key: 'd1'} INTO documents", "UPSERT {_key: …}"),
        ("UPDATE 'nobody' WITH {a: 1} IN documents", "FOR d IN collection FILTER"),
        ("INSERT {name: 'Bo'} INTO villagers", "People make collections: `hades import FILE`."),
    ],
)
def test_a_write_that_fails_says_how_to_write_it(
    queries: QueryService, query: str, hint: str
) -> None:
    with pytest.raises(QueryError) as caught:
        queries.write(query)
    assert hint in caught.value.hint
    with pytest.raises(QueryError) as caught:
        queries.write("FOR v IN villagers RETURN v")
    assert "hades import" not in caught.value.hint


@pytest.mark.parametrize("query", WRITES)
def test_undo_reverts_whatever_statement_wrote(
    queries: QueryService, db: StandardDatabase, query: str
) -> None:
    before = state(db)
    result = queries.write(query)
    assert state(db) != before
    assert result.undo
    Journal(db).undo(result.undo)
    assert state(db) == before


def test_a_write_says_what_it_changed_where(queries: QueryService) -> None:
    result = queries.write(WRITES[6])
    assert result.written == 5
    assert result.changed["documents"] == Changed(removed=1, keys=["d1"])
    assert (result.changed["relations"].inserted, result.changed["chunks"].inserted) == (1, 3)
    assert len(result.changed["chunks"].keys) == 3


def test_the_journal_keeps_the_query_and_who_asked(
    queries: QueryService, db: StandardDatabase
) -> None:
    result = queries.write(WRITES[0])
    (entry,) = Journal(db).list()
    assert (entry.handle, entry.action, entry.note) == (result.undo, "aql_write", WRITES[0])
    assert entry.counts == {"documents": {"inserted": 1}}


def test_too_many_changes_are_refused_and_nothing_is_changed(db: StandardDatabase) -> None:
    before = state(db)
    few = QueryService(db, QueryLimits(max_changes=3))
    with pytest.raises(LimitReached, match="would write 6 documents, at most 3"):
        few.write("FOR d IN documents REMOVE d IN documents")
    assert state(db) == before
    assert Journal(db).list() == []
    few.write("FOR d IN documents LIMIT 3 REMOVE d IN documents")
    assert len(state(db)) == 4


def test_a_write_that_fails_halfway_changes_and_records_nothing(
    queries: QueryService, db: StandardDatabase
) -> None:
    before = state(db)
    with pytest.raises(QueryError):
        queries.write("FOR key IN ['d9', 'd1'] INSERT {_key: key} INTO documents")
    assert state(db) == before
    assert Journal(db).list() == []


def test_a_read_by_the_write_tool_leaves_no_entry(
    queries: QueryService, db: StandardDatabase
) -> None:
    result = queries.write("FOR d IN documents RETURN d.n")
    assert (result.undo, result.changed, result.written) == ("", {}, 0)
    assert len(result.rows) == 6


@pytest.mark.parametrize("query", WRITES)
def test_what_a_statement_tells_is_what_comparing_revisions_finds(
    db: StandardDatabase, monkeypatch: pytest.MonkeyPatch, query: str
) -> None:
    told = QueryService(db).write(query)
    first = [(entry.counts, state(db)) for entry in Journal(db).list()]
    Journal(db).undo(told.undo)
    monkeypatch.setattr(module, "watched", lambda _query: None)
    found = QueryService(db).write(query)
    assert found.rows == told.rows or "OLD" in query  # a document that is back has a new _rev
    assert found.written == told.written
    assert {name: (c.inserted, c.updated, c.removed) for name, c in found.changed.items()} == {
        name: (c.inserted, c.updated, c.removed) for name, c in told.changed.items()
    }
    assert first[0][0] == Journal(db).list()[0].counts


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("UPDATE 'a' WITH {n: 1} IN documents", True),
        ("FOR d IN documents REMOVE d IN documents RETURN OLD._key", True),
        ("INSERT {`return`: 1} INTO documents RETURN NEW.`return`", True),
        ("UPSERT {a: 1} INSERT {a: 1} UPDATE {b: 1} IN @@c RETURN NEW", True),
        ("INSERT {} INTO documents OPTIONS {overwriteMode: 'update'}", False),
        ("LET x = (INSERT {} INTO documents) RETURN x", False),
        ("INSERT {} INTO documents INSERT {} INTO chunks", False),
        ("INSERT {} INTO documents RETURN DISTINCT NEW.a", False),
        ("INSERT {} INTO documents LET x = NEW RETURN x", False),
    ],
)
def test_only_a_single_statement_at_the_end_tells_its_changes_itself(
    query: str, told: bool
) -> None:
    assert (watched(query) is not None) == told


def test_rows_beyond_the_cap_are_recorded_too(db: StandardDatabase) -> None:
    narrow = QueryService(db, QueryLimits(max_rows=2))
    result = narrow.write("FOR d IN documents REMOVE d IN documents RETURN OLD.n")
    assert (len(result.rows), result.truncated, result.written) == (2, True, 6)
    assert len(state(db)) == 1
    Journal(db).undo(result.undo)
    assert len(state(db)) == 7


def test_a_copy_of_the_vectors_is_told_of_chunks_written_and_taken_back(
    queries: QueryService, db: StandardDatabase
) -> None:
    db.collection("outbox").insert({"_key": "mirror"})
    noted = "FOR n IN outbox FILTER n._key != 'mirror' SORT n.at RETURN n.keys"
    result = queries.write("INSERT {_key: 'c', embedding: [0.5]} INTO chunks")
    assert rows(db, noted) == [["c"]]
    Journal(db).undo(result.undo)
    assert rows(db, noted) == [["c"], ["c"]]


def test_writers_at_once_lose_nothing_and_each_is_recorded(
    queries: QueryService, db: StandardDatabase
) -> None:
    query = "UPDATE 'd1' WITH {n: DOCUMENT('documents/d1').n + 1} IN documents"
    with ThreadPoolExecutor(4) as pool:
        handles = {done.undo for done in pool.map(lambda _: queries.write(query), range(12))}
    assert state(db)["documents/d1"]["n"] == 13
    assert handles == {entry.handle for entry in Journal(db).list()}
    assert len(handles) == 12
