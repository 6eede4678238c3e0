"""The file that holds an index's vectors as of one commit, mapped read-only by every process.

A copy that can be made again at any time: the database itself names the file it goes with, so a
file of another history is never read, and a missing one is only slow.

Format: a header of 48 bytes (magic, format, dimension, commit, vectors, lists; little-endian), then
offsets int64, rows int64, centres float32, squares float32, values float32.
"""

from __future__ import annotations

import os
import struct
from typing import TYPE_CHECKING, Any

import numpy as np

from hades_mcp.embedded.storage.vector_block import Block, Lists, Vectors

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

_HEADER = struct.Struct("<8sIIqqq8x")
_MAGIC, _FORMAT = b"HADESVEC", 1


def write(path: Path, version: int, block: Block) -> None:
    """Write a block so that it is either whole under its name or not there at all.

    Args:
        path: A name nobody else uses.
        version: The commit it stands for.
        block: The vectors.

    Raises:
        OSError: It cannot be written; nothing is left then.
    """
    count, dimension = block.vectors.values.shape
    lists = 0 if block.lists is None else len(block.lists.centres)
    parts: list[NDArray[Any]] = [block.vectors.rows, block.vectors.squares, block.vectors.values]
    if block.lists is not None:
        parts.insert(0, block.lists.offsets)
        parts.insert(2, block.lists.centres)
    try:
        with path.open("xb") as file:
            file.write(_HEADER.pack(_MAGIC, _FORMAT, dimension, version, count, lists))
            for part in parts:
                file.write(np.ascontiguousarray(part).data)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        path.unlink(missing_ok=True)
        raise


def read(path: Path, dimension: int) -> tuple[int, Block] | None:
    """Map a file; return its commit and what it holds, or None if it is missing or not ours."""
    try:
        with path.open("rb") as file:
            header = file.read(_HEADER.size)
            if len(header) < _HEADER.size:
                return None
            magic, form, width, version, count, lists = _HEADER.unpack(header)
            if (magic, form, width) != (_MAGIC, _FORMAT, dimension):
                return None
            if os.fstat(file.fileno()).st_size != _size(count, lists, dimension):
                return None
            whole = np.memmap(file, dtype=np.uint8, mode="r").view(np.ndarray)
    except OSError:
        return None
    return version, _block(whole, count, lists, dimension)


def _size(count: int, lists: int, dimension: int) -> int:
    offsets = lists + 1 if lists else 0
    floats = (lists + count) * dimension + count
    return _HEADER.size + 8 * (offsets + count) + 4 * floats


def _block(whole: NDArray[np.uint8], count: int, lists: int, dimension: int) -> Block:
    at = _HEADER.size

    def take(number: int, kind: type[np.generic], size: int) -> NDArray[Any]:
        nonlocal at
        part = whole[at : at + number * size].view(kind)
        at += number * size
        return part

    offsets = take(lists + 1 if lists else 0, np.int64, 8)
    rows = take(count, np.int64, 8)
    centres = take(lists * dimension, np.float32, 4).reshape(lists, dimension)
    squares = take(count, np.float32, 4)
    values = take(count * dimension, np.float32, 4).reshape(count, dimension)
    vectors = Vectors(rows, values, squares)
    return Block(vectors, Lists(centres, offsets) if lists else None)
