"""Databases: made, found, dropped, shared by engines, and refused with words that help."""

from __future__ import annotations

import os
import sqlite3
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import TYPE_CHECKING

from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.storage import Engine
from hades_mcp.embedded.storage.migrations import APPLICATION_ID

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

    Refused = Callable[..., AbstractContextManager[None]]


def test_the_system_database_is_always_there_with_its_collections(engine: Engine) -> None:
    assert engine.databases() == ["_system"]
    with engine.database("_system").transaction() as tx:
        names = {info.name for info in tx.collections()}
        assert {"_graphs", "_users"} <= names
        assert all(info.is_system for info in tx.collections())


def test_databases_are_listed_after_the_system_one_and_keep_their_data_apart(
    engine: Engine,
) -> None:
    for name in ("shop", "Shop", "büro"):
        with engine.create_database(name).transaction(write=True) as tx:
            tx.create_collection("things").insert({"_key": "x", "of": name})
    assert engine.databases() == ["_system", "Shop", "büro", "shop"]
    for name in ("shop", "Shop", "büro"):
        with engine.database(name).transaction() as tx:
            assert [thing["of"] for thing in tx.collection("things").scan()] == [name]


def test_a_taken_an_illegal_and_an_unknown_name_are_refused_with_arangodbs_numbers(
    engine: Engine, refused: Refused
) -> None:
    engine.create_database("shop")
    with refused(1207):
        engine.create_database("shop")
    with refused(1207):
        engine.create_database("shop")
    for name in ("", "1st", "_mine", "a/b", "a:b", " a", "x" * 129, "line\nbreak", "e\u0301"):
        with refused(1229):
            engine.create_database(name)
    with refused(1228):
        engine.database("nowhere")
    with refused(1228):
        engine.drop_database("nowhere")


def test_the_system_database_cannot_be_dropped(engine: Engine, refused: Refused) -> None:
    with refused(11):
        engine.drop_database("_system")


def test_dropping_a_database_removes_its_files_and_frees_its_name(
    engine: Engine, refused: Refused
) -> None:
    before = set(engine.folder.iterdir())
    with engine.create_database("shop").transaction(write=True) as tx:
        tx.create_collection("things")
    engine.drop_database("shop")
    assert set(engine.folder.iterdir()) == before
    with refused(1228):
        engine.database("shop")
    with engine.create_database("shop").transaction() as tx:
        assert not tx.has_collection("things")


def test_another_engine_notices_that_a_database_was_dropped_and_made_again(
    tmp_path: Path, refused: Refused
) -> None:
    with Engine(tmp_path) as one, Engine(tmp_path) as two:
        one.create_database("shop")
        stale = two.database("shop")
        stale.begin().abort()
        one.drop_database("shop")
        with refused(1228, "shop has been dropped"):
            stale.begin(write=True)
        with refused(1228):
            two.database("shop")
        one.create_database("shop")
        two.database("shop").begin().abort()


def test_data_outlives_the_engine_on_disk(tmp_path: Path) -> None:
    with (
        Engine(tmp_path / "deep" / "folder") as engine,
        engine.create_database("shop").transaction(write=True) as tx,
    ):
        tx.create_collection("things").insert({"_key": "a"})
    with (
        Engine(tmp_path / "deep" / "folder") as engine,
        engine.database("shop").transaction() as tx,
    ):
        assert tx.collection("things").count() == 1


def test_a_database_in_memory_vanishes_with_its_engine() -> None:
    engine = Engine(None)
    folder = engine.folder
    engine.create_database("shop")
    assert folder.exists()
    engine.close()
    engine.close()
    assert not folder.exists()


def test_two_engines_in_memory_know_nothing_of_each_other() -> None:
    with Engine(None) as one, Engine(None) as two:
        one.create_database("shop")
        assert two.databases() == ["_system"]


def test_a_folder_that_is_a_file_is_refused_by_its_path(tmp_path: Path, refused: Refused) -> None:
    path = tmp_path / "file"
    path.write_text("hello")
    with refused(1224, f"{path}.*choose another"):
        Engine(path)


def test_a_folder_one_may_not_write_to_is_refused_by_its_path(
    tmp_path: Path, refused: Refused
) -> None:
    folder = tmp_path / "locked"
    folder.mkdir()
    folder.chmod(0o555)
    for parent in tmp_path.parents[:3]:
        parent.chmod(0o755)  # the other user must get as far as the folder
    tmp_path.chmod(0o755)
    me = os.geteuid()
    if me == 0:
        os.seteuid(65534)  # root may write anywhere
    try:
        with refused(1224, "_system.sqlite.*permissions"):
            Engine(folder)
    finally:
        if me == 0:
            os.seteuid(0)


def test_a_file_that_is_no_database_is_refused_and_left_alone(
    tmp_path: Path, refused: Refused
) -> None:
    path = tmp_path / "_system.sqlite"
    path.write_bytes(b"this is no database, it is a letter to my aunt" * 100)
    before = path.read_bytes()
    with refused(1100, f"{path}.*move it away"):
        Engine(tmp_path)
    assert path.read_bytes() == before


def test_the_database_of_another_program_is_refused_and_left_alone(
    tmp_path: Path, refused: Refused
) -> None:
    path = tmp_path / "_system.sqlite"
    foreign = sqlite3.connect(path)
    foreign.execute("CREATE TABLE recipes(name)")
    foreign.close()
    before = path.read_bytes()
    with refused(1100, f"{path}.*another program"):
        Engine(tmp_path)
    assert path.read_bytes() == before


def test_a_newer_format_is_refused_with_the_advice_to_upgrade(
    tmp_path: Path, refused: Refused
) -> None:
    Engine(tmp_path).close()
    file = sqlite3.connect(tmp_path / "_system.sqlite")
    assert file.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
    file.execute("PRAGMA user_version = 999")
    file.close()
    with refused(1100, "format 999.*upgrade"):
        Engine(tmp_path)


def test_a_file_locked_by_another_program_is_refused_after_the_timeout(
    tmp_path: Path, refused: Refused
) -> None:
    Engine(tmp_path).close()
    other = sqlite3.connect(tmp_path / "_system.sqlite")
    other.execute("PRAGMA locking_mode = EXCLUSIVE")
    other.execute("BEGIN EXCLUSIVE")
    other.execute("UPDATE counters SET value = value")
    other.execute("COMMIT")
    with refused(18, r"_system\.sqlite.*another process"):
        Engine(tmp_path, lock_timeout=0.1)
    other.close()
    Engine(tmp_path).close()


def test_a_closed_engine_refuses_work(engine: Engine, refused: Refused) -> None:
    database = engine.create_database("shop")
    engine.close()
    with refused(4, "closed"):
        database.begin()


def test_a_database_dropped_under_its_readers_is_gone_for_them_and_leaves_no_file(
    engine: Engine,
) -> None:
    """Readers that were opening it once made its file anew, or met errors of SQLite's."""
    numbers: set[int] = set()
    over = Event()

    def read() -> None:
        while not over.is_set():
            try:
                with engine.database("other").transaction():
                    pass
            except ArangoError as error:
                numbers.add(error.number)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        with ThreadPoolExecutor(4) as threads:
            readers = [threads.submit(read) for _ in range(4)]
            try:
                for _ in range(25):
                    engine.create_database("other")
                    engine.drop_database("other")
            finally:
                over.set()
            for reader in readers:
                reader.result(60)
    finally:
        sys.setswitchinterval(interval)
    assert numbers <= {1228}
    assert list(engine.database("_system").path.parent.glob("other*")) == []
