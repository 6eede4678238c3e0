"""Reads an agent from its TOML file, and refuses what does not fit with the nearest that does."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from pydantic import ValidationError

from hades_mcp import assets
from hades_mcp.agents.approval import ApprovalPolicy
from hades_mcp.agents.explaining import explained
from hades_mcp.agents.files import AgentFile
from hades_mcp.agents.limits import Limits
from hades_mcp.agents.servers import unique
from hades_mcp.errors import ConfigError, HadesError, UnknownName, did_you_mean
from hades_mcp.logging import get_logger
from hades_mcp.prompts.chat import template_hash
from hades_mcp.prompts.library import prompt

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from hades_mcp.agents.files import Routing
    from hades_mcp.agents.servers import ServerDefinition
    from hades_mcp.messages import ToolSpec
    from hades_mcp.types import Json, JsonObject

MOST_DEPTH = 3
"""How deep agents may stand that call each other: the first, one it calls, one that calls."""

CALL = "ask_"
"""Begins the name of the tool that calls an agent."""

_UNSAFE = re.compile(r"[^A-Za-z0-9_-]")

_log = get_logger("agents")


@dataclass(frozen=True, slots=True)
class Example:
    """How a question was answered: the call it began with, what came back, what was said.

    Without an answer it shows the call alone.
    """

    question: str
    tool: str
    arguments: Mapping[str, Json]
    result: str = ""
    answer: str = ""


@dataclass(frozen=True, slots=True)
class AgentDefinition:
    """Who does the work.

    Args:
        name: Its file's name.
        description: What it is for, in a sentence.
        instructions: Its system prompt, in full.
        tools: The tools it may use, in the order the model sees them.
        must_call: It never answers before it has called a tool.
        examples: Answered questions to learn from.
        examples_shown: How many of them a question gets to see.
        hidden: Keys of results that the model is not shown.
        defaults: By tool, the arguments a call gets where the model gives none.
        max_tokens: Most tokens of one response.
        temperature: 0 takes the likeliest token each time.
        limits: How far a run may go.
        approval: What happens to calls that read or write.
        template: Hash of the chat template it speaks by.
        agents: Whom it may call, or, if it is a router, picks from.
        router: How it picks one of them, if that is all it does.
        questions: What it is for, by example; routers go by them.
        servers: The MCP servers whose tools it may use besides.
        routed_by: The router that picked it for this question.
    """

    name: str
    description: str
    instructions: str
    tools: tuple[str, ...]
    must_call: bool = False
    examples: tuple[Example, ...] = ()
    examples_shown: int = 5
    hidden: tuple[str, ...] = ()
    defaults: Mapping[str, JsonObject] = field(default_factory=dict)
    max_tokens: int = 512
    temperature: float = 0.0
    limits: Limits = field(default=Limits())
    approval: ApprovalPolicy = field(default=ApprovalPolicy())
    template: str = ""
    agents: tuple[AgentDefinition, ...] = ()
    router: Routing | None = None
    questions: tuple[str, ...] = ()
    servers: tuple[ServerDefinition, ...] = ()
    routed_by: str = ""


def agent_names(home: Path) -> list[str]:
    """Return the names of all agents, yours and the shipped."""
    return [name.removesuffix(".toml") for name in assets.names(home, "agents", ".toml")]


def load_agent(home: Path, name: str) -> AgentDefinition:
    """Read the agent `agents/<name>.toml`, its prompt, and the agents it calls.

    Raises:
        UnknownName: There is no such agent.
        ConfigError: Its file is broken, has a key or tool it should not, its prompt is missing, or
            agents call each other in a circle.
    """
    if name not in agent_names(home):
        raise UnknownName("agent", name, agent_names(home))
    return _load(home, name, ())


def tool_name(agent: str) -> str:
    """Return the name of the tool that calls the agent of a name."""
    return f"{CALL}{_UNSAFE.sub('_', agent)}"


def choose_tools(agent: AgentDefinition, specs: Sequence[ToolSpec]) -> tuple[ToolSpec, ...]:
    """Return the specs of the agent's tools, in the agent's order, then those of its servers.

    Raises:
        ConfigError: The toolbox lacks one; the nearest is named.
    """
    known = {spec.name: spec for spec in specs if not spec.origin}
    for tool in agent.tools:
        if tool not in known:
            raise ConfigError(
                f"Agent {agent.name} wants the tool {tool!r}, which is not there.",
                hint=did_you_mean(tool, known),
            )
    theirs = {server.name for server in agent.servers}
    foreign = (spec for spec in specs if spec.origin.partition("/")[0] in theirs)
    return (*(known[tool] for tool in agent.tools), *foreign)


def with_servers(agent: AgentDefinition, servers: Sequence[ServerDefinition]) -> AgentDefinition:
    """Return an agent, and those it calls, with the servers of the settings that name them.

    Raises:
        ConfigError: One has the name of a server of the agent's own, or a rule is for a tool of a
            server that the agent has not.
    """
    given = (one for one in servers if any(fnmatchcase(agent.name, name) for name in one.agents))
    all_of_them = (*agent.servers, *given)
    unique(all_of_them, f"agents/{agent.name}.toml and the settings")
    names = [one.name for one in all_of_them]
    for tool in agent.approval.tools:
        server, slash, _ = tool.partition("/")
        if slash and server not in names:
            raise ConfigError(
                f"agents/{agent.name}.toml: [approval.tools] is for {tool!r}, but it has no MCP"
                f" server {server!r}.",
                hint=did_you_mean(server, names),
            )
    below = tuple(with_servers(one, servers) for one in agent.agents)
    return replace(agent, servers=all_of_them, agents=below)


def _load(home: Path, name: str, above: tuple[str, ...]) -> AgentDefinition:
    path = f"agents/{name}.toml"
    if name in above or len(above) >= MOST_DEPTH:
        problem = "in a circle" if name in above else f"deeper than {MOST_DEPTH}"
        raise ConfigError(
            f"Agents call each other {problem}: {' → '.join((*above, name))}.",
            hint=f"Take {name!r} out of `agents` in agents/{above[-1]}.toml.",
        )
    try:
        text = assets.find(home, "agents", f"{name}.toml").read_text("utf-8")
        file = AgentFile.model_validate(tomllib.loads(text))
        instructions = prompt(home, file.prompt) if file.prompt else ""
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path} cannot be read: {error}.") from None
    except ValidationError as error:
        raise explained(error, AgentFile, path) from None
    except UnknownName as error:
        raise ConfigError(f"{path}: {error.message}", hint=error.hint) from None
    _check_names(file, path)
    servers = tuple(server.definition() for server in file.mcp)
    unique(servers, path)
    below = _colleagues(home, name, file, above)
    return _definition(name, file, instructions, template_hash(home), below, servers)


def _check_names(file: AgentFile, path: str) -> None:
    """Refuse what is said about tools that the agent does not have, as far as a file can tell."""
    known = [*file.tools, *map(tool_name, file.agents)]
    said = (
        *(("an example", example.tool) for example in file.examples),
        *(("a default", tool) for tool in file.defaults),
        *(("[approval.tools]", tool) for tool in file.approval.tools if "/" not in tool),
    )
    for what, tool in said:
        # the tools of other servers are known when these have been asked
        if tool not in known and not (file.mcp and what != "[approval.tools]"):
            raise ConfigError(
                f"{path}: {what} is for {tool!r}, which is not among its tools.",
                hint=did_you_mean(tool, known),
            )


def _colleagues(
    home: Path, name: str, file: AgentFile, above: tuple[str, ...]
) -> tuple[AgentDefinition, ...]:
    names = agent_names(home)
    for other in file.agents:
        if other not in (*names, "*"):
            raise ConfigError(
                f"agents/{name}.toml: there is no agent {other!r} to call.",
                hint=did_you_mean(other, [one for one in names if one != name]),
            )
    if "*" not in file.agents:
        return tuple(_load(home, other, (*above, name)) for other in file.agents)
    found = []
    for other in names:
        if other == name or other in above:
            continue
        try:
            agent = _load(home, other, (*above, name))
        except HadesError as error:
            # one broken file, named where it is asked for, keeps nobody from the others
            _log.warning("agent_left_out", agent=other, reason=str(error))
            continue
        if agent.questions and agent.router is None:
            found.append(agent)
    return tuple(found)


def _definition(
    name: str,
    file: AgentFile,
    instructions: str,
    template: str,
    agents: tuple[AgentDefinition, ...],
    servers: tuple[ServerDefinition, ...],
) -> AgentDefinition:
    return AgentDefinition(
        name=name,
        description=file.description,
        instructions=instructions,
        tools=tuple(file.tools),
        must_call=file.must_call or file.router is not None,  # those it picks say for themselves
        examples=tuple(Example(**one.model_dump()) for one in file.examples),
        examples_shown=file.examples_shown,
        hidden=tuple(file.hidden),
        defaults=file.defaults,
        max_tokens=file.max_tokens,
        temperature=file.temperature,
        limits=Limits(**file.limits.model_dump()),
        approval=ApprovalPolicy(**file.approval.model_dump()),
        template=template,
        agents=agents,
        router=file.router,
        questions=tuple(file.questions),
        servers=servers,
    )
