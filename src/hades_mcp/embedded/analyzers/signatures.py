"""MinHash signatures of sets of tokens: the smallest CityHash64 values of their bytes.

Source: Broder, "On the resemblance and containment of documents" (1997), bottom-k sketches;
CityHash64 version 1.1 (Pike and Alakuijala), for which IResearch takes Abseil's.
"""

from __future__ import annotations

from base64 import b64encode
from heapq import nsmallest
from struct import pack
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_MASK = 2**64 - 1
_K0, _K1, _K2 = 0xC3A5C85C97CB3127, 0xB492B66FBE98F273, 0x9AE16A3B2F90404F
_MIX = 0x9DDFEA08EB382D69
_WORD, _TWO, _FOUR, _BLOCK, _SMALL = 8, 16, 32, 64, 4


def signature(texts: Iterable[str], count: int) -> list[str]:
    """Return the `count` smallest hashes of different texts, as base64 without padding."""
    hashes = {city_hash(text.encode("utf-8", "surrogatepass")) for text in texts}
    return [b64encode(pack("<Q", item)).decode().rstrip("=") for item in nsmallest(count, hashes)]


def city_hash(data: bytes) -> int:
    """Return CityHash64 of some bytes."""
    size = len(data)
    if size <= _TWO:
        return _shortest(data, size)
    if size <= _FOUR:
        return _short(data, size)
    if size <= _BLOCK:
        return _medium(data, size)
    return _long(data, size)


def _fetch(data: bytes, at: int, size: int = _WORD) -> int:
    return int.from_bytes(data[at : at + size], "little")


def _turned(word: int, bits: int) -> int:
    word &= _MASK
    return (word >> bits | word << 64 - bits) & _MASK if bits else word


def _swapped(word: int) -> int:
    return int.from_bytes((word & _MASK).to_bytes(_WORD, "little"), "big")


def _folded(word: int) -> int:
    word &= _MASK
    return word ^ word >> 47


def _joined(one: int, two: int, factor: int = _MIX) -> int:
    first = _folded(((one ^ two) & _MASK) * factor)
    second = _folded(((two & _MASK) ^ first) * factor)
    return second * factor & _MASK


def _shortest(data: bytes, size: int) -> int:
    factor = (_K2 + size * 2) & _MASK
    if size >= _WORD:
        a, b = (_fetch(data, 0) + _K2) & _MASK, _fetch(data, size - 8)
        c = _turned(b, 37) * factor + a
        return _joined(c, (_turned(a, 25) + b) * factor, factor)
    if size >= _SMALL:
        return _joined(size + (_fetch(data, 0, 4) << 3), _fetch(data, size - 4, 4), factor)
    if not size:
        return _K2
    y = data[0] + (data[size >> 1] << 8)
    z = size + (data[size - 1] << 2)
    return _folded(y * _K2 & _MASK ^ z * _K0 & _MASK) * _K2 & _MASK


def _short(data: bytes, size: int) -> int:
    factor = (_K2 + size * 2) & _MASK
    a, b = _fetch(data, 0) * _K1 & _MASK, _fetch(data, 8)
    c, d = _fetch(data, size - 8) * factor & _MASK, _fetch(data, size - 16) * _K2 & _MASK
    one = _turned(a + b, 43) + _turned(c, 30) + d
    return _joined(one, a + _turned(b + _K2, 18) + c, factor)


def _medium(data: bytes, size: int) -> int:
    factor = (_K2 + size * 2) & _MASK
    a, b = _fetch(data, 0) * _K2 & _MASK, _fetch(data, 8)
    c, d = _fetch(data, size - 24), _fetch(data, size - 32)
    e, f = _fetch(data, 16) * _K2 & _MASK, _fetch(data, 24) * 9 & _MASK
    g, h = _fetch(data, size - 8), _fetch(data, size - 16) * factor & _MASK
    u = _turned(a + g, 43) + (_turned(b, 30) + c) * 9
    v = ((a + g & _MASK) ^ d) + f + 1
    w = _swapped((u + v) * factor) + h
    x = _turned(e + f, 42) + c
    y = (_swapped((v + w) * factor) + g) * factor
    z = e + f + c
    a = _swapped((x + z) * factor + y) + b
    return _folded((z + a) * factor + d + h) * factor + x & _MASK


def _weak(data: bytes, at: int, a: int, b: int) -> tuple[int, int]:
    """Hash 32 bytes and two seeds into two words."""
    w, x, y, z = (_fetch(data, at + 8 * place) for place in range(4))
    a += w
    b = _turned(b + a + z, 21)
    start = a
    a += x + y
    b += _turned(a, 44)
    return a + z & _MASK, b + start & _MASK


def _long(data: bytes, size: int) -> int:
    x = _fetch(data, size - 40)
    y = _fetch(data, size - 16) + _fetch(data, size - 56) & _MASK
    z = _joined(_fetch(data, size - 48) + size, _fetch(data, size - 24))
    v = _weak(data, size - 64, size, z)
    w = _weak(data, size - 32, y + _K1, x)
    x = x * _K1 + _fetch(data, 0) & _MASK
    for at in range(0, (size - 1) // _BLOCK * _BLOCK, _BLOCK):
        x = _turned(x + y + v[0] + _fetch(data, at + 8), 37) * _K1 & _MASK
        y = _turned(y + v[1] + _fetch(data, at + 48), 42) * _K1 & _MASK
        x ^= w[1]
        y = y + v[0] + _fetch(data, at + 40) & _MASK
        z = _turned(z + w[0], 33) * _K1 & _MASK
        v = _weak(data, at, v[1] * _K1, x + w[0])
        w = _weak(data, at + 32, z + w[1], y + _fetch(data, at + 16))
        z, x = x, z
    one = _joined(v[0], w[0]) + _folded(y) * _K1 + z
    return _joined(one, _joined(v[1], w[1]) + x)
