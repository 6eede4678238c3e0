"""Migrations: the format of a database file as numbered steps, kept in `PRAGMA user_version`."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import orjson

from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.storage.catalog import stored_properties
from hades_mcp.embedded.storage.keys import key_options
from hades_mcp.embedded.storage.revisions import decode_revision
from hades_mcp.embedded.storage.statements import create_statements, edge_index_statements

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable
    from pathlib import Path

APPLICATION_ID = 0x48414445  # "HADE": tells our files from other SQLite databases
FOREIGN = 1100
_SYSTEM_COLLECTIONS = ("_analyzers", "_aqlfunctions", "_graphs", "_users")
_FIRST_TICK = 100

# vector_versions: ver is the commit that last changed a vector; what knows only commits before
# floor cannot catch up from the changes alone
_TABLES = (
    """CREATE TABLE counters(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID""",
    """CREATE TABLE databases(name TEXT PRIMARY KEY, id INTEGER NOT NULL UNIQUE)""",
    """CREATE TABLE collections(
        id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,
        edge INTEGER NOT NULL, properties TEXT NOT NULL)""",
    """CREATE TABLE tallies(
        collection INTEGER PRIMARY KEY, documents INTEGER NOT NULL, last_key INTEGER NOT NULL)""",
    """CREATE TABLE indexes(
        id INTEGER PRIMARY KEY, collection INTEGER NOT NULL,
        definition TEXT NOT NULL, collation TEXT NOT NULL)""",
    """CREATE TABLE vector_versions(
        id INTEGER PRIMARY KEY, ver INTEGER NOT NULL, floor INTEGER NOT NULL)""",
)


def _first_format(connection: sqlite3.Connection) -> None:
    for statement in _TABLES:
        connection.execute(statement)
    properties = stored_properties(key_options(None), None, {})
    for number, name in enumerate(_SYSTEM_COLLECTIONS, start=2):
        for statement in create_statements(number, edge=False):
            connection.execute(statement)
        connection.execute(
            "INSERT INTO collections VALUES (?, ?, 0, ?)", (number, name, properties)
        )
        connection.execute("INSERT INTO tallies VALUES (?, 0, 0)", (number,))
    connection.execute("INSERT INTO counters VALUES ('catalog', 1), ('tick', ?)", (_FIRST_TICK,))


def _views(connection: sqlite3.Connection) -> None:
    connection.execute(
        "CREATE TABLE views(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,"
        " definition TEXT NOT NULL)"
    )


def _vector_mappings(connection: sqlite3.Connection) -> None:
    # the file beside the database that holds an index's vectors as of some commit
    connection.execute("ALTER TABLE vector_versions ADD COLUMN mapping TEXT")


def _sizes_and_revisions(connection: sqlite3.Connection) -> None:
    """Count the bytes of each collection's documents and note its newest revision."""
    connection.execute("ALTER TABLE tallies ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0")
    connection.execute("ALTER TABLE tallies ADD COLUMN revision TEXT NOT NULL DEFAULT '0'")
    for (number,) in connection.execute("SELECT id FROM collections").fetchall():
        size, newest = 0, "0"
        rows = connection.execute(f"SELECT CAST(body AS BLOB) FROM c{number}")  # noqa: S608  a number of ours
        for (body,) in rows:
            size += len(body)
            with suppress(ValueError, KeyError, TypeError):  # a damaged document, `check` finds it
                newest = max(newest, orjson.loads(body)["_rev"], key=decode_revision)
        connection.execute(
            "UPDATE tallies SET bytes = ?, revision = ? WHERE collection = ?",
            (size, newest, number),
        )


def _times_in_ttl_indexes(connection: sqlite3.Connection) -> None:
    """Have TTL indexes built anew, of seconds since 1970: they held the values as they were."""
    # no library of that name: what it ordered is built anew at the next transaction
    connection.execute(
        "UPDATE indexes SET collation = '' WHERE json_extract(definition, '$.type') = 'ttl'"
    )


def _versions_and_adjacency(connection: sqlite3.Connection) -> None:
    """Number the commits of each collection; let the indexes of edges tell both ends."""
    connection.execute("ALTER TABLE tallies ADD COLUMN version INTEGER NOT NULL DEFAULT 0")
    for (number,) in connection.execute("SELECT id FROM collections WHERE edge").fetchall():
        for end in ("src", "dst"):
            connection.execute(f"DROP INDEX c{number}_{end}")
        for statement in edge_index_statements(number):
            connection.execute(statement)


def _postings(connection: sqlite3.Connection) -> None:
    """Give views, whose definitions alone were kept, and inverted indexes their postings."""
    from hades_mcp.embedded.storage.search.upgrade import build_postings  # noqa: PLC0415  it needs sessions, and connections migrate

    build_postings(connection)


def _commits(connection: sqlite3.Connection) -> None:
    """Count the commits that change documents, so that one look tells that nothing has changed."""
    connection.execute("INSERT OR IGNORE INTO counters VALUES ('commits', 0)")


MIGRATIONS: tuple[Callable[[sqlite3.Connection], None], ...] = (
    _first_format,
    _views,
    _vector_mappings,
    _sizes_and_revisions,
    _times_in_ttl_indexes,
    _versions_and_adjacency,
    _postings,
    _commits,
)


def migrate(
    connection: sqlite3.Connection, path: Path, use_wal: Callable[[sqlite3.Connection], None]
) -> None:
    """Bring a file to the newest format, whoever else opens it at the same moment.

    Args:
        connection: An open connection outside any transaction.
        path: Named in errors.
        use_wal: Switches a file that is new (and so proved ours) to a write-ahead log.

    Raises:
        ArangoError: 1100 if the file belongs to another program or to a newer HADES.
    """
    if _format(connection, path) == len(MIGRATIONS):
        return
    use_wal(connection)
    connection.execute("BEGIN IMMEDIATE")
    try:
        current = _format(connection, path)  # another process may have been faster
        for number, step in enumerate(MIGRATIONS[current:], start=current + 1):
            step(connection)
            connection.execute(f"PRAGMA user_version = {number}")
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _format(connection: sqlite3.Connection, path: Path) -> int:
    # in this order: the owner is committed with the rest, so whoever sees the rest sees it as well
    tables = int(connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0])
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    owner = int(connection.execute("PRAGMA application_id").fetchone()[0])
    if owner != APPLICATION_ID and (tables or version or owner):
        raise ArangoError(
            FOREIGN,
            f"{path} is an SQLite file of another program: choose another folder or move it away",
        )
    if version > len(MIGRATIONS):
        raise ArangoError(
            FOREIGN,
            f"{path} was written by a newer version (format {version}, this one reads up to"
            f" {len(MIGRATIONS)}): upgrade HADES or choose another folder",
        )
    return version
