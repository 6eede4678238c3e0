"""Reads an agent from its TOML file, and refuses what does not fit with the nearest that does."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hades_mcp import assets
from hades_mcp.agents.approval import ApprovalPolicy, Rule
from hades_mcp.agents.limits import Limits
from hades_mcp.errors import ConfigError, UnknownName, did_you_mean
from hades_mcp.prompts.chat import template_hash
from hades_mcp.prompts.library import prompt

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from pydantic_core import ErrorDetails

    from hades_mcp.messages import ToolSpec
    from hades_mcp.types import Json, JsonObject


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


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Example(_Strict):
    question: str = Field(min_length=1)
    tool: str
    arguments: dict[str, Any] = Field(default_factory=dict)
    result: str = ""
    answer: str = ""


class _Limits(_Strict):
    steps: int = Field(default=Limits().steps, ge=1)
    tokens: int = Field(default=Limits().tokens, ge=1)
    seconds: float = Field(default=Limits().seconds, gt=0)
    repeats: int = Field(default=Limits().repeats, ge=2)


class _Approval(_Strict):
    reads: Rule = "auto"
    writes: Rule = "ask"


class _File(_Strict):
    description: str
    prompt: str
    tools: list[str] = Field(min_length=1)
    must_call: bool = False
    examples_shown: int = Field(default=5, ge=0)
    hidden: list[str] = Field(default_factory=list)
    defaults: dict[str, dict[str, Any]] = Field(default_factory=dict)
    max_tokens: int = Field(default=512, ge=16)
    temperature: float = Field(default=0.0, ge=0, le=2)
    limits: _Limits = _Limits()
    approval: _Approval = _Approval()
    examples: list[_Example] = Field(default_factory=list)


def agent_names(home: Path) -> list[str]:
    """Return the names of all agents, yours and the shipped."""
    return [name.removesuffix(".toml") for name in assets.names(home, "agents", ".toml")]


def load_agent(home: Path, name: str) -> AgentDefinition:
    """Read the agent `agents/<name>.toml` and its prompt.

    Raises:
        UnknownName: There is no such agent.
        ConfigError: Its file is broken, has a key or tool it should not, or its prompt is missing.
    """
    if name not in agent_names(home):
        raise UnknownName("agent", name, agent_names(home))
    path = f"agents/{name}.toml"
    try:
        table = tomllib.loads(assets.find(home, "agents", f"{name}.toml").read_text("utf-8"))
        file = _File.model_validate(table)
        instructions = prompt(home, file.prompt)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path} cannot be read: {error}.") from None
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        raise ConfigError(f"{path}: {_said(problem)}", hint=_hint(problem)) from None
    except UnknownName as error:
        raise ConfigError(f"{path}: {error.message}", hint=error.hint) from None
    for tool in (*(example.tool for example in file.examples), *file.defaults):
        if tool not in file.tools:
            raise ConfigError(
                f"{path}: an example or default is for {tool!r}, which is not among its tools.",
                hint=did_you_mean(tool, file.tools),
            )
    return _definition(name, file, instructions, template_hash(home))


def choose_tools(agent: AgentDefinition, specs: Sequence[ToolSpec]) -> tuple[ToolSpec, ...]:
    """Return the specs of the agent's tools, in the agent's order.

    Raises:
        ConfigError: The toolbox lacks one; the nearest is named.
    """
    known = {spec.name: spec for spec in specs}
    for tool in agent.tools:
        if tool not in known:
            raise ConfigError(
                f"Agent {agent.name} wants the tool {tool!r}, which is not there.",
                hint=did_you_mean(tool, known),
            )
    return tuple(known[tool] for tool in agent.tools)


def _definition(name: str, file: _File, instructions: str, template: str) -> AgentDefinition:
    return AgentDefinition(
        name=name,
        description=file.description,
        instructions=instructions,
        tools=tuple(file.tools),
        must_call=file.must_call,
        examples=tuple(Example(**one.model_dump()) for one in file.examples),
        examples_shown=file.examples_shown,
        hidden=tuple(file.hidden),
        defaults=file.defaults,
        max_tokens=file.max_tokens,
        temperature=file.temperature,
        limits=Limits(**file.limits.model_dump()),
        approval=ApprovalPolicy(**file.approval.model_dump()),
        template=template,
    )


def _said(problem: ErrorDetails) -> str:
    where = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "extra_forbidden":
        return f"there is no key {where!r}."
    return f"{where}: {problem['msg']}."


def _hint(problem: ErrorDetails) -> str:
    if problem["type"] != "extra_forbidden":
        return ""
    parents: dict[str, type[_Strict]] = {
        "limits": _Limits,
        "approval": _Approval,
        "examples": _Example,
    }
    *above, key = problem["loc"]
    model = parents.get(str(above[0]), _File) if above else _File
    return did_you_mean(str(key), model.model_fields)
