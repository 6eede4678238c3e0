"""An agent reaches the same tools in its own process, over stdio, over HTTP, and among others."""

from __future__ import annotations

import json
import socket
import sys
import threading
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any

import anyio
import pytest
import uvicorn
from mcp import Client

from hades_mcp.agents.combining import CombinedToolbox
from hades_mcp.agents.connecting import ServerToolbox
from hades_mcp.agents.servers import ServerDefinition
from hades_mcp.agents.toolbox import LocalToolbox, MCPToolbox, bounded
from hades_mcp.config import load_settings
from hades_mcp.embedders.hashing import HashEmbedder
from hades_mcp.messages import ToolCall
from hades_mcp.server.app import build_server
from hades_mcp.tokens import count_tokens
from hades_mcp.tools.toolset import Toolset
from hades_mcp.workspace import open_workspace

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from hades_mcp.agents.toolbox import Toolbox

pytestmark = pytest.mark.anyio
ADD = ToolCall("c1", "context_add", {"context": "notes", "content": "Rivers are long."})


@pytest.fixture
def toolset(tmp_path) -> Iterator[Toolset]:
    with open_workspace(load_settings(home=tmp_path), embedder=HashEmbedder()) as workspace:
        yield Toolset(workspace)


@contextmanager
def serving(toolset: Toolset) -> Iterator[str]:
    """Serve a toolset over Streamable HTTP, in a thread of its own, and yield its URL."""
    app = build_server(toolset).streamable_http_app()
    server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        arguments = {"sockets": [listening]}
        thread = threading.Thread(target=server.run, kwargs=arguments, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/mcp"
        finally:
            server.should_exit = True
            thread.join(timeout=10)


@asynccontextmanager
async def held(server: ServerDefinition) -> AsyncIterator[ServerToolbox]:
    with anyio.fail_after(60):
        async with anyio.create_task_group() as group:
            box = ServerToolbox(server, group, tokens=4000, retry=0)
            yield box
            box.leave()


@asynccontextmanager
async def opened(kind: str, toolset: Toolset, home: Any) -> AsyncIterator[Toolbox]:
    """Open a toolbox of one kind over the tools of one workspace."""
    stdio = ServerDefinition(
        "hades",
        command=sys.executable,
        args=("-m", "hades_mcp", "--home", str(home), "serve"),
        env={"HADES_EMBEDDER": "hashing"},
        trusted=True,
    )
    async with AsyncExitStack() as stack:
        match kind:
            case "local":
                yield LocalToolbox(toolset)
            case "modern" | "legacy":
                mode = "auto" if kind == "modern" else "legacy"
                server = build_server(toolset)
                yield MCPToolbox(await stack.enter_async_context(Client(server, mode=mode)))
            case "stdio":
                yield await stack.enter_async_context(held(stdio))
            case "http":
                url = stack.enter_context(serving(toolset))
                server_over_http = ServerDefinition("hades", url=url, trusted=True)
                yield await stack.enter_async_context(held(server_over_http))
            case _:
                yield CombinedToolbox(LocalToolbox(toolset), [])


KINDS = ["local", "modern", "legacy", "stdio", "http", "combined"]


@pytest.mark.parametrize("kind", KINDS)
async def test_every_toolbox_keeps_the_contract(kind, toolset, tmp_path):
    async with opened(kind, toolset, tmp_path) as box:
        specs = await box.specs()
        assert [(one.name, one.description, one.parameters, one.annotations) for one in specs] == [
            (one.name, one.description, one.parameters, one.annotations) for one in toolset.specs()
        ]
        assert list(await box.specs()) == list(specs), "the order stays"
        done = await box.call(ADD)
        assert not done.is_error
        assert (done.call_id, done.name) == ("c1", "context_add")
        read = await box.call(ToolCall("c2", "context_get", {"context": "notes"}))
        assert json.loads(read.content)["entries"][0]["content"] == "Rivers are long."
        wrong = await box.call(ToolCall("c3", "context_get", {"contxt": "notes"}))
        assert wrong.is_error
        assert "Did you mean 'context'?" in wrong.content
        unknown = await box.call(ToolCall("c4", "serch", {}))
        assert unknown.is_error
        assert unknown.call_id == "c4"
        assert "'search'" in unknown.content


def test_a_result_that_is_too_long_stays_json_or_says_where_it_was_cut():
    rows = bounded(json.dumps({"rows": [f"row {n}" for n in range(500)]}), 200)
    assert count_tokens(rows) <= 200
    assert json.loads(rows)["truncated"] is True
    words = bounded("word " * 5000, 200)
    assert count_tokens(words) <= 200
    assert words.endswith("of 25000 characters]")
    assert bounded("short", 200) == "short"
