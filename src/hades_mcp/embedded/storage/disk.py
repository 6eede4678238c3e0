"""The disk: files flushed to it, and folders for the time being that no crash leaves for ever."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_ALIVE = ".alive"
_OLD = 3600  # seconds


def flush(path: Path) -> None:
    """Have a file or the entries of a folder written to the disk itself."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class Scratch:
    """A new folder that is removed when it is closed, or by whoever makes the next one like it.

    Its owner holds a lock on a file in it for as long as the process lives, however that ends;
    a folder whose lock is free has been abandoned. A folder without that file was made this very
    moment, or by somebody else: it is left alone, unless it has been empty for an hour.

    Args:
        parent: Where; None for the system's temporary folder.
        prefix: How its name begins; abandoned folders whose names begin so are removed.
    """

    def __init__(self, parent: Path | None, prefix: str) -> None:
        place = Path(tempfile.gettempdir()) if parent is None else parent
        _remove_abandoned(place, prefix)
        self.path = Path(tempfile.mkdtemp(prefix=prefix, dir=place))
        self._lock = os.open(self.path / (_ALIVE + ".new"), os.O_CREAT | os.O_RDWR, 0o600)
        _lock(self._lock)
        # nobody sees it before it is locked
        (self.path / (_ALIVE + ".new")).rename(self.path / _ALIVE)

    def close(self) -> None:
        """Remove the folder with all that is in it. Closing twice is harmless."""
        shutil.rmtree(self.path, ignore_errors=True)
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1


@contextmanager
def scratch(parent: Path, prefix: str) -> Iterator[Path]:
    """Give a folder that is gone after the block, or with the next one if the process is killed."""
    made = Scratch(parent, prefix)
    try:
        yield made.path
    finally:
        made.close()


def _remove_abandoned(place: Path, prefix: str) -> None:
    for folder in place.glob(f"{_literally(prefix)}*"):
        with suppress(OSError):
            if _is_ours(folder) and (_is_stillborn(folder) or _is_abandoned(folder / _ALIVE)):
                shutil.rmtree(folder, ignore_errors=True)


def _literally(text: str) -> str:
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in text)


def _is_ours(folder: Path) -> bool:
    """Tell whether it is a folder of this user, and no link to one."""
    found = folder.lstat()
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid()


def _is_stillborn(folder: Path) -> bool:
    """Tell whether its owner was killed before it could put anything there."""
    old = time.time() - folder.lstat().st_mtime > _OLD
    return old and all(path.name == _ALIVE + ".new" for path in folder.iterdir())


def _is_abandoned(alive: Path) -> bool:
    descriptor = os.open(alive, os.O_RDWR)
    try:
        return _lock(descriptor)
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> bool:
    """Lock a file for as long as it is open; false if somebody else has, or nobody can."""
    try:
        import fcntl  # noqa: PLC0415  Windows has none: abandoned folders stay there
    except ImportError:  # pragma: no cover
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
