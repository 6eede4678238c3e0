"""Transactions: one snapshot each, one writer at a time, all or nothing."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from hades_mcp.embedded.errors import ArangoError

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from hades_mcp.embedded.storage import Database, Transaction

    Refused = Callable[..., AbstractContextManager[None]]


def make(database: Database, count: int = 3) -> None:
    with database.transaction(write=True) as tx:
        tx.create_collection("things").insert_many([{"_key": str(n)} for n in range(count)])


def keys(database: Database) -> list[str]:
    with database.transaction() as tx:
        return [thing["_key"] for thing in tx.collection("things").scan()]


def test_a_reader_keeps_its_snapshot_while_another_writes(database: Database) -> None:
    make(database)
    reader = database.begin()
    with database.transaction(write=True) as tx:
        tx.collection("things").insert({"_key": "new"})
        tx.create_collection("more")
    assert reader.collection("things").count() == 3
    assert reader.collection("things").get("new") is None
    assert not reader.has_collection("more")
    reader.abort()
    assert keys(database) == ["0", "1", "2", "new"]


def test_a_writer_sees_its_own_writes_and_others_do_not(database: Database) -> None:
    make(database)
    writer = database.begin(write=True)
    writer.collection("things").remove("1")
    assert writer.collection("things").count() == 2
    assert keys(database) == ["0", "1", "2"]
    writer.commit()
    assert keys(database) == ["0", "2"]


def test_an_exception_undoes_everything_in_the_block(database: Database) -> None:
    make(database)
    with pytest.raises(ZeroDivisionError), database.transaction(write=True) as tx:  # noqa: PT012  the block is the point
        tx.collection("things").truncate()
        tx.create_collection("more")
        tx.drop_collection("things")
        _ = 1 / 0
    assert keys(database) == ["0", "1", "2"]
    with database.transaction() as tx:
        assert tx.collection("things").count() == 3
        assert not tx.has_collection("more")


def test_a_savepoint_undoes_its_part_and_the_transaction_goes_on(database: Database) -> None:
    make(database)
    with database.transaction(write=True) as tx:
        things = tx.collection("things")
        things.insert({"_key": "kept"})
        with pytest.raises(ZeroDivisionError), tx.savepoint():  # noqa: PT012  same
            things.insert({"_key": "undone"})
            things.remove("0")
            things.ensure_index({"type": "persistent", "fields": ["a"]})
            tx.create_collection("more").insert({})
            _ = 1 / 0
        assert things.count() == 4
        assert len(things.indexes()) == 1
        assert not tx.has_collection("more")
        things.insert({"_key": "after"})
        tx.create_collection("more").insert({})
    assert keys(database) == ["0", "1", "2", "kept", "after"]
    with database.transaction() as tx:
        assert tx.collection("things").count() == 5
        assert tx.collection("more").count() == 1


def test_a_second_writer_waits_and_then_gives_up_with_a_lock_timeout(
    database: Database, refused: Refused
) -> None:
    first = database.begin(write=True)
    with refused(18, "lock timeout"):
        database.begin(write=True)
    database.begin().abort()  # readers are not held up
    first.abort()
    database.begin(write=True).abort()


def test_a_read_transaction_refuses_to_write(database: Database, refused: Refused) -> None:
    make(database)
    with database.transaction() as tx:
        for attempt in (
            lambda: tx.collection("things").insert({}),
            lambda: tx.collection("things").truncate(),
            lambda: tx.collection("things").ensure_index({"type": "persistent", "fields": ["a"]}),
            lambda: tx.create_collection("more"),
            lambda: tx.drop_collection("things"),
            lambda: tx.rename_collection("things", "others"),
        ):
            with refused(1004):
                attempt()


def test_an_ended_transaction_refuses_any_use(database: Database, refused: Refused) -> None:
    make(database)
    tx = database.begin(write=True)
    things = tx.collection("things")
    tx.commit()
    tx.commit()
    tx.abort()
    for attempt in (lambda: things.get("0"), lambda: things.insert({}), things.count):
        with refused(1654):
            attempt()
    assert not tx.is_open


def test_a_scan_left_unfinished_does_not_pin_its_snapshot(database: Database) -> None:
    make(database, 5000)
    with database.transaction() as tx:
        unfinished = tx.collection("things").scan()
        next(unfinished)
    with database.transaction(write=True) as tx:
        tx.collection("things").truncate()
    for _ in range(3):  # the pool hands out the same connection again
        assert keys(database) == []


def test_a_loop_that_writes_does_not_meet_its_own_rows(database: Database) -> None:
    make(database)
    with database.transaction(write=True) as tx:
        things = tx.collection("things")
        index, _ = things.ensure_index({"type": "persistent", "fields": ["n"]})
        for thing in things.scan():
            things.insert({"copy_of": thing["_key"]})
        assert things.count() == 6
        for step, thing in enumerate(things.lookup(index, None, None)):
            things.update(thing["_key"], {"n": step + 10})
        assert sorted(thing["n"] for thing in things.scan()) == [10, 11, 12, 13, 14, 15]


def test_a_forgotten_transaction_lets_others_write_and_says_so(database: Database) -> None:
    forgotten = [database.begin(write=True)]
    with pytest.warns(ResourceWarning, match="neither committed nor aborted"):
        forgotten.clear()
    database.begin(write=True).abort()


def test_threads_that_write_at_once_lose_nothing(database: Database) -> None:
    make(database, 0)
    failures: list[Exception] = []

    def write(worker: int) -> None:
        try:
            for number in range(25):
                with database.transaction(write=True) as tx:
                    tx.collection("things").insert({"worker": worker, "number": number})
                    counters = tx.collection("things").get("0") or {}
                    tx.collection("things").insert(
                        {"_key": "0", "sum": counters.get("sum", 0) + 1}, overwrite_mode="replace"
                    )
        except Exception as error:  # noqa: BLE001  shown below
            failures.append(error)

    threads = [threading.Thread(target=write, args=(worker,)) for worker in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    with database.transaction() as tx:
        things = tx.collection("things")
        assert things.count() == len(list(things.scan())) == 101
        total = things.get("0")
        assert total is not None
        assert total["sum"] == 100


def test_an_open_stream_transaction_holds_up_no_reader_in_another_thread(
    database: Database,
) -> None:
    make(database)
    writer = database.begin(write=True)
    writer.collection("things").truncate()
    seen: list[list[str]] = []
    thread = threading.Thread(target=lambda: seen.append(keys(database)))
    thread.start()
    thread.join(60)
    writer.commit()
    assert seen == [["0", "1", "2"]]


@pytest.mark.parametrize("many", [False, True])
def test_a_full_disk_undoes_the_transaction_and_says_so(database: Database, many: bool) -> None:
    make(database)
    rows = [{"text": "x" * 5000} for _ in range(500)]
    with (  # noqa: PT012  the block is the point
        pytest.raises(OSError, match="No space left on device"),
        database.transaction(write=True) as tx,
    ):
        limit_pages(tx)
        if many:
            tx.collection("things").insert_many(rows)
        for row in rows:
            tx.collection("things").insert(row)
    assert keys(database) == ["0", "1", "2"]


def test_after_a_failed_write_a_transaction_can_only_be_aborted(
    database: Database, refused: Refused
) -> None:
    make(database)
    tx = database.begin(write=True)
    limit_pages(tx)
    with pytest.raises(OSError, match="No space left"):
        tx.collection("things").insert_many([{"text": "x" * 5000} for _ in range(500)])
    with refused(1654):
        tx.collection("things").insert({"_key": "alone"})
    with refused(1654):
        tx.commit()
    assert not tx.is_open
    assert keys(database) == ["0", "1", "2"]


def limit_pages(tx: Transaction) -> None:
    (pages,) = tx.session.execute("PRAGMA page_count").fetchone()
    tx.session.execute(f"PRAGMA max_page_count = {pages + 20}")


class Stopped(ArangoError):
    """What a test stops reading with."""

    def __init__(self) -> None:
        super().__init__(1500)


def stop() -> None:
    raise Stopped


def test_one_long_statement_is_stopped_while_it_reads(database: Database) -> None:
    endless = (
        "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
    )
    with database.transaction() as tx:
        with pytest.raises(Stopped), tx.session.watched(stop):
            tx.session.execute(endless).fetchone()
        assert tx.session.execute("SELECT 1").fetchone() == (1,)  # nobody stops it any more


def test_reading_much_in_a_write_transaction_is_stopped_and_leaves_it_whole(
    database: Database,
) -> None:
    with database.transaction(write=True) as tx:
        things = tx.create_collection("things")
        things.insert_many({"_key": str(n)} for n in range(12_000))
        with pytest.raises(Stopped), tx.session.watched(stop):
            list(things.scan())
        things.insert({"_key": "more"})
    with database.transaction() as tx:
        assert tx.collection("things").count() == 12_001
