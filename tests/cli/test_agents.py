"""`hades agents` says who there is, what each may do, and what is wrong with a file."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.cli.conftest import Hades

TOWN = Path(__file__).parents[1] / "agents" / "town_server.py"
AGENT = """
description = "Mine."
prompt = "librarian"
tools = ["search", "document_delete"]
agents = ["analyst"]
[approval]
writes = "auto"
destructive = "ask"
[[mcp]]
name = "sky"
url = "https://sky.example/mcp"
"""


def own(home: Path, name: str, text: str) -> str:
    folder = home / "home" / "agents"
    folder.mkdir(exist_ok=True, parents=True)
    (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    return str(folder / f"{name}.toml")


def test_all_agents_are_listed_and_a_broken_one_is_named_with_the_reason(
    hades: Hades, tmp_path: Path
):
    listed = hades("agents", "list")
    assert listed.code == 0
    assert "librarian (default): " in listed.out
    assert {"analyst: ", "scribe: ", "router: "} <= {
        line.split(": ")[0] + ": " for line in listed.out.splitlines() if ": " in line
    }
    file = own(tmp_path, "mine", AGENT.replace("tools =", "tols ="))
    again = hades("agents", "list", "--json")
    assert again.code == 1
    found = {one["name"]: one for one in map(json.loads, again.out.splitlines())}
    assert "Did you mean 'tools'?" in found["mine"]["broken"]
    assert found["mine"]["file"] == file
    assert found["librarian"]["description"]


def test_an_agent_is_shown_with_the_rule_for_each_tool(hades: Hades, tmp_path: Path):
    own(tmp_path, "mine", AGENT)
    shown = hades("agents", "show", "mine").out
    assert "search: reads, auto" in shown
    assert "document_delete: deletes or overwrites, ask" in shown
    assert "analyst: Counts" in shown
    assert "sky: https://sky.example/mcp" in shown
    whole = json.loads(hades("agents", "show", "mine", "--json").out)
    assert whole["limits"]["steps"] == 8


def test_its_servers_are_asked_for_their_tools(hades: Hades, tmp_path: Path):
    folder = tmp_path / "town"
    folder.mkdir()
    town = f"command = {json.dumps(sys.executable)}\nargs = {json.dumps([str(TOWN), str(folder)])}"
    servers = f'[[mcp]]\nname = "town"\nreads = ["find"]\n{town}\n'
    down = '[[mcp]]\nname = "sky"\nurl = "http://127.0.0.1:9/mcp"\n'
    own(tmp_path, "mine", AGENT.split("[[mcp]]", maxsplit=1)[0] + servers + down)
    shown = hades("agents", "show", "mine", "--connect").out
    assert "find: reads, auto" in shown
    assert "tear_down: deletes or overwrites, ask" in shown
    assert "sky: http://127.0.0.1:9/mcp; " in shown


def test_an_unknown_agent_names_the_nearest(hades: Hades):
    done = hades("agents", "show", "libraian")
    assert done.code == 2
    assert "Did you mean 'librarian'?" in done.err
