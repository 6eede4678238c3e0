"""Finds what people edit (agents, tools, prompts, training): yours first, then what was shipped."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from hades_mcp.errors import UnknownName

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.resources.abc import Traversable

Folder = Literal["agents", "tools", "prompts", "training"]


def shipped(folder: Folder) -> Traversable:
    """Return the folder that came with this installation (the wheel's, or the checkout's)."""
    packaged = files("hades_mcp") / "_assets" / folder
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / folder


def find(home: Path, folder: Folder, name: str) -> Traversable:
    """Return one asset, `home/folder/name` before the shipped one.

    Raises:
        UnknownName: Neither place has it, or the name leads elsewhere; the nearest is suggested.
    """
    parts = name.split("/")
    # Names come from clients too: none of them opens a file outside the two folders.
    inside = not {"", ".", ".."}.intersection(parts) and not any(map(_is_rooted, parts))
    for root in (home / folder, shipped(folder)) if inside else ():
        candidate = root.joinpath(*parts)
        if candidate.is_file():
            return candidate
    raise UnknownName(f"file in {folder}/", name, names(home, folder))


def names(home: Path, folder: Folder, suffix: str = "") -> list[str]:
    """Return the names of all assets in a folder, the user's and the shipped, sorted."""
    found: set[str] = set()
    for root in (home / folder, shipped(folder)):
        if root.is_dir():
            found.update(name for name in _walk(root) if name.endswith(suffix))
    return sorted(found)


def _is_rooted(part: str) -> bool:
    return "\\" in part or ":" in part  # what leads elsewhere on Windows


def _walk(root: Traversable, prefix: str = "") -> Iterator[str]:
    for entry in root.iterdir():
        if entry.is_dir():
            yield from _walk(entry, f"{prefix}{entry.name}/")
        else:
            yield prefix + entry.name
