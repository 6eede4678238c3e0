"""HASH and MINHASH: VelocyPack's hash of values, XXH64 over their bytes, alike for 1 and 1.0."""

from __future__ import annotations

import math
from base64 import b64encode
from heapq import nsmallest
from struct import pack
from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.aql.functions.arguments import integer, is_number
from hades_mcp.embedded.aql.functions.registry import aql_function
from hades_mcp.embedded.values import number
from hades_mcp.embedded.values.stopping import paced

if TYPE_CHECKING:
    from hades_mcp.embedded.aql.context import Context

_MASK = 2**64 - 1
_PRIMES = (
    11400714785074694791,
    14029467366897019727,
    1609587929392839161,
    9650029242287828579,
    2870177450012600261,
)
_LANES, _BLOCK = 4, 32  # XXH64 reads four words of eight bytes at once
_SEED = 0xDEADBEEF
_ARRAY_SALT, _OBJECT_SALT = 0xBA5BEDF00D, 0xF00BA44BA5
_NULL, _FALSE, _TRUE = b"\x18", b"\x19", b"\x1a"
_SHORT, _LONG, _LONGEST_SHORT = 0x40, b"\xbf", 126  # VelocyPack's string headers
_KEPT_BITS = 0x0007FFFFFFFFFFFF  # ArangoDB cuts the number so that no reader loses digits


def _turned(word: int, bits: int) -> int:
    return (word << bits | word >> 64 - bits) & _MASK


def _round(lane: int, word: int) -> int:
    return _turned((lane + word * _PRIMES[1]) & _MASK, 31) * _PRIMES[0] & _MASK


def _words(data: bytes, start: int, size: int) -> list[int]:
    whole = start + (len(data) - start) // size * size
    places = paced(range(start, whole, size))
    return [int.from_bytes(data[at : at + size], "little") for at in places]


def xxh64(data: bytes, seed: int) -> int:
    """Return the XXH64 hash of some bytes.

    Source: https://github.com/Cyan4973/xxHash, doc/xxhash_spec.md.
    """
    one, two, three, four, five = _PRIMES
    blocks = len(data) // _BLOCK * _BLOCK
    result = (_lanes(data[:blocks], seed) if blocks else seed + five) + len(data) & _MASK
    for word in _words(data, blocks, 8):
        result = _turned(result ^ _round(0, word), 27) * one + four & _MASK
    for word in _words(data, len(data) // 8 * 8, 4):
        result = _turned(result ^ (word * one & _MASK), 23) * two + three & _MASK
    for byte in data[len(data) // 4 * 4 :]:
        result = _turned(result ^ (byte * five & _MASK), 11) * one & _MASK
    result = (result ^ result >> 33) * two & _MASK
    result = (result ^ result >> 29) * three & _MASK
    return result ^ result >> 32


def _lanes(data: bytes, seed: int) -> int:
    one, two = _PRIMES[:2]
    lanes = [(seed + one + two) & _MASK, (seed + two) & _MASK, seed, (seed - one) & _MASK]
    for place, word in enumerate(paced(_words(data, 0, 8))):
        lanes[place % _LANES] = _round(lanes[place % _LANES], word)
    turned = zip(lanes, (1, 7, 12, 18), strict=True)
    result = sum(_turned(lane, bits) for lane, bits in turned) & _MASK
    for lane in lanes:
        result = (result ^ _round(0, lane)) * one + _PRIMES[3] & _MASK
    return result


def value_hash(value: Any, seed: int = _SEED) -> int:
    """Return VelocyPack's normalized hash: numbers as doubles, members hashed one into another."""
    if isinstance(value, list):
        result = xxh64(pack("<Q", len(value) ^ _ARRAY_SALT), seed)
        for item in paced(value):
            result ^= value_hash(item, result)
        return result
    if isinstance(value, dict):
        start = result = xxh64(pack("<Q", len(value) ^ _OBJECT_SALT), seed)
        for name, item in paced(value.items()):
            name_hash = value_hash(name, start)
            result ^= name_hash ^ value_hash(item, name_hash)
        return result
    return xxh64(_scalar(value), seed)


def _scalar(value: Any) -> bytes:
    """Return the bytes VelocyPack hashes for a value without parts."""
    if value is None:
        return _NULL
    if isinstance(value, bool):
        return _TRUE if value else _FALSE
    if isinstance(value, str):
        data = value.encode()
        short = len(data) <= _LONGEST_SHORT
        return (bytes([_SHORT + len(data)]) if short else _LONG + pack("<Q", len(data))) + data
    return pack("<d", value)


@aql_function("HASH", low=1)
def hash_value(_context: Context, value: Any) -> int:
    """Return a number that equal values share."""
    return value_hash(value) & _KEPT_BITS


@aql_function("MINHASH", low=2)
def minhash(context: Context, values: Any, count: Any) -> Any:
    """Return the smallest hashes of an array's values, so many at most, as texts.

    They stand in the order of the values; ArangoDB's order is the same as long as all fit.
    """
    if not isinstance(values, list) or not is_number(count) or count < 1:
        return context.refuse("MINHASH")
    hashes = list(dict.fromkeys(map(value_hash, paced(values))))
    kept = set(nsmallest(integer(count), paced(hashes)))
    found = (item for item in paced(hashes) if item in kept)
    return [b64encode(pack("<Q", item)).decode().rstrip("=") for item in found]


@aql_function("MINHASH_COUNT", low=1)
def minhash_count(context: Context, error: Any) -> Any:
    """Return how many hashes keep the error of a MinHash signature below a bound."""
    if not is_number(error) or error < 0:
        return context.refuse("MINHASH_COUNT")
    square = error * error  # 0 as well for what is too small to be squared
    return number(math.ceil(round(1 / square, 9))) if square else 0


@aql_function("MINHASH_ERROR", low=1)
def minhash_error(context: Context, count: Any) -> Any:
    """Return the error to expect of a MinHash signature of a size."""
    if not is_number(count) or count <= 0:
        return context.refuse("MINHASH_ERROR")
    return 1 / math.sqrt(count)
