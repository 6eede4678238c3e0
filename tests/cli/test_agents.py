"""`hades agents` says who there is, what each may do, and what is wrong with a file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Hades

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


def test_an_unknown_agent_names_the_nearest(hades: Hades):
    done = hades("agents", "show", "libraian")
    assert done.code == 2
    assert "Did you mean 'librarian'?" in done.err
