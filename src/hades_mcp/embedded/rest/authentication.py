"""Who is who: tokens for names and passwords, and access tokens that stand for passwords."""

from __future__ import annotations

from typing import TypeGuard

from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.rest.message import TEXT, Request, Response, plain
from hades_mcp.embedded.rest.rights import check_admin
from hades_mcp.embedded.rest.router import Routes

routes = Routes()

_BAD_PARAMETER, _UNAUTHORIZED = 400, 401
_LATEST = 2**53


@routes.add("POST", "/_open/auth")
def log_in(request: Request) -> Response:
    """Give a JSON web token for a name and a password, or for an access token."""
    body = request.object()
    name, password = body.get("username", ""), body.get("password", "")
    if not isinstance(name, str) or not isinstance(password, str):
        raise ArangoError(_BAD_PARAMETER, "expecting 'username' and 'password' as strings")
    try:
        return plain({"jwt": request.state.accounts.log_in(name, password)})
    except ArangoError as error:
        raise ArangoError(_UNAUTHORIZED, "Wrong credentials", status=401) from error


@routes.add("GET", "/_api/token/{user}")
def access_tokens(request: Request, name: str) -> Response:
    """List the access tokens of an account, without what they are."""
    check_admin(request.account, self_name=name)
    return plain({"tokens": request.state.accounts.access_tokens(name)})


@routes.add("POST", "/_api/token/{user}")
def add_access_token(request: Request, name: str) -> Response:
    """Make an access token, told this once."""
    check_admin(request.account, self_name=name)
    body = request.object()
    label, until = body.get("name"), body.get("valid_until")
    if not isinstance(label, str) or not _is_time(until):
        raise ArangoError(_BAD_PARAMETER, "expecting 'name' and 'valid_until'")
    return plain(request.state.accounts.add_access_token(name, label, int(until)))


@routes.add("DELETE", "/_api/token/{user}/{id}")
def remove_access_token(request: Request, name: str, number: str) -> Response:
    """Make an access token worthless."""
    check_admin(request.account, self_name=name)
    request.state.accounts.remove_access_token(name, number)
    return Response(200, TEXT, b"")


def _is_time(value: object) -> TypeGuard[float]:
    """Tell whether a value is a time, in seconds since 1970."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= _LATEST
