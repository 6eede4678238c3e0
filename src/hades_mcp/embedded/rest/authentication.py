"""Logging in: every name and password is right, but for the accounts that were made.

An embedded database is guarded by the permissions of its folder: who can call this code can
read the files themselves. Accounts are for trying out rights, and for servers over a network.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time

import orjson

from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.rest.message import Request, Response, plain
from hades_mcp.embedded.rest.router import Routes

routes = Routes()

_UNAUTHORIZED = 401
_SECONDS = 60 * 60 * 24 * 30
_SECRET = secrets.token_bytes(32)


@routes.add("POST", "/_open/auth")
def log_in(request: Request) -> Response:
    """Give a token in the form the drivers expect; nothing here ever asks for it."""
    body = request.object()
    user = str(body.get("username", "root"))
    secret = f"{user}:{body.get('password', '')}".encode()
    try:
        request.state.accounts.identify(f"Basic {base64.b64encode(secret).decode()}")
    except ArangoError as error:
        raise ArangoError(_UNAUTHORIZED, "Wrong credentials", status=401) from error
    return plain({"jwt": token(user, int(time.time()))})


def token(user: str, now: int) -> str:
    """Return a JSON web token as ArangoDB issues it (HS256, issuer `arangodb`)."""
    header = {"alg": "HS256", "typ": "JWT"}
    claims = {"iss": "arangodb", "preferred_username": user, "iat": now, "exp": now + _SECONDS}
    signed = f"{_encode(orjson.dumps(header))}.{_encode(orjson.dumps(claims))}"
    signature = hmac.new(_SECRET, signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{_encode(signature)}"


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
