"""Restoring a backup: validated beside the target, then put in its place in one step."""

from __future__ import annotations

import re
import sqlite3
from contextlib import ExitStack, closing, suppress
from typing import TYPE_CHECKING, Self

from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.storage.backup import unpack
from hades_mcp.embedded.storage.disk import flush, scratch
from hades_mcp.embedded.storage.engine import Engine
from hades_mcp.embedded.storage.swap import exchange

if TYPE_CHECKING:
    from pathlib import Path

    from hades_mcp.embedded.storage.backup import Manifest

_LOCKED, _DAMAGED = 28, 1100
_OURS = re.compile(r"[a-z0-9_-]+\.(sqlite(-wal|-shm|-journal)?|[0-9]+\.[0-9a-f]+\.vectors)")


def restore(source: Path, folder: Path, *, replace: bool = False) -> Manifest:
    """Put the databases of a backup into a folder.

    Nothing in the folder changes before all files of the backup have proved whole.

    Args:
        source: A backup: a folder or a zip file.
        folder: Where an engine will find them.
        replace: Whether databases that are there already may be thrown away.

    Raises:
        FileNotFoundError: There is no such backup.
        FileExistsError: The folder holds databases and `replace` is false, or holds other things.
        ArangoError: 1100 if the backup is damaged or of a newer version, 28 if another process has
            the databases open.
        OSError: The folder cannot be written. What a killed restore leaves beside it, the next one
            removes.
    """
    _check_target(folder, replace=replace)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with scratch(folder.parent, f".{folder.name}-") as made:
        fresh = made / folder.name
        fresh.mkdir()
        manifest = unpack(source, fresh)
        _check_databases(source, fresh, manifest)
        if not folder.exists():
            fresh.rename(folder)
            flush(folder.parent)
            return manifest
        with Hold(folder) as hold:
            _check_target(folder, replace=replace)  # somebody may have filled it meanwhile
            exchange(fresh, folder)
            hold.give_up()
        flush(folder.parent)
    return manifest


def _check_target(folder: Path, *, replace: bool) -> None:
    names = [path.name for path in folder.iterdir()] if folder.exists() else []
    strangers = [name for name in names if not _OURS.fullmatch(name)]
    if strangers:
        raise FileExistsError(f"{folder} holds {strangers[0]}, which is no database")
    if names and not replace:
        raise FileExistsError(f"{folder} holds databases already")


def _check_databases(source: Path, folder: Path, manifest: Manifest) -> None:
    """Open all databases of an unpacked backup; 1100 unless every one is whole and listed."""
    with Engine(folder, expire=False) as engine:
        if engine.databases() != [copy.name for copy in manifest.databases]:
            raise ArangoError(_DAMAGED, f"{source} does not hold the databases that it lists")
        for copy in manifest.databases:
            database = engine.database(copy.name)
            with database.transaction() as transaction:
                found = transaction.session.execute("PRAGMA integrity_check(1)").fetchone()[0]
            if database.path.name != copy.file or found != "ok":
                raise ArangoError(_DAMAGED, f"{source}: {copy.file} is damaged: {found}")


class Hold:
    """Keeps every other process off the databases of a folder that is about to be replaced.

    SQLite lets a file leave its write-ahead log only while nobody else has it open; an exclusive
    transaction then keeps it so. No side file is in use meanwhile: its name would belong to the
    files that come instead.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._given_up = False
        self._connections: list[sqlite3.Connection] = []
        self._closing = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.callback(self._release)
            for path in sorted(self._folder.glob("*.sqlite")):
                self._take(path)
            stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._release()

    def give_up(self) -> None:
        """Tell whoever waits for one of these files that its database is gone."""
        self._given_up = True
        for connection in self._connections:
            # a file too damaged for that is one nobody can wait for
            with suppress(sqlite3.Error):
                connection.execute("UPDATE counters SET value = -1 WHERE name = 'catalog'")
                connection.execute("COMMIT")

    def _take(self, path: Path) -> None:
        connection = sqlite3.connect(path, timeout=0, isolation_level=None)
        self._closing.enter_context(closing(connection))
        try:
            if connection.execute("PRAGMA journal_mode = DELETE").fetchone()[0] == "wal":
                raise _in_use(path)
            connection.execute("PRAGMA journal_mode = MEMORY")
            connection.execute("BEGIN EXCLUSIVE")
            if connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal":
                raise _in_use(path)  # somebody was quick
        except sqlite3.OperationalError as error:
            raise _in_use(path) from error
        except sqlite3.DatabaseError:
            return  # damaged: it is being replaced for that
        self._connections.append(connection)

    def _release(self) -> None:
        for connection in self._connections:
            if not self._given_up:
                with suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")
                    connection.execute("PRAGMA journal_mode = WAL")
        self._closing.close()


def _in_use(path: Path) -> ArangoError:
    return ArangoError(_LOCKED, f"{path} is open in another process: stop it before restoring")
