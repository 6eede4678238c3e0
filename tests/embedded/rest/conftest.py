"""A server without a socket, and a short way to ask it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from hades_mcp.embedded.rest import Server
from hades_mcp.embedded.storage import Engine

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    json: Any


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Api:
    """Asks in the words of HTTP: `api("PUT /_api/...", body, if_match=...)`."""

    def __init__(self, server: Server, clock: Clock) -> None:
        self.server = server
        self.clock = clock

    def __call__(self, line: str, body: Any = None, **headers: str) -> Answer:
        method, _, path = line.partition(" ")
        raw = (
            body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        )
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        response = self.server.handle(method, path, {}, names, raw)
        text = response.body.decode()
        return Answer(response.status, dict(response.headers), json.loads(text) if text else None)

    def refused(self, line: str, body: Any = None, **headers: str) -> tuple[int, int]:
        """Ask for what must be refused; give HTTP status and ArangoDB's error number."""
        answer = self(line, body, **headers)
        assert answer.json["error"] is True
        assert answer.json["code"] == answer.status
        assert answer.json["errorMessage"]
        return answer.status, answer.json["errorNum"]


@pytest.fixture
def api() -> Iterator[Api]:
    clock = Clock()
    with Engine(None, lock_timeout=0.05) as engine:
        server = Server(engine, clock)
        yield Api(server, clock)
        server.close()


@pytest.fixture
def things(api: Api) -> Api:
    """The server with an empty collection `things`."""
    assert api("POST /_api/collection", {"name": "things"}).status == 200
    return api
