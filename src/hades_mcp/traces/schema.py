"""The trace file's tables, and how a file of ours is opened, brought up to date and written."""

from __future__ import annotations

import sqlite3
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hades_mcp.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

BUSY_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Layout:
    """What a SQLite file of ours is made of.

    Args:
        what: What people call the file.
        application_id: Tells it apart from foreign SQLite files.
        migrations: Applied in order; a file's `user_version` counts those it has seen.
    """

    what: str
    application_id: int
    migrations: tuple[Callable[[sqlite3.Connection], None], ...]


def _create(connection: sqlite3.Connection) -> None:
    connection.execute("""
        CREATE TABLE traces (
            id TEXT PRIMARY KEY, kind TEXT NOT NULL, status TEXT NOT NULL, owner TEXT NOT NULL,
            started TEXT NOT NULL, finished TEXT NOT NULL, agent TEXT NOT NULL, model TEXT NOT NULL,
            title TEXT NOT NULL, root TEXT NOT NULL, outcome TEXT NOT NULL
        )""")
    connection.execute("CREATE INDEX traces_by_start ON traces (started)")
    connection.execute("""
        CREATE TABLE entries (
            trace TEXT NOT NULL REFERENCES traces (id) ON DELETE CASCADE,
            place INTEGER NOT NULL, kind TEXT NOT NULL, body TEXT NOT NULL,
            PRIMARY KEY (trace, place)
        )""")


TRACES = Layout("trace store", 0x48414454, (_create,))  # "HADT"


def open_file(path: Path, layout: Layout = TRACES) -> sqlite3.Connection:
    """Open or make a file of ours.

    Args:
        path: Where; its folder is made.
        layout: What is in it.

    Raises:
        ConfigError: The folder or file can't be used, the file is something else, or it was written
            by a newer HADES.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(
            path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
    except (OSError, sqlite3.Error) as error:
        raise ConfigError(f"The {layout.what} {path} can't be opened: {error}.") from None
    try:
        _prepare(connection, path, layout)
    except sqlite3.Error as error:
        connection.close()
        raise ConfigError(f"The {layout.what} {path} can't be used: {error}.") from None
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[sqlite3.Cursor]:
    """Write whole or not at all; who calls sees to it that one thread does so at a time."""
    cursor = connection.cursor()
    cursor.execute("BEGIN IMMEDIATE")
    try:
        yield cursor
        cursor.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # a full disk, say, has ended it already
            cursor.execute("ROLLBACK")
        raise


def _prepare(connection: sqlite3.Connection, path: Path, layout: Layout) -> None:
    connection.row_factory = sqlite3.Row
    _switch_to_wal(connection)
    # WAL with NORMAL: a killed process loses nothing; a power cut may lose the last moments.
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA foreign_keys = ON")
    with transaction(connection):
        _migrate(connection, path, layout)


def _switch_to_wal(connection: sqlite3.Connection) -> None:
    # Two processes that make the same file meet here, and SQLite answers "locked" without waiting.
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


def _migrate(connection: sqlite3.Connection, path: Path, layout: Layout) -> None:
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    mark = int(connection.execute("PRAGMA application_id").fetchone()[0])
    foreign = mark != layout.application_id
    if foreign and connection.execute("SELECT 1 FROM sqlite_master").fetchone():
        raise ConfigError(f"{path} is a SQLite file, but not a {layout.what}.")
    if version > len(layout.migrations):
        raise ConfigError(f"{path} was written by a newer HADES.", hint="Update this one.")
    for step in layout.migrations[version:]:
        step(connection)
    connection.execute(f"PRAGMA application_id = {layout.application_id}")
    connection.execute(f"PRAGMA user_version = {len(layout.migrations)}")
