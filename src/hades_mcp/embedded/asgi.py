"""The embedded ArangoDB as an ASGI application: its HTTP API for other people's clients.

Nobody needs a password unless the server is told to ask, and nothing is encrypted, so the
application is for loopback only. A web page open in a browser on the same machine reaches loopback
too: requests that name another host, or come from a page of another machine's origin that is not
trusted by name, are refused.

Lengths and the time a body may take are limited here; how long a client may take over the lines
before the body, and how many may be connected, is the ASGI server's business.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Collection, Mapping, MutableMapping
from functools import partial
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import urlsplit

from anyio import CapacityLimiter, fail_after
from anyio.to_thread import run_sync

from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.rest import cross_origin
from hades_mcp.embedded.rest.bodies import BODY_LIMIT, too_large
from hades_mcp.embedded.rest.message import Response, failure

if TYPE_CHECKING:
    from hades_mcp.embedded.rest import Server

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]

BODY_SECONDS = 60.0
HEAD_LIMIT = 64 * 1024
"""Most bytes of a request's path, and of its headers together."""
THREADS = 32
_FORBIDDEN, _TIMEOUT, _PATH_TOO_LONG, _HEADERS_TOO_LARGE, _INTERNAL = 403, 408, 414, 431, 4
_BODILESS = frozenset({204, 304})
_ENDERS = ("/_api/transaction/", "/_api/query/")

logger = logging.getLogger(__name__)


class Application:
    """An ASGI application over a server; requests run in worker threads.

    Args:
        server: Answers the requests. Its owner closes it, after the application.
        body_limit: Most bytes of one request's body; more is answered with 413.
        body_seconds: How long a client may take to send it; longer is answered with 408.
        threads: Most requests worked on at the same time; others wait.
        trusted: Origins whose pages may ask, with passwords, although they come from elsewhere;
            `*` for all. ArangoDB's option `http.trusted-origin`.
    """

    def __init__(
        self,
        server: Server,
        *,
        body_limit: int = BODY_LIMIT,
        body_seconds: float = BODY_SECONDS,
        threads: int = THREADS,
        trusted: Collection[str] = (),
    ) -> None:
        self._server = server
        self._body_limit = body_limit
        self._body_seconds = body_seconds
        self._threads = threads
        self._trusted = trusted
        self._limiters: tuple[CapacityLimiter, CapacityLimiter] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one connection of the ASGI server."""
        if scope["type"] == "lifespan":
            await _live(receive, send)
            return
        if scope["type"] != "http":
            raise ValueError(f"an ArangoDB speaks HTTP, not {scope['type']}")
        headers = _headers(scope["headers"])
        answer = await self._answer(scope, headers, receive)
        if answer is not None:
            told = cross_origin.allowed(scope["method"], headers, self._trusted)
            await _send(send, answer, told, head=scope["method"] == "HEAD")

    async def _answer(
        self, scope: Scope, headers: dict[str, str], receive: Receive
    ) -> Response | None:
        """Return the answer; None if the client has left."""
        path = scope.get("raw_path", b"").decode("latin-1") or scope["path"]
        query = scope.get("query_string", b"").decode("latin-1")
        try:
            _check_lengths(path, query, scope["headers"])
            _refuse_strangers(headers, self._trusted)
            with fail_after(self._body_seconds):
                body = await self._body(headers, receive)
        except ArangoError as error:
            return failure(error)
        except TimeoutError:
            text = f"request body took longer than {self._body_seconds} s"
            return failure(ArangoError(_TIMEOUT, text, status=_TIMEOUT))
        if body is None:
            return None
        self._server.count(scope["method"], headers)
        call = partial(
            self._server.handle,
            scope["method"],
            f"{path.partition('?')[0]}?{query}",
            headers=headers,
            body=body,
        )
        try:
            return await run_sync(call, limiter=self._limiter(path, headers))
        except Exception:  # the client must get an answer, the owner the traceback
            logger.exception("%s %s failed", scope["method"], path)
            return failure(ArangoError(_INTERNAL, status=500))

    def _limiter(self, path: str, headers: dict[str, str]) -> CapacityLimiter:
        """Return the limiter of a request.

        What belongs to a stream transaction, or ends one, has threads of its own: all others may
        be taken by writers that wait for exactly this transaction.
        """
        if self._limiters is None:  # made here: a limiter belongs to the running event loop
            self._limiters = CapacityLimiter(self._threads), CapacityLimiter(self._threads)
        ends = "x-arango-trx-id" in headers or any(part in path for part in _ENDERS)
        return self._limiters[1 if ends else 0]

    async def _body(self, headers: dict[str, str], receive: Receive) -> bytes | None:
        """Return the whole body; None if the client left, ArangoError 413 if it is too long."""
        announced = headers.get("content-length", "")
        if announced.isdecimal() and int(announced) > self._body_limit:
            raise too_large(self._body_limit)
        chunks: list[bytes] = []
        size, more = 0, True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            chunks.append(message.get("body", b""))
            size += len(chunks[-1])
            if size > self._body_limit:
                raise too_large(self._body_limit)
            more = message.get("more_body", False)
        return b"".join(chunks)


def is_loopback(host: str) -> bool:
    """Tell whether a host's name or address means this machine only."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _check_lengths(path: str, query: str, headers: list[tuple[bytes, bytes]]) -> None:
    """Raise 414 or 431 for a path or headers beyond the limit."""
    if len(path) + len(query) > HEAD_LIMIT:
        text = f"path is longer than {HEAD_LIMIT} bytes"
        raise ArangoError(_PATH_TOO_LONG, text, status=_PATH_TOO_LONG)
    if sum(len(name) + len(value) for name, value in headers) > HEAD_LIMIT:
        text = f"headers are larger than {HEAD_LIMIT} bytes"
        raise ArangoError(_HEADERS_TOO_LARGE, text, status=_HEADERS_TOO_LARGE)


def _refuse_strangers(headers: dict[str, str], trusted: Collection[str]) -> None:
    """Raise 403 for another machine's name (DNS rebinding) and for another site's page."""
    origin = headers.get("origin")
    if origin is not None and cross_origin.is_trusted(origin, trusted):
        origin = None
    for url in (f"//{headers.get('host', '')}", origin):
        if url is not None and not _is_here(url):
            text = f"forbidden: only clients on this machine are answered, not {url.strip('/')}"
            raise ArangoError(_FORBIDDEN, text, status=_FORBIDDEN)


def _is_here(url: str) -> bool:
    try:
        return is_loopback(urlsplit(url).hostname or "")
    except ValueError:
        return False


def _headers(raw: list[tuple[bytes, bytes]]) -> dict[str, str]:
    """Return headers by name in small letters; those that come several times are joined."""
    headers: dict[str, str] = {}
    for name_bytes, value_bytes in raw:
        name, value = name_bytes.decode("latin-1").lower(), value_bytes.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


async def _send(send: Send, answer: Response, told: Mapping[str, str], *, head: bool) -> None:
    headers = [
        (name.lower().encode("latin-1"), value.encode("latin-1", "replace"))
        for name, value in {**answer.headers, **told}.items()
        if name.lower() != "content-length"
    ]
    if answer.status not in _BODILESS and not head:
        headers.append((b"content-length", str(len(answer.body)).encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if head else answer.body})


async def _live(receive: Receive, send: Send) -> None:
    """Say yes to the start and to the end: the owner opens and closes the databases."""
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
