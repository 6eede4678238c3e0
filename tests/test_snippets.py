"""The configuration snippets of the README start the server they promise."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
from mcp import Client, StdioServerParameters

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parents[1]
SNIPPETS = {"claude_desktop_config.json": "mcpServers", "vscode_mcp.json": "servers"}


@pytest.mark.promise("install:snippets")
@pytest.mark.parametrize("name", SNIPPETS)
async def test_the_hosts_snippet_starts_the_server(name: str, tmp_path: Path) -> None:
    text = (ROOT / "docs" / "snippets" / name).read_text(encoding="utf-8")
    entry = json.loads(text)[SNIPPETS[name]]["hades"]
    command = entry["command"].replace("/path/to/hades/.venv", sys.prefix)
    parameters = StdioServerParameters(
        command=command,
        args=entry["args"],
        env={"PATH": os.defpath, "HADES_HOME": str(tmp_path / "home")},
    )
    async with Client(parameters) as client:
        tools = (await client.list_tools()).tools
    assert {"search", "context_add", "graph_traverse"} <= {tool.name for tool in tools}


@pytest.mark.parametrize("name", SNIPPETS)
def test_the_readme_shows_the_tested_snippet(name: str) -> None:
    text = (ROOT / "docs" / "snippets" / name).read_text(encoding="utf-8").rstrip()
    assert text in (ROOT / "README.md").read_text(encoding="utf-8")
