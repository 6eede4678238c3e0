"""A real workspace with a small library in it, and a server on top."""

from __future__ import annotations

import gzip
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from queue import Queue
from typing import TYPE_CHECKING

import pytest

from hades_mcp.config import Settings
from hades_mcp.embedders.hashing import HashEmbedder
from hades_mcp.server.app import build_server
from hades_mcp.tools.toolset import Toolset
from hades_mcp.workspace import open_workspace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Any

    from mcp.server.lowlevel import Server

    from hades_mcp.workspace import Workspace

LIBRARY = {
    "zoo/__init__.py": '"""A zoo."""\n\nfrom zoo.lion import Lion\n',
    "zoo/animal.py": (
        '"""What all animals share."""\n\n\nclass Animal:\n    """Eats and sleeps."""\n\n\n'
        'def feed() -> None:\n    """Give food to an animal."""\n'
    ),
    "zoo/lion.py": (
        '"""The king of animals."""\n\nfrom zoo.animal import Animal, feed\n\n\n'
        'class Lion(Animal):\n    """Roars."""\n\n\n'
        'def show() -> None:\n    """Let the lion roar."""\n    feed()\n'
    ),
}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="session")
def workspace(home: Path) -> Iterator[Workspace]:
    for name, text in LIBRARY.items():
        file = home / "library" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    with open_workspace(Settings(home=home), embedder=HashEmbedder()) as workspace:
        workspace.documents.ingest([home / "library"])
        yield workspace


@pytest.fixture
def server(workspace: Workspace) -> Server[Any]:
    return build_server(Toolset(workspace))


@pytest.fixture(params=["auto", "legacy"])
def mode(request: pytest.FixtureRequest) -> str:
    return str(request.param)


class Receiver(BaseHTTPRequestHandler):
    """Takes what an OTLP collector takes."""

    bodies: Queue[bytes]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        packed = self.headers.get("Content-Encoding") == "gzip"
        self.bodies.put(gzip.decompress(body) if packed else body)
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def collector() -> Iterator[tuple[str, Queue[bytes]]]:
    bodies: Queue[bytes] = Queue()
    handler = type("Collector", (Receiver,), {"bodies": bodies})
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", bodies
        server.shutdown()
        thread.join(60)
