"""`hades ask` with the agents there are: a router's pick, and the tools of configured servers."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tests.cli.talker import talking

if TYPE_CHECKING:
    from tests.cli.conftest import Hades

TOWN = Path(__file__).parents[1] / "agents" / "town_server.py"


def call(name: str, **arguments: str) -> str:
    return json.dumps({"name": name, "arguments": arguments})


def test_the_router_picks_who_answers_each_question(hades: Hades):
    count = call("aql_read", query="RETURN 3")
    with talking(count, "Three.", call("context_add", content="Tea."), "Noted.") as model:
        url = ("--model-url", model.url)
        assert "analyst on" in hades("ask", "--agent", "router", "How many are stored?", *url).err
        note = "Please note that Karl prefers coffee."
        done = hades("ask", "--agent", "router", "--yes", note, *url)
        assert "scribe on" in done.err
        assert done.out == "Noted.\n"


def test_an_agent_that_is_called_is_heard_by_its_name(hades: Hades, tmp_path: Path):
    folder = tmp_path / "home" / "agents"
    folder.mkdir(parents=True)
    text = 'description = "Leads."\nprompt = "librarian"\nagents = ["analyst"]\n'
    (folder / "boss.toml").write_text(text, encoding="utf-8")
    ask = call("ask_analyst", question="How many?")
    script = (ask, call("aql_read", query="RETURN 3"), "Three.", "It says three.")
    with talking(*script) as model:
        done = hades("ask", "--agent", "boss", "How many?", "--model-url", model.url)
        assert "analyst → aql_read" in done.err
        assert done.out == "It says three.\n"
    with talking(*script) as model:
        arguments = ("--agent", "boss", "How many?", "--json", "--model-url", model.url)
        events = hades("ask", *arguments).rows
    said = [event["said"]["event"] for event in events if event["event"] == "agent_spoke"]
    assert said[0] == "run_started"
    assert said[-1] == "run_finished"
    assert events[-1]["tool_calls"][0]["name"] == "ask_analyst"


def test_a_configured_server_is_used_and_one_that_is_down_is_named(hades: Hades, tmp_path: Path):
    folder = tmp_path / "town"
    folder.mkdir()
    settings = f"""
[[mcp]]
name = "town"
command = {json.dumps(sys.executable)}
args = {json.dumps([str(TOWN), str(folder)])}
tools = ["find"]
reads = ["find"]

[[mcp]]
name = "sky"
url = "http://127.0.0.1:9/mcp"
"""
    file = tmp_path / "hades.toml"
    file.write_text(settings, encoding="utf-8")
    with talking(call("find", street="Elm"), "In the north.") as model:
        done = hades("--config", str(file), "ask", "Where is Elm?", "--model-url", model.url)
    assert done.code == 0, done.err
    assert "Elm is in the north" in done.err
    assert "sky" in done.err
    assert done.out == "In the north.\n"
