"""The shape of an agent's TOML file."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from hades_mcp.agents.approval import Rule  # noqa: TC001  pydantic reads it
from hades_mcp.agents.limits import Limits
from hades_mcp.agents.servers import ServerFile  # noqa: TC001  pydantic reads it

Routing = Literal["nearest", "model"]
"""How a router picks: the agent whose questions are most like this one, or one model request."""


_STRICT = ConfigDict(extra="forbid", frozen=True)


class ExampleTable(BaseModel):
    """One `[[examples]]` table."""

    model_config = _STRICT

    question: Annotated[str, Field(min_length=1)]
    tool: str
    arguments: dict[str, Any] = Field(default_factory=dict)
    result: str = ""
    answer: str = ""


class LimitsTable(BaseModel):
    """The `[limits]` table."""

    model_config = _STRICT

    steps: Annotated[int, Field(ge=1)] = Limits().steps
    tokens: Annotated[int, Field(ge=1)] = Limits().tokens
    seconds: Annotated[float, Field(gt=0)] = Limits().seconds
    repeats: Annotated[int, Field(ge=2)] = Limits().repeats


class ApprovalTable(BaseModel):
    """The `[approval]` table; `[approval.tools]` inside it."""

    model_config = _STRICT

    reads: Rule = "auto"
    writes: Rule = "ask"
    destructive: Rule = "auto"
    tools: dict[str, Rule] = Field(default_factory=dict)


class AgentFile(BaseModel):
    """A whole file."""

    model_config = _STRICT

    description: Annotated[str, Field(min_length=1)]
    prompt: str = ""
    tools: list[str] = Field(default_factory=list)
    agents: list[str] = Field(default_factory=list)
    router: Routing | None = None
    questions: list[str] = Field(default_factory=list)
    must_call: bool = False
    examples_shown: Annotated[int, Field(ge=0)] = 5
    hidden: list[str] = Field(default_factory=list)
    defaults: dict[str, dict[str, Any]] = Field(default_factory=dict)
    max_tokens: Annotated[int, Field(ge=16)] = 512
    temperature: Annotated[float, Field(ge=0, le=2)] = 0.0
    limits: LimitsTable = LimitsTable()
    approval: ApprovalTable = ApprovalTable()
    examples: list[ExampleTable] = Field(default_factory=list)
    mcp: list[ServerFile] = Field(default_factory=list)

    @model_validator(mode="after")
    def _somebody_who_can_do_something(self) -> Self:
        if self.router is not None:
            if not self.agents:
                raise ValueError('a router needs agents to pick from, as in agents = ["*"]')
            return self
        if not self.prompt:
            raise ValueError("prompt is missing, the name of a file in prompts/ without .md")
        if not (self.tools or self.agents or self.mcp):
            raise ValueError('it can do nothing: give it tools, as in tools = ["search"]')
        return self
