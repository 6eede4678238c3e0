"""Tokens: JSON web tokens that a server signs, and access tokens that stand for a password.

Sources: ArangoDB 3.12 manual, "HTTP interface for authentication"; RFC 7519 (only HS256); the shape
of an access token was read from one that ArangoDB 3.12.10 issued.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time
from typing import Any

import orjson

from hades_mcp.embedded.errors import ArangoError

_FORBIDDEN = 11
_ISSUER = "arangodb"
_SECONDS = 60 * 60
_VERSION = "v1."


class Tokens:
    """The JSON web tokens of one server.

    Args:
        secret: What they are signed with; by default a new one, so that tokens end with the server.
    """

    def __init__(self, secret: bytes | None = None) -> None:
        self._secret = secret or secrets.token_bytes(32)

    def issue(self, user: str, seconds: int = _SECONDS) -> str:
        """Return a token for an account, good for one hour as on a server."""
        now = int(time.time())
        claims = {"iss": _ISSUER, "preferred_username": user, "iat": now, "exp": now + seconds}
        header = {"alg": "HS256", "typ": "JWT"}
        signed = f"{_encoded(orjson.dumps(header))}.{_encoded(orjson.dumps(claims))}"
        return f"{signed}.{_encoded(self._signature(signed))}"

    def claims(self, token: str) -> dict[str, Any] | None:
        """Return what a token says; None unless it was signed by HS256 with our secret."""
        signed, _, signature = token.rpartition(".")
        try:
            header, claims = (orjson.loads(_decoded(part)) for part in signed.split("."))
            genuine = hmac.compare_digest(_decoded(signature), self._signature(signed))
        except ValueError:  # bad base64, bad JSON, another number of parts
            return None
        known = isinstance(header, dict) and header.get("alg") == "HS256"
        return claims if genuine and known and isinstance(claims, dict) else None

    def user(self, claims: dict[str, Any]) -> str | None:
        """Return whose token says this; None for a superuser's, which names nobody.

        Raises:
            ArangoError: 11 with status 401 if no ArangoDB issued it, or if it has ended.
        """
        if claims.get("iss") != _ISSUER:
            raise unauthorized()
        expires = claims.get("exp")
        if expires is not None and not (_is_number(expires) and expires > time.time()):
            raise unauthorized()
        name = claims.get("preferred_username")
        if name is not None and not (isinstance(name, str) and name):
            raise unauthorized()
        return name

    def _signature(self, signed: str) -> bytes:
        return hmac.new(self._secret, signed.encode(), hashlib.sha256).digest()


def unauthorized() -> ArangoError:
    """Return the refusal of whoever cannot prove who they are."""
    return ArangoError(_FORBIDDEN, "not authorized to execute this request", status=401)


def access_token(user: str, number: int, name: str, valid_until: int) -> tuple[Any, str]:
    """Make an access token.

    Args:
        user: Whose.
        number: Its id among the account's tokens.
        name: What its owner calls it.
        valid_until: When it ends, seconds since 1970.

    Returns:
        What is kept of it, and the token, which is shown once.
    """
    created = int(time.time())
    content = {"e": valid_until, "c": created, "u": user, "r": secrets.token_urlsafe(15)}
    token = _VERSION + orjson.dumps(content).hex()
    kept = {
        "id": number,
        "name": name,
        "valid_until": valid_until,
        "created_at": created,
        "fingerprint": f"{token[:2]}...{token[-6:]}",
        "hash": digest(token),
    }
    return kept, token


def told(kept: dict[str, Any]) -> dict[str, Any]:
    """Return what is told of an access token."""
    shown = {name: value for name, value in kept.items() if name != "hash"}
    return {**shown, "active": kept["valid_until"] > time.time()}


def owner(token: str) -> str | None:
    """Return the name inside an access token, unproved; None for anything else."""
    if not token.startswith(_VERSION):
        return None
    try:
        content = orjson.loads(bytes.fromhex(token.removeprefix(_VERSION)))
    except ValueError:
        return None
    name = content.get("u") if isinstance(content, dict) else None
    return name if isinstance(name, str) else None


def opens(kept: list[dict[str, Any]], token: str) -> bool:
    """Tell whether one of an account's access tokens is this one and still good."""
    wanted = digest(token)
    return any(
        hmac.compare_digest(each["hash"], wanted) and each["valid_until"] > time.time()
        for each in kept
    )


def digest(text: str) -> str:
    """Return what is kept of a secret text."""
    return hashlib.sha256(text.encode()).hexdigest()


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
