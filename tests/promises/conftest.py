"""A small bakery, a real workspace with the packaged embedder, and a real MCP client at it."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from mcp import Client

from hades_mcp.config import Settings
from hades_mcp.embedders.onnx import OnnxEmbedder
from hades_mcp.server.app import build_server
from hades_mcp.tools.toolset import Toolset
from hades_mcp.workspace import Workspace, open_workspace

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from hades_mcp.types import JsonObject

NOTES = {
    "oven.md": "# Oven\n\nA stone oven heated with beech wood. See [the cellar](cellar.md).\n",
    "cellar.md": "# Cellar\n\nThe flour is kept dry down here. See [the shop](shop.md).\n",
    "shop.md": "# Shop\n\nRye bread and rolls are sold from six in the morning.\n",
}
ROWS = 900


@dataclass(frozen=True)
class Host:
    """What a host does with a server: calls tools, and reads the text that comes back."""

    client: Client

    async def text(self, tool: str, /, **arguments: Any) -> str:
        """Return the answer as a model reads it."""
        result = await self.client.call_tool(tool, arguments)
        text = "".join(getattr(part, "text", "") for part in result.content)
        assert not result.is_error, text
        return text

    async def ask(self, tool: str, /, **arguments: Any) -> Any:
        return json.loads(await self.text(tool, **arguments))

    async def refused(self, tool: str, /, **arguments: Any) -> JsonObject:
        """Return what a call that must fail is told."""
        result = await self.client.call_tool(tool, arguments)
        text = "".join(getattr(part, "text", "") for part in result.content)
        assert result.is_error, text
        told: JsonObject = json.loads(text)
        return told


@asynccontextmanager
async def host_of(workspace: Workspace) -> AsyncIterator[Host]:
    async with Client(build_server(Toolset(workspace))) as client:
        yield Host(client)


@pytest.fixture(scope="session")
def embedder() -> Iterator[OnnxEmbedder]:
    made = OnnxEmbedder()
    yield made
    made.close()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "bakery")


@pytest.fixture
def workspace(settings: Settings, tmp_path: Path, embedder: OnnxEmbedder) -> Iterator[Workspace]:
    """The notes, and a collection of many rows."""
    notes = tmp_path / "notes"
    notes.mkdir()
    for name, text in NOTES.items():
        (notes / name).write_text(text, encoding="utf-8")
    with open_workspace(settings, embedder=embedder) as workspace:
        workspace.documents.ingest([notes])
        workspace.db.create_collection("loaves")
        rows = [{"_key": f"k{n}", "n": n, "kind": ("rye", "oat")[n % 2]} for n in range(ROWS)]
        workspace.db.collection("loaves").insert_many(rows)
        yield workspace


@pytest.fixture
async def host(workspace: Workspace) -> AsyncIterator[Host]:
    async with host_of(workspace) as host:
        yield host
