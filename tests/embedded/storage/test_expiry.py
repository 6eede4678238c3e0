"""TTL indexes: what has expired by the clock is removed by a sweep, and nothing else is."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.storage import Bound, Engine
from hades_mcp.embedded.storage.check import check
from hades_mcp.embedded.storage.expiry import ExpirySettings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hades_mcp.embedded.storage import Database


class Clock:
    """A clock that stands still until it is put forward."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def engine(clock: Clock) -> Iterator[Engine]:
    with Engine(None, clock=clock) as engine:
        yield engine


def fill(database: Database, documents: list[dict[str, Any]], *, after: float = 100) -> None:
    with database.transaction(write=True) as tx:
        things = tx.create_collection("things")
        things.ensure_index({"type": "ttl", "fields": ["at"], "expireAfter": after})
        things.ensure_index({"type": "persistent", "fields": ["at"]})
        things.insert_many(documents)
    keys(database)  # the next transaction tells the engine of the index


def keys(database: Database) -> list[str]:
    with database.transaction() as tx:
        return sorted(document["_key"] for document in tx.collection("things").scan())


def sweep(engine: Engine, *, due: bool = False) -> int:
    """Sweep in this thread; the engine's own has looked once, and will not again for a while."""
    while engine.expiry.settings.active and not engine.expiry.runs:
        pass
    return engine.expiry.sweep(due=due)


def test_a_document_is_there_until_its_time_has_come_and_it_is_swept(
    engine: Engine, clock: Clock
) -> None:
    database = engine.database("_system")
    fill(database, [{"_key": "soon", "at": 1_000_000}, {"_key": "later", "at": 1_000_050}])
    clock.now += 99.5
    assert keys(database) == ["later", "soon"]
    assert sweep(engine) == 0
    clock.now += 0.5
    assert keys(database) == ["later", "soon"]  # expired, but not yet swept
    assert sweep(engine) == 1
    assert keys(database) == ["later"]
    clock.now += 1000
    assert sweep(engine) == 1
    with database.transaction() as tx:
        things = tx.collection("things")
        assert things.count() == 0
        assert all(not list(things.lookup(each, None, None)) for each in things.indexes()[1:])
    assert engine.expiry.statistics()["documentsRemoved"] == 2


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (1_000_000, 1_000_000),
        (1_000_000.5, 1_000_000.5),
        (0, 0),
        ("1970-01-12T13:46:40", 1_000_000),
        ("1970-01-12T13:46:40Z", 1_000_000),
        ("1970-01-12T13:46:40.250Z", 1_000_000.25),
        ("1970-01-12T14:46:40+01:00", 1_000_000),
        ("1970-01-12", 950_400),
        (-1, None),
        (True, None),
        (None, None),
        ("soon", None),
        ("", None),
        ([1], None),
        ({}, None),
        ("1960-01-01", None),
    ],
)
def test_times_are_seconds_or_dates_and_anything_else_never_expires(
    engine: Engine, clock: Clock, value: Any, seconds: float | None
) -> None:
    database = engine.database("_system")
    fill(database, [{"_key": "it", "at": value}])
    if seconds is None:
        clock.now = 4e9
        assert sweep(engine) == 0
        return
    clock.now = seconds + 99.99
    assert sweep(engine) == 0
    clock.now = seconds + 100.0
    assert sweep(engine) == 1


def test_a_time_put_forward_keeps_a_document(engine: Engine, clock: Clock) -> None:
    database = engine.database("_system")
    fill(database, [{"_key": "it", "at": 1_000_000}])
    clock.now += 100
    with database.transaction(write=True) as tx:
        tx.collection("things").update("it", {"at": clock.now})
    assert sweep(engine) == 0
    with database.transaction(write=True) as tx:
        tx.collection("things").update("it", {"at": None})
    clock.now += 1e9
    assert sweep(engine) == 0


def test_a_sweep_removes_no_more_than_it_may(engine: Engine, clock: Clock) -> None:
    database = engine.database("_system")
    fill(database, [{"_key": f"{n:04}", "at": n} for n in range(2500)])
    clock.now = 4e9
    engine.expiry.configure(ExpirySettings(max_collection=1500))
    assert sweep(engine) == 1500
    assert keys(database)[0] == "1500"  # the oldest went first
    assert engine.expiry.statistics()["limitReached"] == 1
    engine.expiry.configure(ExpirySettings(max_total=300))
    assert sweep(engine) == 300
    engine.expiry.configure(ExpirySettings(active=False))
    assert sweep(engine) == 0
    engine.expiry.configure(ExpirySettings())
    assert sweep(engine) == 700


def test_several_processes_sweep_a_folder_no_more_often_than_one(
    tmp_path: Path, clock: Clock
) -> None:
    # two engines stand for two processes; each also has a thread, which finds nothing due
    with Engine(tmp_path, clock=clock) as one, Engine(tmp_path, clock=clock) as two:
        fill(one.database("_system"), [{"_key": "it", "at": 1}, {"_key": "other", "at": 2_000_000}])
        assert sweep(one, due=True) == 0  # the first is half a minute away
        keys(two.database("_system"))
        assert sweep(two, due=True) == 0
        clock.now += 29.9
        assert sweep(one, due=True) == sweep(two, due=True) == 0
        clock.now += 0.1
        assert sweep(one, due=True) == 1
        clock.now += 2e6
        assert sweep(two, due=True) == 1
        assert sweep(one, due=True) == 0


def test_a_folder_opened_again_is_swept_by_itself(tmp_path: Path, clock: Clock) -> None:
    with Engine(tmp_path, clock=clock) as engine:
        fill(engine.database("_system"), [{"_key": "it", "at": 1}])
    clock.now += 31
    with Engine(tmp_path, clock=clock) as engine:
        keys(engine.database("_system"))  # its thread begins with what is due; closing waits for it
    with Engine(tmp_path, clock=clock, expire=False) as engine:
        assert keys(engine.database("_system")) == []


def test_an_engine_told_not_to_leaves_what_has_expired(tmp_path: Path, clock: Clock) -> None:
    with Engine(tmp_path, clock=clock, expire=False) as engine:
        fill(engine.database("_system"), [{"_key": "it", "at": 1}])
        assert keys(engine.database("_system")) == ["it"]
        assert sweep(engine) == 0
    with Engine(tmp_path, clock=clock, expire=False) as engine:
        assert check(engine) == []
        assert keys(engine.database("_system")) == ["it"]


def test_a_writer_is_not_waited_for(engine: Engine, clock: Clock) -> None:
    database = engine.database("_system")
    fill(database, [{"_key": "it", "at": 1}])
    assert sweep(engine, due=True) == 0
    clock.now = 4e9
    with database.transaction(write=True):
        assert sweep(engine) == 0
    assert sweep(engine) == 1


def test_a_dropped_database_is_left_out(engine: Engine, clock: Clock) -> None:
    database = engine.create_database("shop")
    fill(database, [{"at": 1}])
    engine.drop_database("shop")
    clock.now = 4e9
    assert sweep(engine) == 0


def test_a_collection_has_one_ttl_index_at_most(engine: Engine) -> None:
    with engine.database("_system").transaction(write=True) as tx:
        things = tx.create_collection("things")
        definition: dict[str, Any] = {"type": "ttl", "fields": ["at"], "expireAfter": 5}
        index, new = things.ensure_index(definition)
        assert new
        assert things.ensure_index(definition) == (index, False)
        with pytest.raises(ArangoError, match="only be one ttl index") as raised:
            things.ensure_index({**definition, "expireAfter": 6})
        assert raised.value.number == 10


def test_the_ttl_index_of_an_older_file_is_built_anew(tmp_path: Path) -> None:
    with Engine(tmp_path, expire=False) as engine:
        fill(engine.database("_system"), [{"_key": "it", "at": "1970-01-12T13:46:40"}])
    with closing(sqlite3.connect(tmp_path / "_system.sqlite", isolation_level=None)) as connection:
        (number,) = connection.execute(
            "SELECT id FROM indexes WHERE definition LIKE '%\"ttl\"%'"
        ).fetchone()
        connection.execute(f"UPDATE i{number} SET k = x'0900'")  # as it was, of the text
        connection.execute("ALTER TABLE tallies DROP COLUMN bytes")
        connection.execute("ALTER TABLE tallies DROP COLUMN revision")
        connection.execute("ALTER TABLE tallies DROP COLUMN version")
        connection.execute("PRAGMA user_version = 3")
    with Engine(tmp_path, expire=False) as engine:
        assert check(engine) == []
        with engine.database("_system").transaction() as tx:
            things = tx.collection("things")
            ttl = things.indexes()[1]
            found = list(things.lookup(ttl, Bound((1_000_000,)), Bound((1_000_000,))))
            assert [document["_key"] for document in found] == ["it"]
            assert things.revision() == found[0]["_rev"]


@pytest.mark.parametrize(
    "given",
    [
        {"frequency": 999},
        {"frequency": "often"},
        {"maxTotalRemoves": -1},
        {"maxCollectionRemoves": True},
        {"active": 1},
    ],
)
def test_senseless_settings_are_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ArangoError) as raised:
        ExpirySettings().changed(given)
    assert raised.value.number == 10
