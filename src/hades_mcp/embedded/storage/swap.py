"""Putting one folder in another's place in one step, where the system can."""

from __future__ import annotations

import ctypes
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_HERE = -100  # AT_FDCWD
_EXCHANGE = 2  # RENAME_EXCHANGE
_ASIDE = ".replaced"


def exchange(fresh: Path, folder: Path) -> None:
    """Give each of two folders on one disk the other's name.

    On Linux one system call does it: a crash leaves either one or the other. Elsewhere the old
    folder is moved aside first, as `<name>.replaced`, and a crash in between leaves it there.

    Raises:
        OSError: Neither has been moved.
    """
    if _exchange_at_once(fresh, folder):
        return
    aside = folder.with_name(folder.name + _ASIDE)
    folder.rename(aside)
    try:
        fresh.rename(folder)
    except OSError:
        aside.rename(folder)
        raise
    aside.rename(fresh)


def _exchange_at_once(fresh: Path, folder: Path) -> bool:
    """Try Linux's renameat2; false if the system, its library or the disk's format has it not."""
    if sys.platform != "linux":
        return False
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is None:
        return False
    done: int = rename(_HERE, os.fsencode(fresh), _HERE, os.fsencode(folder), _EXCHANGE)
    return done == 0
