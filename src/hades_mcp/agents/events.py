"""What happens in a run, as past-tense facts: the CLI, the TUI, traces and tests listen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from hades_mcp.agents.limits import StopReason
    from hades_mcp.messages import Message, ToolCall, ToolResult, Usage


@dataclass(frozen=True, slots=True)
class RunStarted:
    """A run began; `tools` are the names the model is shown."""

    agent: str
    model: str
    prompt: str
    tools: tuple[str, ...]
    trace_id: str


@dataclass(frozen=True, slots=True)
class TextDelta:
    """The model wrote a piece of text: of an answer, or of a call it writes as text."""

    text: str


@dataclass(frozen=True, slots=True)
class ModelResponded:
    """The model finished a response; `message.tool_calls` are the calls read from it."""

    message: Message
    usage: Usage
    step: int


@dataclass(frozen=True, slots=True)
class ToolCalled:
    """A call was accepted from the model; exactly one `ToolReturned` follows for it."""

    call: ToolCall


@dataclass(frozen=True, slots=True)
class ApprovalNeeded:
    """A call waits for a person; `reason` says why."""

    call: ToolCall
    reason: str


@dataclass(frozen=True, slots=True)
class ToolReturned:
    """A call came back, could not be made, or was not allowed (then `approved` is False)."""

    result: ToolResult
    approved: bool = True


@dataclass(frozen=True, slots=True)
class RunFinished:
    """The run ended; always the last fact of a run that was not torn down."""

    answer: str
    stop_reason: StopReason
    usage: Usage
    trace_id: str
    steps: int


RunEvent: TypeAlias = (
    RunStarted
    | TextDelta
    | ModelResponded
    | ToolCalled
    | ApprovalNeeded
    | ToolReturned
    | RunFinished
)
