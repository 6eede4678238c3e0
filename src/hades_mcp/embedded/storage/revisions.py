"""Revisions: `_rev` strings that differ at each write, from a hybrid logical clock like ArangoDB's.

A revision is a 64-bit number, milliseconds shifted by 20 plus a counter, in ArangoDB's base 64.
"""

from __future__ import annotations

import time
from threading import Lock

_ALPHABET = "-_ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_DIGITS = {character: number for number, character in enumerate(_ALPHABET)}
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]


def encode_revision(number: int) -> str:
    """Write a revision number as ArangoDB does."""
    text = ""
    while number:
        number, low = divmod(number, 4096)
        text = _PAIRS[low] + text
    return text[1:] if text[:1] == "-" else text


def decode_revision(text: str) -> int:
    """Read a revision back; 0 for what is no revision."""
    number = 0
    for character in text:
        digit = _DIGITS.get(character)
        if digit is None:
            return 0
        number = number * 64 + digit
    return number


class Clock:
    """A clock whose readings grow, beyond every revision it was shown as well."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._last = 0
        self._high = -1
        self._prefix = ""

    def next(self, after: str = "") -> str:
        """Return a fresh revision, newer than `after` even if another process wrote that one."""
        floor = decode_revision(after) if after else 0
        with self._lock:
            now = time.time_ns() // 1_000_000 << 20
            self._last = number = max(now, self._last + 1, floor + 1)
            high = number >> 12
            if high != self._high:
                self._high, self._prefix = high, encode_revision(high)
            return self._prefix + _PAIRS[number & 4095]

    def take(self, count: int) -> list[str]:
        """Return `count` fresh revisions in order, cheaper than as many calls."""
        with self._lock:
            now = time.time_ns() // 1_000_000 << 20
            first = max(now, self._last + 1)
            self._last = first + count - 1
        revisions: list[str] = []
        number, end = first, first + count
        while number < end:
            stop = min(end, (number | 4095) + 1)
            prefix = encode_revision(number >> 12)
            low = number & 4095
            revisions += [prefix + pair for pair in _PAIRS[low : low + stop - number]]
            number = stop
        return revisions


CLOCK = Clock()
