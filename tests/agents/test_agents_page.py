"""Every file that docs/agents.md shows is one that HADES takes."""

from __future__ import annotations

import re
from pathlib import Path

from hades_mcp.agents.definition import agent_names, choose_tools, load_agent, with_servers
from hades_mcp.agents.servers import read_servers
from hades_mcp.config import load_settings
from hades_mcp.tools.catalog import BUILT_IN

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "agents.md").read_text(encoding="utf-8")
KEYS = (ROOT / "agents" / "README.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"```toml\n# (\S+)\n(.*?)```", re.DOTALL)


def test_the_files_on_the_page_are_read_as_they_stand(tmp_path):
    files = BLOCK.findall(PAGE)
    assert len(files) >= 3
    for name, text in files:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    gardener = load_agent(tmp_path, "gardener")
    assert gardener.approval.tools == {"context_add": "auto"}
    assert [one.name for one in gardener.agents] == ["analyst"]
    assert choose_tools(gardener, [tool.spec for tool in BUILT_IN])
    assert [one.name for one in load_agent(tmp_path, "door").agents] == ["librarian", "analyst"]
    servers = read_servers(load_settings(tmp_path / "hades.toml").mcp, "hades.toml")
    assert [one.name for one in servers] == ["weather", "tickets"]
    assert [one.name for one in with_servers(gardener, servers).servers] == ["weather"]


def test_the_page_and_the_readme_name_every_shipped_agent(tmp_path):
    for name in agent_names(tmp_path):
        assert f"`{name}`" in PAGE
        assert f"`{name}`" in KEYS


def test_the_readme_names_every_key():
    from hades_mcp.agents.files import AgentFile
    from hades_mcp.agents.servers import ServerFile

    for key in {*AgentFile.model_fields, *ServerFile.model_fields} - {"examples", "agents"}:
        assert f"`{key}`" in KEYS or f"[{key}]" in KEYS, key
