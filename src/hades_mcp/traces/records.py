"""What a recorded run is made of: a trace of steps, each with its calls and what they returned."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from hades_mcp.messages import Usage

if TYPE_CHECKING:
    from hades_mcp.messages import ToolCall, ToolResult
    from hades_mcp.types import JsonObject

Source = Literal["system", "user", "agent"]
"""Who speaks in a step, in ATIF's words."""

Status = Literal["running", "finished", "failed", "cancelled", "interrupted"]
"""How a run stands; `interrupted` is a run whose process is gone before it ended."""

Kind = Literal["run", "calls"]
"""`run`: an agent's run. `calls`: tool calls that came in from outside, with no model of ours."""


@dataclass(frozen=True, slots=True)
class Observation:
    """What one call returned, with facts beside it (`hades`: milliseconds, sizes)."""

    result: ToolResult
    hades: JsonObject = field(default_factory=dict)
    other: JsonObject = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Step:
    """One turn of a run.

    Args:
        source: Who speaks.
        message: The text.
        timestamp: ISO 8601, UTC; empty when the producer did not say.
        calls: Tool calls of an agent's turn.
        observations: What came back for them.
        reasoning: The model's reasoning, where it is kept apart from the text.
        model: Model that spoke, when it is not the trace's.
        usage: Tokens the turn cost.
        llm_calls: Model inferences behind the turn: 0 for a dispatch without a model.
        hades: Facts of ours: channel of the calls, finish reason, raw request and response.
        other: Fields of a foreign record that HADES keeps but does not read.
    """

    source: Source
    message: str
    timestamp: str = ""
    calls: tuple[ToolCall, ...] = ()
    observations: tuple[Observation, ...] = ()
    reasoning: str = ""
    model: str = ""
    usage: Usage | None = None
    llm_calls: int | None = None
    hades: JsonObject = field(default_factory=dict)
    other: JsonObject = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Header:
    """What is known of a run when it starts.

    Args:
        id: 32 hex digits, the OpenTelemetry trace id of the run's spans.
        agent: Name of the agent; for calls from outside, the door they came in by.
        version: Version of the agent's program.
        model: Model that speaks, empty when there is none.
        tools: Tool definitions the model was shown, in OpenAI's shape.
        session: Groups the runs of one conversation; by default the trace's own id.
        started: ISO 8601, UTC.
        kind: A run, or calls from outside.
        hades: Contract hash, prompt and template hashes, adapter id, environment.
    """

    id: str
    agent: str
    version: str
    model: str = ""
    tools: tuple[JsonObject, ...] = ()
    session: str = ""
    started: str = ""
    kind: Kind = "run"
    hades: JsonObject = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Trace:
    """A run as it was recorded, whole or up to where it broke off."""

    header: Header
    status: Status
    steps: tuple[Step, ...]
    finished: str = ""
    outcome: JsonObject = field(default_factory=dict)
    other: JsonObject = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The trace's id."""
        return self.header.id

    @property
    def usage(self) -> Usage:
        """Tokens of all steps together."""
        return sum((step.usage for step in self.steps if step.usage), Usage())


@dataclass(frozen=True, slots=True)
class TraceSummary:
    """One line in a list of traces."""

    id: str
    kind: Kind
    status: Status
    started: str
    finished: str
    agent: str
    model: str
    title: str
    steps: int
