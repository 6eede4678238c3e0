"""The port every chat model is reached through: a request in, a stream of events out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

from hades_mcp.errors import Unavailable
from hades_mcp.messages import Usage

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from hades_mcp.messages import Message, ToolSpec
    from hades_mcp.types import JsonObject


NO_ADAPTER = "none"
"""The name that asks for the bare model."""


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """What is asked of a model.

    Args:
        messages: The conversation; append-only from request to request, so that caches hold.
        tools: What the model may call, in an order that does not change within a run.
        max_tokens: Most tokens of the reply.
        temperature: 0 takes the likeliest token each time.
        response_schema: JSON Schema the whole reply must fit; None leaves the model free.
        seed: For sampling that can be repeated.
        stop: Texts that end the reply.
        grammar: What the whole reply must fit, in the server's own notation (GBNF at llama-server);
            only where the server has one, and not together with tools.
        adapter: The LoRA adapter to answer with, by its name or id at the server; `NO_ADAPTER` is
            the bare model, None leaves what the driver was opened with.
    """

    messages: tuple[Message, ...]
    tools: tuple[ToolSpec, ...] = ()
    max_tokens: int = 512
    temperature: float = 0.0
    response_schema: JsonObject | None = None
    seed: int | None = None
    stop: tuple[str, ...] = ()
    grammar: str = ""
    adapter: str | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """Something an output filter found in a reply.

    Args:
        rule: Which rule found it.
        action: What was done about it.
    """

    rule: str
    action: Literal["masked", "cut", "blocked"]


@dataclass(frozen=True, slots=True)
class Guardrail:
    """What an output filter made of a reply.

    Args:
        findings: What it found, in the order of its rules.
        started: When it began, in nanoseconds since 1970.
        ended: When it was done, likewise.
    """

    findings: tuple[Finding, ...]
    started: int
    ended: int

    @property
    def verdict(self) -> Literal["passed", "masked", "blocked"]:
        """What became of the reply in the end."""
        if any(finding.action == "blocked" for finding in self.findings):
            return "blocked"
        return "masked" if self.findings else "passed"


@dataclass(frozen=True, slots=True)
class ChatResponse:
    """What a model answered.

    Args:
        message: The assistant's message, with the calls its server recognised.
        usage: What it cost.
        finish_reason: Why it ended, in the server's words: stop, length, tool_calls.
        raw_request: What went over the wire, for the trace.
        raw_response: What came back, for the trace.
        guardrail: What an output filter made of it; None when there is none.
    """

    message: Message
    usage: Usage = field(default=Usage())
    finish_reason: str = "stop"
    raw_request: JsonObject = field(default_factory=dict)
    raw_response: JsonObject = field(default_factory=dict)
    guardrail: Guardrail | None = None


@dataclass(frozen=True, slots=True)
class TextDelta:
    """A piece of the reply's text, as it is written."""

    text: str


@dataclass(frozen=True, slots=True)
class Done:
    """The whole reply; always the last event."""

    response: ChatResponse


ChatEvent: TypeAlias = TextDelta | Done


class ChatModel(Protocol):
    """A model that can be asked."""

    @property
    def name(self) -> str:
        """The model's name, as its server knows it."""
        ...

    @property
    def context_window(self) -> int | None:
        """Tokens of prompt and reply together, as its server said; None when it did not say."""
        ...

    def stream(self, request: ChatRequest) -> AsyncIterator[ChatEvent]:
        """Ask, and give the reply piece by piece; the last event is `Done`.

        Raises:
            Unavailable: The server is not there, or too slow.
            UnknownName, NotFound: The server has no such model, or no such adapter.
            LimitReached: The request is longer than the model's context window.
            ConfigError: The server refuses the request or the key.
        """
        ...


async def complete(model: ChatModel, request: ChatRequest) -> ChatResponse:
    """Ask, and wait for the whole reply.

    Raises:
        Unavailable: As `ChatModel.stream`, or the stream ended without a reply.
    """
    events = model.stream(request)
    try:
        async for event in events:
            if isinstance(event, Done):
                return event.response
    finally:
        await close(events)
    raise Unavailable(f"The reply of {model.name} broke off.", hint="Ask again.")


async def close(events: AsyncIterator[ChatEvent]) -> None:
    """Close a stream now, so that its server stops working, and not when memory is tidied up."""
    closing = getattr(events, "aclose", None)
    if closing is not None:
        await closing()
