"""An agent reaches the same tools in its own process and over MCP."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from mcp import Client

from hades_mcp.agents.toolbox import LocalToolbox, MCPToolbox, Toolbox
from hades_mcp.config import load_settings
from hades_mcp.messages import ToolCall
from hades_mcp.server.app import build_server
from hades_mcp.tools.toolset import Toolset
from hades_mcp.workspace import open_workspace

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.anyio
ADD = ToolCall("c1", "context_add", {"context": "notes", "content": "Rivers are long."})


@pytest.fixture
def toolset(tmp_path) -> Iterator[Toolset]:
    with open_workspace(load_settings(home=tmp_path)) as workspace:
        yield Toolset(workspace)


async def _use(box: Toolbox, toolset: Toolset) -> None:
    assert list(await box.specs()) == toolset.specs()
    done = await box.call(ADD)
    assert not done.is_error
    assert done.call_id == "c1"
    read = await box.call(ToolCall("c2", "context_get", {"context": "notes"}))
    assert json.loads(read.content)["entries"][0]["content"] == "Rivers are long."
    wrong = await box.call(ToolCall("c3", "context_get", {"contxt": "notes"}))
    assert wrong.is_error
    assert "Did you mean 'context'?" in wrong.content


async def test_the_tools_of_this_process(toolset):
    await _use(LocalToolbox(toolset), toolset)


@pytest.mark.parametrize("era", ["auto", "legacy"])
async def test_the_tools_of_an_mcp_server(toolset, era: Any):
    async with Client(build_server(toolset), mode=era) as client:
        await _use(MCPToolbox(client), toolset)


@pytest.mark.parametrize("era", ["auto", "legacy"])
async def test_an_unknown_tool_is_told_and_not_raised(toolset, era: Any):
    async with Client(build_server(toolset), mode=era) as client:
        result = await MCPToolbox(client).call(ToolCall("c1", "serch", {}))
    assert result.is_error
    assert "'search'" in result.content
