"""Agents are read from TOML, and what does not fit is refused with the nearest that does."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from hades_mcp.agents.definition import AgentDefinition, agent_names, choose_tools, load_agent
from hades_mcp.errors import ConfigError, UnknownName
from hades_mcp.tools.catalog import BUILT_IN

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from hades_mcp.tools.definition import Tool

SPECS = [tool.spec for tool in BUILT_IN]
BY_NAME: Mapping[str, Tool] = {tool.name: tool for tool in BUILT_IN}
GOOD = 'description = "d"\nprompt = "librarian"\ntools = ["search"]\n'


def home_with(folder: Path, text: str) -> Path:
    """Return a home that has one agent of its own."""
    (folder / "agents").mkdir()
    (folder / "agents" / "mine.toml").write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize("name", ["librarian", "analyst", "scribe"])
def test_a_shipped_agent_loads_and_finds_its_tools(name, tmp_path):
    agent = load_agent(tmp_path, name)
    assert isinstance(agent, AgentDefinition)
    assert [spec.name for spec in choose_tools(agent, SPECS)] == list(agent.tools)
    assert len(agent.template) == 16


@pytest.mark.parametrize("name", ["librarian", "analyst", "scribe"])
def test_the_examples_of_a_shipped_agent_are_calls_its_tools_take(name, tmp_path):
    for example in load_agent(tmp_path, name).examples:
        BY_NAME[example.tool].arguments.model_validate(example.arguments)
        json.loads(example.result)
        assert example.answer


def test_an_unknown_agent_is_answered_with_the_nearest(tmp_path):
    with pytest.raises(UnknownName, match="Did you mean 'librarian'"):
        load_agent(tmp_path, "libraian")


def test_the_users_own_agents_are_found_too(tmp_path):
    home = home_with(tmp_path, GOOD)
    assert agent_names(home) == ["analyst", "librarian", "mine", "router", "scribe"]
    assert load_agent(home, "mine").tools == ("search",)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (GOOD + "must_cal = true", "Did you mean 'must_call'"),
        (GOOD + "[limits]\nstep = 3", "Did you mean 'steps'"),
        (GOOD + "[limits]\nsteps = 0", r"limits\.steps"),
        (GOOD + '[approval]\nwrites = "maybe"', r"approval\.writes"),
        (GOOD + '[approval]\nwrites = "auot"', "Did you mean 'auto'"),
        (GOOD + '[approval]\nwrite = "auto"', "Did you mean 'writes'"),
        (GOOD + '[approval.tools]\nserch = "deny"', "Did you mean 'search'"),
        (GOOD + '[approval.tools]\nsearch = "dny"', "Did you mean 'deny'"),
        (GOOD + '[[mcp]]\nname = "x"\ncommand = "y"\ntime = 3', "Did you mean 'timeout'"),
        (GOOD + 'agents = ["libraian"]', "Did you mean 'librarian'"),
        (GOOD + 'agents = ["mine"]', "in a circle: mine → mine"),
        ('description = "d"\nrouter = "nearest"', "agents to pick from"),
        ('description = "d"\ntools = ["search"]', "prompt is missing"),
        (GOOD + '[[examples]]\nquestion = "q"\ntool = "serch"', "Did you mean 'search'"),
        (GOOD + "[defaults]\nserch = { limit = 3 }", "Did you mean 'search'"),
        (GOOD.replace("librarian", "libraian"), "Did you mean 'librarian'"),
        (GOOD.replace('"search"', ""), "it can do nothing"),
        ("description = ", "cannot be read"),
    ],
)
def test_a_file_that_does_not_fit_is_explained(tmp_path, text, said):
    with pytest.raises(ConfigError, match=said) as caught:
        load_agent(home_with(tmp_path, text), "mine")
    assert "agents/mine.toml" in str(caught.value)


def test_a_file_that_is_not_text_is_explained(tmp_path):
    home = home_with(tmp_path, GOOD)
    (home / "agents" / "mine.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="cannot be read"):
        load_agent(home, "mine")


def test_a_tool_that_is_not_there_is_named_with_the_nearest(tmp_path):
    agent = load_agent(home_with(tmp_path, GOOD.replace('"search"', '"serch"')), "mine")
    with pytest.raises(ConfigError, match="Did you mean 'search'"):
        choose_tools(agent, SPECS)


def other_agents(home: Path, **texts: str) -> None:
    for name, text in texts.items():
        (home / "agents" / f"{name}.toml").write_text(text, encoding="utf-8")


def test_an_agent_holds_those_it_calls(tmp_path):
    home = home_with(tmp_path, GOOD + 'agents = ["analyst"]\n[approval.tools]\nask_analyst = "ask"')
    agent = load_agent(home, "mine")
    assert [one.name for one in agent.agents] == ["analyst"]
    assert agent.agents[0].instructions


def test_agents_that_call_each_other_too_deep_are_refused(tmp_path):
    home = home_with(tmp_path, GOOD + 'agents = ["second"]')
    other_agents(
        home,
        second=GOOD + 'agents = ["third"]',
        third=GOOD,
    )
    assert load_agent(home, "mine").agents[0].agents[0].name == "third"
    other_agents(home, third=GOOD + 'agents = ["fourth"]', fourth=GOOD)
    with pytest.raises(ConfigError, match="deeper than 3: mine → second → third → fourth"):
        load_agent(home, "mine")
    other_agents(home, third=GOOD + 'agents = ["mine"]')
    with pytest.raises(ConfigError, match="in a circle"):
        load_agent(home, "mine")


def test_a_router_of_all_takes_who_says_what_it_is_for_and_leaves_out_who_is_broken(tmp_path):
    home = home_with(tmp_path, 'description = "d"\nrouter = "nearest"\nagents = ["*"]')
    other_agents(
        home,
        zeta='questions = ["What about zeta?"]\n' + GOOD,
        silent=GOOD,
        broken="description = ",
    )
    names = [agent.name for agent in load_agent(home, "mine").agents]
    assert "zeta" in names
    assert not {"silent", "broken", "mine"} & set(names)
