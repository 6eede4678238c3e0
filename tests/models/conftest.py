"""A loopback server that speaks like a model server."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from tests.tools.loopback import served

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


ENDLESS, BREAKS = "endless", "breaks"


class WireServer(ThreadingHTTPServer):
    """Answers with prepared bytes, and keeps the bodies it was sent."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.bodies: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.answers: dict[str, tuple[int, str, bytes]] = {}
        self.more: dict[str, str] = {}
        self.asked: list[str] = []
        self.left = threading.Event()
        """Set when a client left in the middle of an endless answer."""

    @property
    def url(self) -> str:
        """Base URL of the API."""
        return f"http://127.0.0.1:{self.server_port}/v1"

    @property
    def root(self) -> str:
        """Address of the server, without a path."""
        return f"http://127.0.0.1:{self.server_port}"

    def streams(self, *chunks: dict[str, Any]) -> None:
        """Answer chat requests with server-sent events."""
        lines = [f"data: {json.dumps(chunk)}\n\n" for chunk in chunks]
        body = "".join([*lines, "data: [DONE]\n\n"]).encode()
        self.answers["/v1/chat/completions"] = (200, "text/event-stream", body)

    def refuses(
        self,
        status: int,
        body: dict[str, Any],
        path: str = "/chat/completions",
        more: dict[str, str] | None = None,
    ) -> None:
        """Answer with an error."""
        self.more = more or {}
        self.answers[f"/v1{path}"] = (status, "application/json", json.dumps(body).encode())

    def says(self, path: str, body: Any, status: int = 200) -> None:
        """Answer a path with JSON."""
        self.answers[path] = (status, "application/json", json.dumps(body).encode())

    def says_lines(self, path: str, *parts: dict[str, Any]) -> None:
        """Answer a path with a stream of JSON lines, as Ollama does."""
        body = "".join(f"{json.dumps(part)}\n" for part in parts).encode()
        self.answers[path] = (200, "application/x-ndjson", body)

    def never_ends(self, path: str, part: bytes) -> None:
        """Answer a path with the same bytes again and again, until the client leaves."""
        self.answers[path] = (200, ENDLESS, part)

    def breaks_off(self, path: str, part: bytes) -> None:
        """Answer a path with some bytes of a chunked stream, and hang up in its middle."""
        self.answers[path] = (200, BREAKS, part)

    def lists(self, *models: dict[str, Any]) -> None:
        """Say which models there are."""
        body = json.dumps({"object": "list", "data": list(models)}).encode()
        self.answers["/v1/models"] = (200, "application/json", body)


class _Handler(BaseHTTPRequestHandler):
    server: WireServer

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        self.server.bodies.append(json.loads(self.rfile.read(length)))
        self._answer()

    def log_message(self, *_: object) -> None:
        return

    def _answer(self) -> None:
        self.server.asked.append(f"{self.command} {self.path}")
        self.server.headers.append({key.lower(): value for key, value in self.headers.items()})
        unknown = (404, "application/json", b'{"error": {"message": "File Not Found"}}')
        status, kind, body = self.server.answers.get(self.path, unknown)
        self.send_response(status)
        if kind in {ENDLESS, BREAKS}:
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self._send_pieces(body, endless=kind == ENDLESS)
            return
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in self.server.more.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _send_pieces(self, part: bytes, *, endless: bool) -> None:
        piece = b"%x\r\n%s\r\n" % (len(part), part)
        self.close_connection = True
        try:
            self.wfile.write(piece)
            while endless:
                self.wfile.write(piece)
        except ConnectionError:
            self.server.left.set()


@pytest.fixture
def wire() -> Iterator[WireServer]:
    """A loopback HTTP server with prepared answers."""
    with served(WireServer()) as server:
        yield server


def chunk(delta: dict[str, Any], finish: str | None = None, **more: Any) -> dict[str, Any]:
    """Return one streamed chunk as llama-server b10434 sends it."""
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1795329980,
        "model": "m",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
        **more,
    }


@pytest.fixture
def make_chunk() -> Callable[..., dict[str, Any]]:
    """Makes streamed chunks."""
    return chunk
