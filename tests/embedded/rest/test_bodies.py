"""Compressed bodies are unpacked, up to a limit."""

from __future__ import annotations

import gzip
import zlib

import pytest

from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.rest.bodies import unpacked

BODY = b'{"name": "things"}' * 100


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", gzip.compress(BODY, mtime=0)),
        ("x-gzip", gzip.compress(BODY, mtime=0)),
        ("GZIP", gzip.compress(BODY, mtime=0)),
        ("deflate", zlib.compress(BODY)),
        ("identity", BODY),
    ],
)
def test_a_body_is_unpacked(encoding: str, body: bytes) -> None:
    assert unpacked(encoding, body) == BODY
    assert unpacked(encoding, b"") == b""
    assert unpacked(encoding, body, limit=len(BODY)) == BODY


@pytest.mark.parametrize(
    ("encoding", "body", "refusal"),
    [
        ("gzip", b"x", (400, 400)),
        ("gzip", gzip.compress(BODY, mtime=0)[:-1], (400, 400)),
        ("gzip", gzip.compress(BODY, mtime=0) + b"x", (400, 400)),
        ("deflate", gzip.compress(BODY, mtime=0), (400, 400)),
        ("br", b"x", (501, 9)),
        ("gzip, deflate", b"x", (501, 9)),
    ],
)
def test_what_is_not_packed_as_said_is_refused(
    encoding: str, body: bytes, refusal: tuple[int, int]
) -> None:
    with pytest.raises(ArangoError) as error:
        unpacked(encoding, body)
    assert (error.value.status, error.value.number) == refusal


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress])
def test_a_few_bytes_that_unpack_to_many_are_refused(pack) -> None:
    bomb = pack(b"\0" * 50_000_000)
    assert len(bomb) < 100_000
    encoding = "gzip" if pack is gzip.compress else "deflate"
    with pytest.raises(ArangoError) as error:
        unpacked(encoding, bomb, limit=1_000_000)
    assert (error.value.status, error.value.number) == (413, 413)
