"""The HTTP API of an embedded ArangoDB, without a socket: a request in, a response out."""

from __future__ import annotations

import sqlite3
import time
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote

from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.rest import (
    admin,
    analyzers,
    authentication,
    collections,
    cursors,
    databases,
    documents,
    edges,
    explain,
    graph_documents,
    graphs,
    imports,
    indexes,
    jobs,
    monitoring,
    queries,
    query_cache,
    transactions,
    ttl,
    unsupported,
    user_functions,
    users,
    views,
)
from hades_mcp.embedded.rest.bodies import unpacked
from hades_mcp.embedded.rest.cross_origin import METHODS
from hades_mcp.embedded.rest.message import TEXT, Request, Response, failure
from hades_mcp.embedded.rest.rights import check_database
from hades_mcp.embedded.rest.router import Router
from hades_mcp.embedded.rest.state import State
from hades_mcp.embedded.storage.connections import refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hades_mcp.embedded.storage import Engine

_NOT_FOUND, _UNAUTHORIZED, _RESOURCE_LIMIT, _NO_DATABASE = 404, 401, 32, 1228
_OF_FILES = frozenset({2, 4, 1100, 1224})
_UNKNOWN_TO_ROUTER = frozenset({404, 405})
_OF_COLLECTIONS = frozenset({"collection", "document"})  # what follows may be a collection's id
_GROUPS = tuple(
    group.routes
    for group in (
        admin,
        analyzers,
        authentication,
        collections,
        cursors,
        databases,
        documents,
        edges,
        explain,
        graph_documents,
        graphs,
        imports,
        indexes,
        jobs,
        monitoring,
        queries,
        query_cache,
        transactions,
        ttl,
        unsupported,
        user_functions,
        users,
        views,
    )
)
_ROUTER = Router(_GROUPS)


def covered() -> list[tuple[str, str, str]]:
    """Return path, method and one sentence of every request that is answered; for the manual."""
    return sorted(
        (path, method, (handler.__doc__ or "").partition("\n")[0])
        for group in _GROUPS
        for method, path, handler in group.entries
    )


class Server:
    """Answers requests over an engine; safe to call from several threads.

    Args:
        engine: The databases. Its owner closes it, after the server.
        clock: Seconds, monotonic; for the time-outs of cursors and transactions.
        guarded: Whether everybody must prove to be one of the accounts; otherwise whoever names no
            account may do all.
        root_password: Of a guarded server: root's, if root has no account yet.
        secret: What JSON web tokens are signed with; by default they end with the server.
        endpoints: Where it can be reached, for those who ask.

    Raises:
        ArangoError: 1703 if nobody could ever log in: root has no account and no password is given.
    """

    def __init__(
        self,
        engine: Engine,
        clock: Callable[[], float] = time.monotonic,
        *,
        guarded: bool = False,
        root_password: str | None = None,
        secret: bytes | None = None,
        endpoints: tuple[str, ...] = (),
    ) -> None:
        self._state = State(engine, clock, guarded=guarded, secret=secret)
        self._state.endpoints = endpoints
        if guarded:
            self._state.accounts.set_first_password(root_password)

    def handle(
        self,
        method: str,
        path: str,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> Response:
        """Answer one request; what ArangoDB would refuse is a response too, not an exception.

        Args:
            method: HTTP method in any case.
            path: Path as sent, with `/_db/<name>` in front or not, percent-encoding and query
                string allowed.
            params: Query parameters; they win over those in the path.
            headers: HTTP headers, names in small letters.
            body: Raw body.
        """
        try:
            answer = self._answer(method, path, params or {}, headers or {}, body)
        except ArangoError as error:
            answer = failure(error, headers=_challenge(error, headers or {}))
        except RecursionError:  # where no parser or planner counted the levels
            answer = failure(
                ArangoError(_RESOURCE_LIMIT, "resource limit exceeded: nested too deep")
            )
        except (sqlite3.Error, SystemError, OSError, MemoryError) as error:
            answer = failure(refusal(error, self._state.engine.folder))
        if answer.body and method.upper() == "HEAD":
            return Response(answer.status, answer.headers, b"")
        return answer

    def count(self, method: str, headers: Mapping[str, str]) -> None:
        """Count a request that came over HTTP, for the statistics."""
        self._state.traffic.note(method, later=jobs.HEADER in headers)

    def close(self) -> None:
        """Abort open transactions and forget open cursors. Closing twice is harmless."""
        self._state.close()

    def _answer(
        self,
        method: str,
        path: str,
        params: Mapping[str, str],
        headers: Mapping[str, str],
        body: bytes,
    ) -> Response:
        if method.upper() == "OPTIONS":  # browsers ask before they know who they are
            return Response(200, {**TEXT, "Allow": METHODS}, b"")
        request, parts = self._request(method, path, params, headers, body)
        if parts[0] != "_open":  # where one logs in
            account = self._state.accounts.identify(request.headers.get("authorization"))
            if account is not None:
                request.account = account
                check_database(account, request.database_name, request.method, parts)
        database = request.database  # 1228 before anything else
        if jobs.HEADER in headers:
            later = {name: value for name, value in headers.items() if name != jobs.HEADER}
            job = jobs.accept(request, lambda: self.handle(method, path, params, later, body))
            if job is not None:
                return job
        handler, captured = _match(request.method, parts)
        if captured and parts[1] in _OF_COLLECTIONS:
            captured[0] = request.named(captured[0])
        try:
            return handler(request, *captured)
        except (ArangoError, sqlite3.Error, SystemError, OSError) as error:
            known = isinstance(error, ArangoError) and error.number not in _OF_FILES
            if known or not database.dropped:
                raise
            raise ArangoError(_NO_DATABASE) from error  # its files went from under the request

    def _request(
        self,
        method: str,
        path: str,
        params: Mapping[str, str],
        headers: Mapping[str, str],
        body: bytes,
    ) -> tuple[Request, list[str]]:
        path, _, _ = path.partition("#")
        path, _, query = path.partition("?")
        if query:
            params = {**dict(parse_qsl(query, keep_blank_values=True)), **params}
        parts = path.strip("/").split("/")
        if "%" in path:
            parts = [unquote(part) for part in parts]
        database = "_system"
        if parts[0] == "_db":
            if len(parts) < 2:  # noqa: PLR2004  /_db alone names no database
                raise ArangoError(_NOT_FOUND, f"unknown path '{path}'")
            database, parts = parts[1], parts[2:] or [""]
        path = "/" + "/".join(parts)
        if encoding := headers.get("content-encoding"):
            body = unpacked(encoding, body)
        request = Request(self._state, database, method.upper(), path, params, headers, body)
        return request, parts


def _challenge(error: ArangoError, headers: Mapping[str, str]) -> Mapping[str, str]:
    """Return the header that lets a browser ask for a password, unless it must not."""
    if error.status != _UNAUTHORIZED or "x-omit-www-authenticate" in headers:
        return {}
    return {"Www-Authenticate": 'Bearer token_type="JWT", realm="ArangoDB"'}


def _match(method: str, parts: list[str]) -> tuple[Callable[..., Response], list[str]]:
    try:
        return _ROUTER.match(method, parts)
    except ArangoError as error:
        if error.number in _UNKNOWN_TO_ROUTER:
            unsupported.refuse_if_elsewhere(parts)
        raise
