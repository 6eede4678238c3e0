"""What browsers are told about requests of pages from another origin (CORS), as ArangoDB does.

Source: ArangoDB manual, "General request handling", "Cross-Origin Resource Sharing".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

ANY = "*"
METHODS = "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"
_EXPOSED = (
    "etag, content-encoding, content-length, location, server, x-arango-errors, x-arango-async-id"
)
_KEPT_SECONDS = "1800"


def is_trusted(origin: str, trusted: Collection[str]) -> bool:
    """Tell whether a page of an origin may send passwords: it is listed, or any is."""
    return ANY in trusted or origin.rstrip("/") in {each.rstrip("/") for each in trusted}


def allowed(method: str, headers: Mapping[str, str], trusted: Collection[str]) -> Mapping[str, str]:
    """Return the headers that let a page of another origin ask, and read the answer.

    Args:
        method: OPTIONS asks what may be sent: anything, and no password is needed for the answer.
        headers: Of the request, names in small letters; without an origin there is nothing to tell.
        trusted: Origins whose pages may send passwords, or `*`.
    """
    origin = headers.get("origin")
    if origin is None:
        return {}
    told = {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Credentials": str(is_trusted(origin, trusted)).lower(),
        "Access-Control-Expose-Headers": _EXPOSED,
    }
    if method == "OPTIONS":
        told |= {"Access-Control-Allow-Methods": METHODS, "Access-Control-Max-Age": _KEPT_SECONDS}
        if asked := headers.get("access-control-request-headers"):
            told["Access-Control-Allow-Headers"] = asked
    return told
