"""The back ends that keep one contract: a database, a vector index, and how to restart them."""

from __future__ import annotations

import importlib.util
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hades_mcp.embedders.hashing import HashEmbedder
from hades_mcp.services.layout import CHUNKS, OUTBOX
from hades_mcp.services.transactions import atomically
from hades_mcp.services.upkeep.outbox import touch
from hades_mcp.workspace import Workspace, open_workspace

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from arango.database import StandardDatabase, TransactionDatabase

    from hades_mcp.config import Settings
    from hades_mcp.vectors.base import Hit

DIMENSION = 16


@dataclass
class Backend:
    """An open workspace over some back end, with chunks put in and out as services do it."""

    settings: Settings
    workspace: Workspace = field(init=False)

    def __post_init__(self) -> None:
        self.open()

    def open(self) -> None:
        self.workspace = open_workspace(self.settings, embedder=HashEmbedder(DIMENSION))

    def reopen(self) -> None:
        self.workspace.close()
        self.open()

    @property
    def db(self) -> StandardDatabase:
        return self.workspace.db

    def put(self, vectors: Mapping[str, Sequence[float] | None], *, settle: bool = True) -> None:
        def write(tx: TransactionDatabase) -> None:
            documents: list[dict[str, Any]] = [
                {"_key": key, **({} if vector is None else {"embedding": list(vector)})}
                for key, vector in vectors.items()
            ]
            tx.collection(CHUNKS).insert_many(documents, overwrite_mode="replace")
            touch(tx, vectors)

        atomically(self.db, [CHUNKS, OUTBOX], write)
        if settle:
            assert self.workspace.vectors.settle()

    def remove(self, *keys: str, settle: bool = True) -> None:
        def write(tx: TransactionDatabase) -> None:
            tx.collection(CHUNKS).delete_many([{"_key": key} for key in keys])
            touch(tx, keys)

        atomically(self.db, [CHUNKS, OUTBOX], write)
        if settle:
            assert self.workspace.vectors.settle()

    def search(self, vector: Sequence[float], k: int) -> list[Hit]:
        return self.workspace.vectors.search(CHUNKS, vector, k)

    def found(self, vector: Sequence[float], k: int) -> list[str]:
        return [hit.id.partition("/")[2] for hit in self.search(vector, k)]


class NotInstalled(Exception):
    """The wheel `milvus` is not here: `pip install --no-deps milvus==2.3.5`, Linux only."""


_SERVE = """
import sys
from milvus import default_server
default_server.set_base_dir(sys.argv[1])
default_server.listen_port = int(sys.argv[2])
default_server.start()
print("ready", flush=True)
sys.stdin.readline()
default_server.stop()
"""


@contextmanager
def milvus_server(folder: Path, port: int) -> Iterator[str]:
    """Run a real Milvus server; its URL."""
    if importlib.util.find_spec("milvus") is None:
        raise NotInstalled
    with subprocess.Popen(
        [sys.executable, "-c", _SERVE, str(folder), str(port)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "ready"
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            process.stdin.write("\n")
            process.stdin.close()
            process.wait(timeout=60)


_RELAY = """
import asyncio, sys

async def pump(reader, writer):
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()

async def relay(reader, writer):
    far_reader, far_writer = await asyncio.open_connection("127.0.0.1", int(sys.argv[2]))
    await asyncio.gather(pump(reader, far_writer), pump(far_reader, writer))

async def main():
    server = await asyncio.start_server(relay, "127.0.0.1", int(sys.argv[1]))
    print("ready", flush=True)
    await server.serve_forever()

asyncio.run(main())
"""


@contextmanager
def wire(port: int, far: int) -> Iterator[None]:
    """Lead from one port of this machine to another, until it is cut."""
    with subprocess.Popen(
        [sys.executable, "-c", _RELAY, str(port), str(far)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "ready"
        try:
            yield
        finally:
            process.kill()


@contextmanager
def arango_face(home: Path, port: int) -> Iterator[str]:
    """Run `hades db serve`: ArangoDB's HTTP API on loopback, over the embedded engine; its URL."""
    command = [sys.executable, "-m", "hades_mcp", "--home", str(home)]
    with subprocess.Popen(
        [*command, "db", "serve", "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        line = process.stderr.readline()
        assert "serving" in line, line
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=30)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port
