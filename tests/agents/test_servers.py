"""Other MCP servers are data: what does not fit is refused in words, and secrets stay outside."""

from __future__ import annotations

import pytest

from hades_mcp.agents.definition import load_agent, with_servers
from hades_mcp.agents.servers import ServerDefinition, filled, read_servers
from hades_mcp.config import load_settings
from hades_mcp.errors import ConfigError

AGENT = 'description = "d"\nprompt = "librarian"\ntools = ["search"]\n'
TOWN = {"name": "town", "command": "town-server"}


def test_the_settings_hold_servers(tmp_path):
    file = tmp_path / "hades.toml"
    file.write_text(
        '[[mcp]]\nname = "town"\ncommand = "town-server"\nargs = ["--map"]\n'
        'env = { TOWN_TOKEN = "${TOKEN}" }\n'
        '[[mcp]]\nname = "sky"\nurl = "https://sky.example/mcp"\ntools = ["stars*"]\n',
        encoding="utf-8",
    )
    servers = read_servers(load_settings(file).mcp, "hades.toml")
    assert [server.name for server in servers] == ["town", "sky"]
    assert servers[0].args == ("--map",)
    assert servers[0].env == {"TOWN_TOKEN": "${TOKEN}"}
    assert servers[1] == ServerDefinition("sky", url="https://sky.example/mcp", tools=("stars*",))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"comand": "x"}, "Did you mean 'command'"),
        ({"command": ""}, "either a command to start or a url"),
        ({"url": "https://x.example"}, "either a command to start or a url"),
        ({"command": "", "url": "sky.example"}, "url"),
        ({"name": "a b"}, "name"),
        ({"timeout": 0}, "timeout"),
        ({"env": {"TOWN_KEY": "hunter2"}}, r'TOWN_KEY = "\$\{TOWN_KEY\}"'),
        ({"headers": {"Authorization": "Bearer x"}}, r"keep it in the environment"),
    ],
)
def test_a_server_that_does_not_fit_is_explained(changes, said):
    with pytest.raises(ConfigError, match=said) as caught:
        read_servers([{**TOWN, **changes}], "hades.toml")
    assert "hades.toml, [[mcp]]" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_two_servers_of_one_name_are_refused():
    with pytest.raises(ConfigError, match="two MCP servers are named 'town'"):
        read_servers([TOWN, TOWN], "hades.toml")


def test_secrets_come_from_the_environment_and_one_that_is_missing_is_named():
    assert filled({"A": "Bearer ${KEY}", "B": "plain"}, {"KEY": "k"}) == {
        "A": "Bearer k",
        "B": "plain",
    }
    with pytest.raises(ConfigError, match="KEY is not set"):
        filled({"A": "${KEY}"}, {})


def test_a_rule_for_a_tool_of_no_server_is_refused(tmp_path):
    (tmp_path / "agents").mkdir()
    rule = AGENT + '[approval.tools]\n"twon/find" = "deny"\n'
    (tmp_path / "agents" / "mine.toml").write_text(rule, encoding="utf-8")
    agent = load_agent(tmp_path, "mine")
    with pytest.raises(ConfigError, match="Did you mean 'town'"):
        with_servers(agent, read_servers([TOWN], "hades.toml"))


def test_an_agent_gets_its_own_servers_and_those_of_the_settings_that_name_it(tmp_path):
    (tmp_path / "agents").mkdir()
    own = AGENT + '[[mcp]]\nname = "own"\ncommand = "x"\n'
    (tmp_path / "agents" / "mine.toml").write_text(own, encoding="utf-8")
    servers = read_servers(
        [
            TOWN,
            {**TOWN, "name": "not_mine", "agents": ["analyst"]},
            {**TOWN, "name": "min", "agents": ["m*"]},
        ],
        "hades.toml",
    )
    agent = with_servers(load_agent(tmp_path, "mine"), servers)
    assert [server.name for server in agent.servers] == ["own", "town", "min"]
    clash = read_servers([{**TOWN, "name": "own"}], "hades.toml")
    with pytest.raises(ConfigError, match="two MCP servers"):
        with_servers(agent, clash)
