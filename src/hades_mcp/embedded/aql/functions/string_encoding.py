"""Functions that encode and digest text: JSON, base64, hashes, tokens and addresses."""

from __future__ import annotations

import base64
import hashlib
import re
import string
import uuid as uuids
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import orjson

from hades_mcp.embedded.aql.functions.arguments import integer, is_number
from hades_mcp.embedded.aql.functions.registry import aql_function
from hades_mcp.embedded.values import json_text, to_text
from hades_mcp.embedded.values.stopping import paced, text_pieces

if TYPE_CHECKING:
    from collections.abc import Callable

    from hades_mcp.embedded.aql.context import Context

_TOKEN_ALPHABET = string.ascii_letters + string.digits
_LONGEST_TOKEN = 65536
_OCTET = r"(?:0|[1-9]\d?|1\d\d|2[0-4]\d|25[0-5])"
_IPV4 = re.compile(rf"{_OCTET}(?:\.{_OCTET}){{3}}", re.ASCII)
_LAST_ADDRESS = 2**32 - 1
_FNV_START, _FNV_PRIME, _64_BITS = 0xCBF29CE484222325, 0x100000001B3, 2**64 - 1
_CASTAGNOLI = 0x82F63B78  # the polynomial 0x1EDC6F41, reflected


def _register_digest(name: str, make: Callable[[bytes], Any]) -> None:
    @aql_function(name, low=1)
    def digest(_context: Context, value: Any) -> str:
        made = make(b"")
        for piece in text_pieces(to_text(value)):
            made.update(piece.encode())
        hexadecimal: str = made.hexdigest()
        return hexadecimal


_register_digest("MD5", hashlib.md5)
_register_digest("SHA1", hashlib.sha1)
_register_digest("SHA256", hashlib.sha256)
_register_digest("SHA512", hashlib.sha512)


@aql_function("CRC32", low=1)
def crc32(_context: Context, value: Any) -> str:
    """Return the CRC-32C checksum in upper-case hexadecimal without leading zeroes."""
    table, checksum = _crc_table(), 0xFFFFFFFF
    for byte in paced(to_text(value).encode()):
        checksum = table[(checksum ^ byte) & 0xFF] ^ (checksum >> 8)
    return f"{checksum ^ 0xFFFFFFFF:X}"


@cache
def _crc_table() -> list[int]:
    table = []
    for byte in range(256):
        rest = byte
        for _ in range(8):
            rest = (rest >> 1) ^ (_CASTAGNOLI if rest & 1 else 0)
        table.append(rest)
    return table


@aql_function("FNV64", low=1)
def fnv64(_context: Context, value: Any) -> str:
    """Return the FNV-1a hash in upper-case hexadecimal without leading zeroes."""
    result = _FNV_START
    for byte in paced(to_text(value).encode()):
        result = ((result ^ byte) * _FNV_PRIME) & _64_BITS
    return f"{result:X}"


@aql_function("TO_BASE64", low=1)
def to_base64(_context: Context, value: Any) -> str:
    """Return a text's bytes in base64."""
    return base64.b64encode(to_text(value).encode()).decode()


@aql_function("TO_HEX", low=1)
def to_hex(_context: Context, value: Any) -> str:
    """Return a text's bytes in hexadecimal."""
    return to_text(value).encode().hex()


@aql_function("ENCODE_URI_COMPONENT", low=1)
def encode_uri_component(_context: Context, value: Any) -> str:
    """Percent-encode a text as JavaScript's encodeURIComponent does."""
    pieces = text_pieces(to_text(value))
    return "".join(quote(piece, safe="-_.!~*'()") for piece in pieces)


@aql_function("JSON_STRINGIFY", low=1)
def json_stringify(_context: Context, value: Any) -> str:
    """Write a value as JSON."""
    return json_text(value)


@aql_function("JSON_PARSE", low=1)
def json_parse(context: Context, text: Any) -> Any:
    """Read JSON; null and a warning if it is none."""
    if not isinstance(text, str):
        return context.refuse("JSON_PARSE")
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return context.refuse("JSON_PARSE")


@aql_function("UUID", low=0, deterministic=False)
def uuid(_context: Context) -> str:
    """Return a random UUID."""
    return str(uuids.uuid4())


@aql_function("RANDOM_TOKEN", low=1, deterministic=False)
def random_token(context: Context, length: Any) -> Any:
    """Return a random text of letters and digits."""
    count = integer(length)
    if not 0 <= count <= _LONGEST_TOKEN:
        return context.fail("RANDOM_TOKEN")
    return "".join(context.random.choices(_TOKEN_ALPHABET, k=count))


@aql_function("IS_IPV4", low=1)
def is_ipv4(_context: Context, value: Any) -> bool:
    """Tell whether a value is the text of an IPv4 address."""
    return isinstance(value, str) and _IPV4.fullmatch(value) is not None


@aql_function("IPV4_TO_NUMBER", low=1)
def ipv4_to_number(context: Context, value: Any) -> Any:
    """Return an IPv4 address as a number."""
    if not isinstance(value, str) or not _IPV4.fullmatch(value):
        return context.refuse("IPV4_TO_NUMBER")
    return int.from_bytes(map(int, value.split(".")), "big")


@aql_function("IPV4_FROM_NUMBER", low=1)
def ipv4_from_number(context: Context, value: Any) -> Any:
    """Return a number as an IPv4 address."""
    if not is_number(value) or not 0 <= integer(value) <= _LAST_ADDRESS:
        return context.refuse("IPV4_FROM_NUMBER")
    return ".".join(map(str, integer(value).to_bytes(4, "big")))
