"""The file that holds an index's vectors as of one commit, mapped read-only by every process.

A copy that can be made again at any time: the database itself names the file it goes with, so a
file of another history is never read, and a missing one is only slow.

Format: a header of 48 bytes (magic, format, dimension, commit, vectors, lists, width of a sketch
and its candidates; little-endian), then offsets int64, rows int64, centres float32, axes float32,
sketches float32, squares float32, values float32.
"""

from __future__ import annotations

import os
import struct
from typing import TYPE_CHECKING, Any

import numpy as np

from hades_mcp.embedded.storage.vector_block import Block, Lists, Sketch, Vectors

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

_HEADER = struct.Struct("<8sIIqqqII")
_MAGIC, _FORMAT = b"HADESVEC", 2


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
    width, many = 0, 0
    parts: list[NDArray[Any]] = [block.vectors.rows]
    if block.lists is not None:
        parts = [block.lists.offsets, *parts, block.lists.centres]
    if block.sketch is not None:
        width, many = block.sketch.values.shape[1], block.sketch.many
        parts += [block.sketch.axes, block.sketch.values]
    parts += [block.vectors.squares, block.vectors.values]
    try:
        with path.open("xb") as file:
            header = (_MAGIC, _FORMAT, dimension, version, count, lists, width, many)
            file.write(_HEADER.pack(*header))
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
            magic, form, length, version, count, lists, width, many = _HEADER.unpack(header)
            if (magic, form, length) != (_MAGIC, _FORMAT, dimension):
                return None
            if os.fstat(file.fileno()).st_size != _size(count, lists, width, dimension):
                return None
            whole = np.memmap(file, dtype=np.uint8, mode="r").view(np.ndarray)
    except OSError:
        return None
    return version, _block(whole, count, lists, width, many, dimension)


def _size(count: int, lists: int, width: int, dimension: int) -> int:
    offsets = lists + 1 if lists else 0
    floats = (lists + count + width) * dimension + count * (width + 1)
    return _HEADER.size + 8 * (offsets + count) + 4 * floats


def _block(
    whole: NDArray[np.uint8], count: int, lists: int, width: int, many: int, dimension: int
) -> Block:
    at = _HEADER.size

    def take(number: int, kind: type[np.generic], size: int) -> NDArray[Any]:
        nonlocal at
        part = whole[at : at + number * size].view(kind)
        at += number * size
        return part

    offsets = take(lists + 1 if lists else 0, np.int64, 8)
    rows = take(count, np.int64, 8)
    centres = take(lists * dimension, np.float32, 4).reshape(lists, dimension)
    axes = take(dimension * width, np.float32, 4).reshape(dimension, width)
    short = take(count * width, np.float32, 4).reshape(count, width)
    squares = take(count, np.float32, 4)
    values = take(count * dimension, np.float32, 4).reshape(count, dimension)
    vectors = Vectors(rows, values, squares)
    return Block(
        vectors,
        Lists(centres, offsets) if lists else None,
        Sketch(axes, short, many) if width else None,
    )
