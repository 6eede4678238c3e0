"""Reads what a GGUF file says of itself: its architecture, name and trained context window.

Source: ggml's docs/gguf.md (versions 2 and 3, little endian). Only the plain values are read; the
lists among them (a vocabulary, say) are stepped over.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, BinaryIO

from hades_mcp.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

MAGIC = b"GGUF"
Value = str | int | float | bool

_STRING, _LIST = 8, 9
_SCALARS = {
    0: "B",
    1: "b",
    2: "H",
    3: "h",
    4: "I",
    5: "i",
    6: "f",
    7: "?",
    10: "Q",
    11: "q",
    12: "d",
}
_MOST_KEYS = 4096
_MOST_BYTES = 1 << 24
"""A text longer than this is no metadata, but a broken file."""


def read_metadata(path: Path, prefix: str = "general.") -> dict[str, Value]:
    """Return a file's plain metadata whose key begins in a certain way.

    Raises:
        ConfigError: The file is no GGUF file, or is broken.
    """
    try:
        with path.open("rb") as file:
            if file.read(4) != MAGIC:
                raise _broken(path, "it does not begin as one")
            version, _tensors, count = struct.unpack("<IQQ", _take(file, 20))
            if version not in {2, 3} or count > _MOST_KEYS:
                raise _broken(path, f"its version is {version}")
            found = dict(_entry(file) for _ in range(count))
    except (struct.error, UnicodeDecodeError, KeyError, EOFError):
        raise _broken(path, "its metadata ends too soon") from None
    return {
        key: value for key, value in found.items() if value is not None and key.startswith(prefix)
    }


def _entry(file: BinaryIO) -> tuple[str, Value | None]:
    key = _text(file)
    (kind,) = struct.unpack("<I", _take(file, 4))
    return key, _value(file, kind)


def _value(file: BinaryIO, kind: int) -> Value | None:
    if kind == _STRING:
        return _text(file)
    if kind == _LIST:
        inner, count = struct.unpack("<IQ", _take(file, 12))
        if inner in _SCALARS:
            file.seek(count * struct.calcsize(f"<{_SCALARS[inner]}"), 1)
        else:
            for _ in range(count):
                _value(file, inner)
        return None
    form = f"<{_SCALARS[kind]}"
    value: Value = struct.unpack(form, _take(file, struct.calcsize(form)))[0]
    return value


def _text(file: BinaryIO) -> str:
    (length,) = struct.unpack("<Q", _take(file, 8))
    return _take(file, length).decode("utf-8")


def _take(file: BinaryIO, count: int) -> bytes:
    if count > _MOST_BYTES:
        raise EOFError
    found = file.read(count)
    if len(found) != count:
        raise EOFError
    return found


def _broken(path: Path, why: str) -> ConfigError:
    return ConfigError(f"{path} is no GGUF file: {why}.", hint="Fetch one with: hades models pull")
