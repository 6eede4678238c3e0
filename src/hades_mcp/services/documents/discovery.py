"""Finds the files that paths mean."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from hades_mcp.errors import InvalidArgument, NotFound, nearest
from hades_mcp.services.documents.readers.parsed import well_formed

if TYPE_CHECKING:
    from collections.abc import Iterable

IGNORED = frozenset({"__pycache__", "node_modules", "site-packages", "dist", "build", "venv"})
"""Folders never entered on the way down (hidden ones neither): caches and other people's code."""


@dataclass(frozen=True, slots=True)
class Found:
    """What some paths hold.

    Args:
        files: Absolute paths, each once, in order.
        folders: The folders among the paths, absolute: a stored file below one of them that is
            no longer on disk has been deleted.
        skipped: What could not be entered, with the reason.
    """

    files: list[Path] = field(default_factory=list)
    folders: list[Path] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)


def discover(paths: Iterable[str | Path]) -> Found:
    """Return the files at these paths, folders walked to their ends.

    Raises:
        NotFound: One of the paths is not there; the nearest existing name is suggested.
        InvalidArgument: No path was given, or the system refuses one.
    """
    found = Found()
    files: dict[Path, None] = {}
    for given in paths:
        refuse_address(str(given))
        path = Path(os.path.abspath(Path(given).expanduser()))  # noqa: PTH100  keep links as named
        try:
            files.update(dict.fromkeys(_files(path, found)))
        except OSError as error:
            raise InvalidArgument(f"{str(path)!r} cannot be read: {error.strerror}.") from error
    if not files and not found.folders:
        raise InvalidArgument("No path was given.", hint="Name a file or a folder.")
    for file in files:
        if can_be_named(file):
            found.files.append(file)
        else:
            found.skipped.append((well_formed(str(file)), "its name is not UTF-8"))
    return found


def can_be_named(path: Path) -> bool:
    """Return whether a path can be written down: Linux takes any bytes for a name."""
    return well_formed(str(path)) == str(path)


def is_gone(path: Path) -> bool:
    """Return whether nothing is there; what may not be looked at counts as there."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False


def refuse_address(given: str) -> None:
    """Tell an address on the web from a path.

    Raises:
        InvalidArgument: It is one; nothing is fetched.
    """
    if re.match(r"[a-z][a-z0-9+.-]+:/", given, re.IGNORECASE):
        raise InvalidArgument(
            f"Web addresses are not read: {given!r}.", hint="Save the page, and give its path."
        )


def _files(path: Path, found: Found) -> Iterable[Path]:
    if path.is_dir():
        found.folders.append(path)
        return _walk(path, found)
    if path.exists() or path.is_symlink():
        return [path]
    raise _missing(path)


def _walk(folder: Path, found: Found) -> Iterable[Path]:
    def refused(error: OSError) -> None:
        found.skipped.append((str(error.filename), f"cannot be entered: {error.strerror}"))

    for parent, folders, names in os.walk(folder, onerror=refused):
        folders[:] = sorted(
            name for name in folders if name not in IGNORED and not name.startswith(".")
        )
        for name in sorted(names):
            if not name.startswith("."):
                yield Path(parent, name)


def _missing(path: Path) -> NotFound:
    parent = path.parent
    while not parent.is_dir():
        path, parent = parent, parent.parent
    near = nearest(path.name, (entry.name for entry in parent.iterdir()))
    hint = f"Did you mean {str(parent / near)!r}?" if near else f"Look into {str(parent)!r}."
    return NotFound(f"There is no file or folder {str(path)!r}.", hint=hint)
