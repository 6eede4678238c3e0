"""What happens in a run, as past-tense facts: the CLI, the TUI, traces and tests listen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from hades_mcp.agents.limits import StopReason
    from hades_mcp.messages import Channel, Message, ToolCall, ToolResult, Usage
    from hades_mcp.types import Json, JsonObject


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
    """The model wrote a piece of text; never of a call, however it writes it."""

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
class Compacted:
    """The conversation neared the model's window: its older part is a summary from now on.

    Args:
        dropped: Messages that are gone.
        before: About how many tokens it had.
        after: About how many it has now.
        summary: What stands for them.
    """

    dropped: int
    before: int
    after: int
    summary: str


@dataclass(frozen=True, slots=True)
class AgentSpoke:
    """Something happened in the run of an agent that this run's agent called.

    Args:
        agent: Who speaks.
        call_id: The call it answers; its `ToolReturned` follows.
        event: What happened, as that run says it.
    """

    agent: str
    call_id: str
    event: RunEvent


@dataclass(frozen=True, slots=True)
class CallMade:
    """One call of a run, in short.

    Args:
        name: The tool, as the model wrote it.
        arguments: What it was called with; None if that was no JSON object.
        ok: Whether it returned something else than an error.
        channel: How it came out of the model.
    """

    name: str
    arguments: JsonObject | None
    ok: bool
    channel: Channel


@dataclass(frozen=True, slots=True)
class RunFinished:
    """The run ended; always the last fact of a run that was not torn down.

    Args:
        answer: The last words.
        stop_reason: Why it ended.
        usage: Tokens of all responses, cached ones too.
        trace_id: The record; empty when none is kept.
        steps: Model responses.
        tool_calls: Every call, in order.
        rows: What the last call for data that went well returned; None when there was none.
        cited: Ids of the documents the answer rests on; see `findings.Findings.cited`.
        abstained: Whether the answer is that nothing was found.
        messages: The whole conversation: the `history` of a run that goes on with it.
    """

    answer: str
    stop_reason: StopReason
    usage: Usage
    trace_id: str
    steps: int
    tool_calls: tuple[CallMade, ...] = ()
    rows: list[Json] | None = None
    cited: tuple[str, ...] = ()
    abstained: bool = False
    messages: tuple[Message, ...] = ()


RunEvent: TypeAlias = (
    RunStarted
    | TextDelta
    | ModelResponded
    | ToolCalled
    | ApprovalNeeded
    | ToolReturned
    | Compacted
    | AgentSpoke
    | RunFinished
)
