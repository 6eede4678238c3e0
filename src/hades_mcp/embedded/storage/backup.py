"""Backups: all databases of an engine as of one moment, in a folder or in one zip file.

A backup holds the database files and `backup.json`, which names them with their checksums.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import zipfile
import zlib
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING

import orjson

from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.storage.disk import flush, scratch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hades_mcp.embedded.storage.engine import Engine

MANIFEST = "backup.json"
FORMAT = 1
_DAMAGED = 1100
_FILE = re.compile(r"[a-z0-9_-]+\.sqlite")
_CHUNK = 1 << 20
# a changed byte may also look like encryption or like a method of compression nobody has
_BAD_ZIP = (
    zipfile.BadZipFile,
    zlib.error,
    KeyError,
    EOFError,
    NotImplementedError,
    RuntimeError,
)


@dataclass(frozen=True)
class Copy:
    """One database in a backup."""

    name: str
    file: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What a backup holds.

    Attributes:
        made: When, in UTC, as ISO 8601.
        databases: `_system` first.
    """

    made: str
    databases: tuple[Copy, ...]


def back_up(engine: Engine, target: Path) -> Manifest:
    """Write a backup of all databases while others go on reading and writing.

    Args:
        engine: The databases.
        target: A new file if its name ends in `.zip`, else a new or empty folder.

    Raises:
        FileExistsError: There is something already: no backup is ever overwritten.
        ArangoError: 18 if some writer does not finish in time.
        OSError: It cannot be written. Nothing is left behind then; what a killed backup leaves,
            the next one of that name removes.
    """
    if target.is_file() or (target.is_dir() and (target.suffix == ".zip" or any(target.iterdir()))):
        raise FileExistsError(f"{target} exists: choose a new name for the backup")
    target.parent.mkdir(parents=True, exist_ok=True)
    with scratch(target.parent, f".{target.name}-") as made:
        folder = made / "backup"
        folder.mkdir()
        manifest = _copy(engine, folder)
        if target.suffix != ".zip":
            flush(folder)
            folder.rename(target)
        else:
            archive = made / "backup.zip"
            with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
                for path in sorted(folder.iterdir()):
                    packed.write(path, path.name)
            flush(archive)
            archive.rename(target)
    flush(target.parent)
    return manifest


def _copy(engine: Engine, folder: Path) -> Manifest:
    copies: list[Copy] = []
    with engine.snapshot() as transactions:
        moment = datetime.now(UTC).isoformat(timespec="seconds")
        for name, transaction in transactions.items():
            path = folder / transaction.path.name
            transaction.copy_to(path)
            flush(path)
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            copies.append(Copy(name, path.name, path.stat().st_size, digest))
    manifest = Manifest(moment, tuple(copies))
    path = folder / MANIFEST
    content = {"format": FORMAT, **asdict(manifest)}
    path.write_bytes(orjson.dumps(content, option=orjson.OPT_INDENT_2))
    flush(path)
    return manifest


def unpack(source: Path, folder: Path) -> Manifest:
    """Write the database files of a backup into a folder, each checked against its checksum.

    Raises:
        FileNotFoundError: There is no such backup.
        ArangoError: 1100 if it is no backup, of a newer version, incomplete or damaged.
    """
    with _opened(source) as opened:
        manifest = _read_manifest(source, opened)
        for copy in manifest.databases:
            digest = hashlib.sha256()
            with opened(copy.file) as file, (folder / copy.file).open("wb") as out:
                while chunk := file.read(_CHUNK):
                    digest.update(chunk)
                    out.write(chunk)
                out.flush()
                os.fsync(out.fileno())
            if digest.hexdigest() != copy.sha256:
                text = f"{source} is damaged: {copy.file} is not what was backed up"
                raise ArangoError(_DAMAGED, text)
    return manifest


@contextmanager
def _opened(source: Path) -> Iterator[Callable[[str], IO[bytes]]]:
    """Give the function that opens a file of a backup; whatever is wrong with it is 1100."""
    try:
        if source.is_dir():
            yield lambda name: (source / name).open("rb")
        else:
            with zipfile.ZipFile(source) as packed:
                yield packed.open
    except _BAD_ZIP as error:
        raise ArangoError(_DAMAGED, f"{source} is no backup or damaged: {error}") from error
    except FileNotFoundError as error:
        if not source.exists():
            raise
        missing = Path(error.filename).name
        raise ArangoError(_DAMAGED, f"{source} is no complete backup: no {missing}") from error
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
        # a damaged directory of a zip file points to before its start
        raise ArangoError(_DAMAGED, f"{source} is damaged: {error}") from error


def _read_manifest(source: Path, opened: Callable[[str], IO[bytes]]) -> Manifest:
    with opened(MANIFEST) as file:
        content = file.read()
    try:
        read = orjson.loads(content)
        form = read["format"]
        if form == FORMAT:
            manifest = Manifest(read["made"], tuple(Copy(**copy) for copy in read["databases"]))
            if all(_FILE.fullmatch(copy.file) for copy in manifest.databases):
                return manifest
    except (ValueError, TypeError, KeyError) as error:
        text = f"{source} is no backup or damaged: {MANIFEST}: {error}"
        raise ArangoError(_DAMAGED, text) from error
    text = f"{source} has a {MANIFEST} of another version ({form!r}): upgrade HADES"
    raise ArangoError(_DAMAGED, text)
