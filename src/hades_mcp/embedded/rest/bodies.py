"""Bodies as they were before they were compressed, and the limit on their length."""

from __future__ import annotations

import zlib

from hades_mcp.embedded.errors import ArangoError

BODY_LIMIT = 256 * 1024 * 1024
"""Most bytes of a body, sent or unpacked: a few bytes can unpack to any number."""

_BAD_PARAMETER, _NOT_IMPLEMENTED, _TOO_LARGE = 400, 9, 413
_FORMATS = {"deflate": zlib.MAX_WBITS, "gzip": zlib.MAX_WBITS | 16, "x-gzip": zlib.MAX_WBITS | 16}
"""What HTTP calls each format (RFC 9110), and zlib."""


def unpacked(encoding: str, body: bytes, limit: int = BODY_LIMIT) -> bytes:
    """Return a body as it was.

    Args:
        encoding: The header Content-Encoding.
        body: As sent.
        limit: Most bytes it may have.

    Raises:
        ArangoError: 9 for an encoding that is not known, 400 if the body is not of it, 413 if it is
            longer than the limit.
    """
    name = encoding.strip().lower()
    if name == "identity" or not body:
        return body
    if name not in _FORMATS:
        raise ArangoError(_NOT_IMPLEMENTED, f"not implemented: content-encoding {encoding}")
    unpacker = zlib.decompressobj(_FORMATS[name])
    try:
        plain = unpacker.decompress(body, limit + 1)
    except zlib.error as error:
        raise ArangoError(_BAD_PARAMETER, f"cannot decompress the request: {error}") from error
    if len(plain) > limit:
        raise too_large(limit)
    if not unpacker.eof or unpacker.unused_data:
        raise ArangoError(
            _BAD_PARAMETER, "cannot decompress the request: it ends too early or late"
        )
    return plain


def too_large(limit: int) -> ArangoError:
    """Return the refusal of a body that is too long."""
    text = f"request body is larger than {limit} bytes"
    return ArangoError(_TOO_LARGE, text, status=_TOO_LARGE)
