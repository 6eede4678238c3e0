"""Checking databases: files, documents, edges, counts and indexes, and mending what derives."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.storage.analyzer_catalog import list_analyzers
from hades_mcp.embedded.storage.names import is_id, is_key
from hades_mcp.embedded.storage.records import load
from hades_mcp.embedded.storage.shadow import compare
from hades_mcp.embedded.storage.views import list_views

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from pathlib import Path

    from hades_mcp.embedded.storage.catalog import CollectionInfo
    from hades_mcp.embedded.storage.collection import Collection
    from hades_mcp.embedded.storage.engine import Engine
    from hades_mcp.embedded.storage.indexes import Index
    from hades_mcp.embedded.storage.transaction import Transaction

Part = Literal["file", "document", "count", "index"]
_MOST = 20
_TABLE = re.compile(r"[a-z]+([0-9]+)")
_DAMAGED = 1100


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it should be.

    Attributes:
        collection: Its name; empty for what concerns the whole file.
        mended: Whether it has been put right.
    """

    database: str
    collection: str
    part: Part
    text: str
    mended: bool = False


def check(
    engine: Engine, *, mend: bool = False, progress: Callable[[str], None] = lambda _: None
) -> list[Finding]:
    """Check all databases.

    Documents are what counts: counts and indexes that do not agree with them can be made anew.
    A damaged document or file cannot be mended, only restored from a backup.

    Args:
        engine: The databases; others may go on using them.
        mend: Rebuild indexes and counts that are wrong. Writers wait meanwhile.
        progress: Called with the name of each database before it is checked.

    Raises:
        ArangoError: 18 if some writer does not finish in time.
    """
    findings = _strange_files(engine, mend=mend)
    for name in engine.databases():
        progress(name)
        found: list[Finding] = []
        try:
            with engine.database(name).transaction(write=mend) as transaction:
                found.extend(_check_database(transaction, mend=mend))
            found.extend(_check_log(transaction.path, mend=mend))
        except ArangoError as error:
            if error.number != _DAMAGED:
                raise
            found = [replace(finding, mended=False) for finding in found]  # it was rolled back
            found.append(Finding("", "", "file", error.message))
        findings += [replace(finding, database=name) for finding in found]
    return findings


def _strange_files(engine: Engine, *, mend: bool) -> list[Finding]:
    """Find files of no database: what a process leaves that is killed while it drops one."""
    files = list(engine.folder.glob("*.sqlite"))
    ours = {engine.database(name).path for name in engine.databases()}
    strange = [path for path in sorted(files) if path not in ours and path.exists()]
    if mend:
        engine.remove_abandoned()
    text = "belongs to no database and can be deleted"
    return [Finding("", "", "file", f"{path.name} {text}", not path.exists()) for path in strange]


def _check_log(path: Path, *, mend: bool) -> Iterator[Finding]:
    """Look whether readers and writers work side by side; a killed restore may end that."""
    with closing(sqlite3.connect(path)) as connection:
        try:
            if connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal":
                return
            if mend:
                connection.execute("PRAGMA journal_mode = WAL")
            mended = mend
        except sqlite3.OperationalError:  # in use just now
            mended = False
    text = "there is no write-ahead log: readers and writers wait for each other"
    yield Finding("", "", "file", text, mended)


def _check_database(transaction: Transaction, *, mend: bool) -> Iterator[Finding]:
    yield from _check_file(transaction, mend=mend)
    yield from _check_tables(transaction, mend=mend)
    yield from _check_views(transaction)
    for info in transaction.collections():
        collection = transaction.collection(info.name)
        count, size = yield from _check_documents(transaction, info)
        if (count, size) != (collection.count(), collection.size()):
            text = f"{collection.count()} documents are counted, {count} are there"
            if count == collection.count():
                text = f"{collection.size()} bytes are counted, {size} are there"
            if mend:
                _set_count(transaction, info, count, size)
            yield Finding("", info.name, "count", text, mend)
        for index in info.indexes:
            yield from _check_index(transaction, collection, index, mend=mend)


def _check_file(transaction: Transaction, *, mend: bool) -> Iterator[Finding]:
    """Have SQLite check its own pages and indexes; only indexes can be made anew."""
    execute = transaction.session.execute
    sql = f"PRAGMA integrity_check({_MOST})"
    found = {text for (text,) in execute(sql)} - {"ok"}
    left = found
    if found and mend:
        execute("REINDEX")
        left = {text for (text,) in execute(sql)} - {"ok"}
    for text in sorted(found):
        yield Finding("", "", "file", text, text not in left)


def _check_tables(transaction: Transaction, *, mend: bool) -> Iterator[Finding]:
    """Find tables that no collection and no index accounts for: they only take room."""
    execute = transaction.session.execute
    infos = transaction.collections()
    known = {info.number for info in infos}
    known |= {int(index.id) for info in infos for index in info.indexes}
    for (name,) in execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall():
        found = _TABLE.fullmatch(name)
        if found and int(found[1]) not in known:
            if mend:
                execute(f"DROP TABLE {name}")
            yield Finding("", "", "file", f"table {name} belongs to no collection or index", mend)


def _check_views(transaction: Transaction) -> Iterator[Finding]:
    """Read the definition of every view and of every Analyzer."""
    for text, read in (("view", list_views), ("Analyzer", list_analyzers)):
        try:
            read(transaction)
        except (ValueError, KeyError, TypeError, AttributeError, ArangoError) as error:
            yield Finding("", "", "file", f"the definition of a {text} cannot be read: {error!r}")


def _check_documents(
    transaction: Transaction, info: CollectionInfo
) -> Generator[Finding, None, tuple[int, int]]:
    """Look at every document; return how many there are, and their bytes."""
    ends = ", src, dst" if info.is_edge else ""
    rows = transaction.session.execute(
        f"SELECT key, CAST(body AS BLOB){ends} FROM c{info.number} ORDER BY rid"  # noqa: S608  a number of ours
    )
    count = size = 0
    for key, body, *stored in rows:
        count, size = count + 1, size + len(body)
        if text := _wrong_with(info, key, body, stored):
            yield Finding("", info.name, "document", text)
    return count, size


def _wrong_with(info: CollectionInfo, key: str, body: bytes, ends: list[str]) -> str:
    try:
        document = load(body)
    except ValueError as error:
        return f"{key} is no JSON: {error}"
    if not isinstance(document, dict):
        return f"{key} is no object"
    if document.get("_key") != key or not is_key(key):
        return f"{key} has the key {document.get('_key')!r}"
    if document.get("_id") != f"{info.name}/{key}":
        return f"{key} has the id {document.get('_id')!r}"
    if not info.is_edge:
        return ""
    for name, end in zip(("_from", "_to"), ends, strict=True):
        if document.get(name) != end or not is_id(end):
            return f"{key} has {name} {document.get(name)!r}, filed under {end!r}"
    return ""


def _set_count(transaction: Transaction, info: CollectionInfo, count: int, size: int) -> None:
    transaction.session.execute(
        "INSERT INTO tallies(collection, documents, bytes, last_key) VALUES (?, ?, ?, 0)"
        " ON CONFLICT(collection) DO UPDATE SET documents = excluded.documents,"
        " bytes = excluded.bytes",
        (info.number, count, size),
    )


def _check_index(
    transaction: Transaction, collection: Collection, index: Index, *, mend: bool
) -> Iterator[Finding]:
    try:
        missing, surplus = compare(transaction.session, collection.info, index, transaction.path)
    except (ArangoError, ValueError, sqlite3.Error) as error:
        text = f"{index.name} cannot be checked: {error}"
        yield Finding("", collection.name, "index", text)
        return
    if not missing and not surplus:
        return
    text = f"{index.name} lacks {missing} entries and has {surplus} too many"
    mended = False
    if mend:
        try:
            with transaction.savepoint():
                collection.rebuild_index(index)
            mended = True
        except (ArangoError, sqlite3.Error) as error:
            text += f"; it cannot be rebuilt: {error}"
    yield Finding("", collection.name, "index", text, mended)
