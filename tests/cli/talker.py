"""A model server on loopback that says what a test wants, piece by piece, when the test wants."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from tests.models.conftest import chunk
from tests.tools.loopback import served

if TYPE_CHECKING:
    from collections.abc import Iterator

FOREVER = "\0"
"""Stands for a reply that goes on until the client leaves."""

PATIENCE = 60.0
"""Seconds after which a test that never says go on has failed."""

Piece = str | threading.Event


class Talker(ThreadingHTTPServer):
    """Gives its replies in turn, the last one for good, and keeps what it was sent.

    A reply is a text, or its pieces; an event among them is waited for.
    """

    daemon_threads = True

    def __init__(self, *replies: str | list[Piece]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.replies = [[one] if isinstance(one, str) else one for one in replies]
        self.bodies: list[dict[str, Any]] = []
        self.left = threading.Event()
        """Set when a client left in the middle of a reply."""

    @property
    def url(self) -> str:
        """Base URL of the API."""
        return f"http://127.0.0.1:{self.server_port}/v1"

    def sent(self, request: int) -> list[dict[str, Any]]:
        """Return the messages of a request."""
        messages: list[dict[str, Any]] = self.bodies[request]["messages"]
        return messages


class _Handler(BaseHTTPRequestHandler):
    server: Talker
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        known = self.path == "/v1/models"
        body = json.dumps({"object": "list", "data": [{"id": "wire-model"}]} if known else {})
        self.send_response(200 if known else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def do_POST(self) -> None:
        server = self.server
        server.bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        reply = server.replies.pop(0) if len(server.replies) > 1 else server.replies[0]
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        try:
            for piece in reply:
                self._say(piece)
            self._event(chunk({}, "stop", usage={"prompt_tokens": 9, "completion_tokens": 3}))
            self._write(b"data: [DONE]\n\n")
            self._write(b"")
        except ConnectionError:
            server.left.set()

    def log_message(self, *_: object) -> None:
        return

    def _say(self, piece: Piece) -> None:
        if isinstance(piece, threading.Event):
            assert piece.wait(PATIENCE)
            return
        self._event(chunk({"role": "assistant", "content": piece.replace(FOREVER, "and ")}))
        while FOREVER in piece:
            self._event(chunk({"content": "on "}))

    def _event(self, body: dict[str, Any]) -> None:
        self._write(f"data: {json.dumps(body)}\n\n".encode())

    def _write(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()


@contextmanager
def talking(*replies: str | list[Piece]) -> Iterator[Talker]:
    """Serve replies while the block runs."""
    with served(Talker(*replies)) as server:
        yield server
