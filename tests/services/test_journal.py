"""A recorded write can be undone: whole, once, and never over what came later without a word."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING, Any

import pytest

from hades_mcp.errors import Conflict, NotFound, UnknownName
from hades_mcp.services.callers import local_user
from hades_mcp.services.journal import JOURNAL_WRITES, Journal
from hades_mcp.services.queries.service import QueryService
from hades_mcp.services.statements import rows
from hades_mcp.services.transactions import atomically

if TYPE_CHECKING:
    from arango.database import StandardDatabase, TransactionDatabase


@pytest.fixture
def journal(db: StandardDatabase) -> Journal:
    db.collection("documents").insert_many(
        [{"_key": "a", "n": 1, "embedding": [0.25] * 8}, {"_key": "b", "n": 2}]
    )
    return Journal(db)


def write(journal: Journal, db: StandardDatabase) -> str:
    """Change a, remove b, make c and an edge; return the handle."""

    def work(tx: TransactionDatabase) -> str:
        ids = ["documents/a", "documents/b", "documents/c", "relations/e"]
        with journal.recording(tx, "test", note="a note") as recording:
            recording.before(ids)
            tx.collection("documents").update({"_key": "a", "n": 10})
            tx.collection("documents").delete("b")
            tx.collection("documents").insert({"_key": "c", "n": 3})
            edge = {"_key": "e", "_from": "documents/a", "_to": "documents/c"}
            tx.collection("relations").insert(edge)
        return recording.handle

    return atomically(db, ["documents", "relations", *JOURNAL_WRITES], work)


def state(db: StandardDatabase) -> dict[str, Any]:
    names = ("documents", "relations")
    found = [d for name in names for d in rows(db, "FOR d IN @@c RETURN d", {"@c": name})]
    return {d["_id"]: {k: v for k, v in d.items() if k != "_rev"} for d in found}


def test_undo_brings_back_all_that_was_there(journal: Journal, db: StandardDatabase) -> None:
    before = state(db)
    handle = write(journal, db)
    assert state(db) != before
    undone = journal.undo(handle)
    assert state(db) == before
    assert undone.of == handle
    assert undone.counts == {
        "documents": {"updated": 1, "inserted": 1, "removed": 1},
        "relations": {"removed": 1},
    }


def test_undoing_the_undo_does_it_again(journal: Journal, db: StandardDatabase) -> None:
    handle = write(journal, db)
    after = state(db)
    journal.undo(journal.undo(handle).handle)
    assert state(db) == after


def test_the_last_is_the_latest_that_still_stands(journal: Journal, db: StandardDatabase) -> None:
    before = state(db)
    first, second = write(journal, db), None
    middle = state(db)

    def work(tx: TransactionDatabase) -> str:
        with journal.recording(tx, "test") as recording:
            recording.before(["documents/c"])
            tx.collection("documents").delete("c")
        return recording.handle

    second = atomically(db, ["documents", *JOURNAL_WRITES], work)
    assert journal.undo().of == second
    assert {k: v for k, v in state(db).items() if k != "documents/c"} == {
        k: v for k, v in middle.items() if k != "documents/c"
    }
    assert journal.undo(first, force=True).of == first
    assert state(db) == before
    assert [entry.action for entry in journal.list()] == ["undo", "undo", "test", "test"]
    with pytest.raises(NotFound, match="no write left to undo"):
        journal.undo()
    with pytest.raises(UnknownName, match="recorded write 'nosuch'"):
        journal.undo("nosuch")


def test_what_changed_since_is_named_and_kept_unless_forced(
    journal: Journal, db: StandardDatabase
) -> None:
    before = state(db)
    handle = write(journal, db)
    db.collection("documents").update({"_key": "a", "n": 99})
    with pytest.raises(Conflict, match="documents/a") as refused:
        journal.undo(handle)
    assert "--force" in refused.value.hint
    assert db.collection("documents")["a"]["n"] == 99  # type: ignore[index]
    forced = journal.undo(handle, force=True)
    assert state(db) == before
    journal.undo(forced.handle)
    assert db.collection("documents")["a"]["n"] == 99  # type: ignore[index]


def test_a_write_is_undone_once(journal: Journal, db: StandardDatabase) -> None:
    handle = write(journal, db)
    undoing = journal.undo(handle)
    with pytest.raises(Conflict, match="undone already") as refused:
        journal.undo(handle)
    assert undoing.handle in refused.value.hint


def test_a_write_that_fails_leaves_no_entry(journal: Journal, db: StandardDatabase) -> None:
    def work(tx: TransactionDatabase) -> None:
        with journal.recording(tx, "test") as recording:
            recording.before(["documents/a"])
            tx.collection("documents").delete("a")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        atomically(db, ["documents", *JOURNAL_WRITES], work)
    assert journal.list() == []
    assert db.collection("documents").has("a")


def test_a_write_that_changed_nothing_needs_no_entry(
    journal: Journal, db: StandardDatabase
) -> None:
    def work(tx: TransactionDatabase) -> str:
        with journal.recording(tx, "test") as recording:
            recording.before(["documents/a", "documents/none"])
        return recording.handle

    assert atomically(db, ["documents", *JOURNAL_WRITES], work) == ""


def test_entries_say_who_and_what_and_go_by_themselves(
    journal: Journal, db: StandardDatabase
) -> None:
    handle = write(journal, db)
    (entry,) = journal.list()
    assert (entry.handle, entry.action, entry.note) == (handle, "test", "a note")
    assert entry.principal == local_user()
    (stored,) = rows(db, "FOR e IN journal FILTER e.handle == @h RETURN e", {"h": handle})
    assert stored["_key"] != handle  # nobody who is told the handle can guess it
    assert stored["expires"] > stored["at"] + 6 * 86_400
    indexes: Any = db.collection("journal_images").indexes()
    assert "ttl" in {index["type"] for index in indexes}


def test_nobody_can_guess_where_an_image_is_kept(journal: Journal, db: StandardDatabase) -> None:
    write(journal, db)
    keys = rows(db, "FOR i IN journal_images RETURN i._key")
    assert len(keys) == 4
    assert all(len(key) >= 16 and not key.isdecimal() for key in keys)


def test_of_two_undos_at_once_one_is_made_and_the_other_refused(
    journal: Journal, db: StandardDatabase
) -> None:
    handle = write(journal, db)
    both = Barrier(2, timeout=60)

    def undo(_: int) -> str:
        both.wait()
        try:
            return journal.undo(handle).action
        except Conflict as refused:
            return refused.message

    with ThreadPoolExecutor(2) as pool:
        said = sorted(pool.map(undo, range(2)))
    assert said == sorted([f"{handle} was undone already.", "undo"])
    assert len([entry for entry in journal.list() if entry.of == handle]) == 1


def test_what_others_write_beside_an_undo_is_never_lost(db: StandardDatabase) -> None:
    queries, journal = QueryService(db), Journal(db)
    for turn in range(6):
        key = f"k{turn}"
        db.collection("documents").insert({"_key": key, "n": 0})
        made = queries.write("UPDATE @k WITH {n: 1} IN documents", {"k": key}).undo
        both = Barrier(2, timeout=60)

        def undo(handle: str, both: Barrier) -> bool:
            both.wait()
            try:
                return bool(journal.undo(handle))
            except Conflict:
                return False

        def later(key: str, both: Barrier) -> None:
            both.wait()
            queries.write("UPDATE @k WITH {later: true} IN documents", {"k": key})

        with ThreadPoolExecutor(2) as pool:
            undone, written = pool.submit(undo, made, both), pool.submit(later, key, both)
            written.result(60)
            was_first = undone.result(60)
        (found,) = rows(db, "FOR d IN documents FILTER d._key == @k RETURN d", {"k": key})
        assert found["later"] is True
        assert found["n"] == (0 if was_first else 1)


def test_a_write_recorded_before_handles_were_no_keys_is_listed_and_undone(
    journal: Journal, db: StandardDatabase
) -> None:
    before = state(db)
    handle = write(journal, db)
    (entry,) = rows(db, "FOR e IN journal REMOVE e IN journal RETURN UNSET(OLD, 'handle', '_rev')")
    db.collection("journal").insert({**entry, "_key": handle, "_id": f"journal/{handle}"})
    assert [each.handle for each in journal.list()] == [handle]
    undone = journal.undo()
    assert (undone.of, state(db)) == (handle, before)
    with pytest.raises(Conflict, match="undone already"):
        journal.undo(handle)
