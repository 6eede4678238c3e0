"""Files of vectors beside a database that all processes map; the database names those that hold."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pathlib import Path

    from hades_mcp.embedded.storage.vector_block import Block

_SUFFIX = ".vectors"


class Record(Protocol):
    """Names the file of an index in the database, if it has not got another one since."""

    def __call__(
        self, index: int, version: int, name: str, *, previous: str | None, wait: bool
    ) -> bool:
        """Return whether it is named now."""


class Mappings:
    """The files of one database.

    Args:
        database: The database's own file; theirs begin with its name.
        record: Writes into the database that an index's vectors as of a commit are in a file;
            false if that is not possible now.
    """

    def __init__(self, database: Path, record: Record) -> None:
        self._database = database
        self._record = record

    def path(self, name: str) -> Path:
        """Return where a file is."""
        return self._database.with_name(name)

    def publish(
        self, number: int, version: int, block: Block, previous: str | None, *, wait: bool = False
    ) -> str | None:
        """Write a file for an index and tell all processes; return its name unless that failed.

        It fails if the index has another file than `previous`, or somebody writes to the database
        and `wait` is not set. Whoever has an older file mapped may go on reading it: where files
        in use cannot be removed, it stays until the next time.
        """
        from hades_mcp.embedded.storage import vector_file  # noqa: PLC0415  numpy stays asleep

        name = f"{self._database.stem}.{number}.{secrets.token_hex(8)}{_SUFFIX}"
        try:
            vector_file.write(self.path(name), version, block)
        except OSError:
            return None
        if not self._record(number, version, name, previous=previous, wait=wait):
            self._remove(self.path(name))
            return None
        for path in self._files(number):
            if path.name != name:
                self._remove(path)
        return name

    def sweep(self, numbers: set[int]) -> None:
        """Remove the files of indexes that are no more."""
        for path in self._files("*"):
            number = path.name.split(".")[-3]
            if number.isdecimal() and int(number) not in numbers:
                self._remove(path)

    def _files(self, number: int | str) -> list[Path]:
        return list(self._database.parent.glob(f"{self._database.stem}.{number}.*{_SUFFIX}"))

    def _remove(self, path: Path) -> None:
        try:
            path.unlink(missing_ok=True)
        except OSError:
            return
