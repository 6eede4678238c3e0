"""A loopback server of files that knows ranges and ETags, and hangs up in the middle when told."""

from __future__ import annotations

import hashlib
import json
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from tests.tools.loopback import served

if TYPE_CHECKING:
    from collections.abc import Iterator


class FileServer(ThreadingHTTPServer):
    """Serves `files`; of each answer only as many bytes arrive as the next of `cuts` says.

    `ranges` keeps the Range header of each request, empty without one.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files: dict[str, bytes] = {}
        self.json: dict[str, Any] = {}
        self.status: list[int] = []
        self.cuts: list[int] = []
        self.ranges: list[str] = []
        self.tokens: list[str] = []
        self.etags = True

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: FileServer

    def log_message(self, *_: object) -> None:
        return

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        self.server.tokens.append(self.headers.get("Authorization", ""))
        if path in self.server.json:
            self._send(200, json.dumps(self.server.json[path]).encode(), {})
            return
        self.server.ranges.append(self.headers.get("Range", ""))
        if self.server.status:
            self._send(self.server.status.pop(0), b"", {})
            return
        body = self.server.files.get(path)
        if body is None:
            self._send(404, b"", {})
            return
        etag = f'"{hashlib.md5(body).hexdigest()}"'
        more = {"ETag": etag} if self.server.etags else {}
        begin = self._begin(etag)
        if begin is not None and begin >= len(body):
            self._send(416, b"", more)
        elif begin is not None:
            where = f"bytes {begin}-{len(body) - 1}/{len(body)}"
            self._send(206, body[begin:], {**more, "Content-Range": where})
        else:
            self._send(200, body, more)

    def _begin(self, etag: str) -> int | None:
        wanted = self.headers.get("Range")
        if wanted is None or self.headers.get("If-Range", etag) != etag:
            return None
        return int(wanted.removeprefix("bytes=").rstrip("-"))

    def _send(self, status: int, body: bytes, more: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **more}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.server.cuts and body:
            self.wfile.write(body[: self.server.cuts.pop(0)])
            self.close_connection = True
            return
        self.wfile.write(body)


@contextmanager
def serving_files() -> Iterator[FileServer]:
    """A file server for the length of a block."""
    with served(FileServer()) as server:
        yield server
