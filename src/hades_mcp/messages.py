"""The chat vocabulary: what a person, a model and a tool say to each other."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from hades_mcp.types import JsonObject

Role = Literal["system", "user", "assistant", "tool"]

Channel = Literal["native", "constrained", "recovered"]
"""How a tool call came out of the model: the server's tool_calls field, a schema-constrained reply,
or text that HADES read."""


@dataclass(frozen=True, slots=True)
class ToolAnnotations:
    """What a tool does to the world, in MCP's words (hints for approval, never a permission)."""

    title: str = ""
    read_only: bool = False
    destructive: bool = True
    idempotent: bool = False


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """What a model is told of a tool: name, one to three sentences, arguments as JSON Schema.

    `origin` is not told: `server/tool` where another MCP server holds it, however it is named here.
    """

    name: str
    description: str
    parameters: JsonObject
    annotations: ToolAnnotations = field(default=ToolAnnotations())
    origin: str = ""


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One call a model wants made.

    `arguments` is None when what the model wrote was not a JSON object; `raw_arguments` then holds
    its own words, so that the mistake can be answered and learned from.
    """

    id: str
    name: str
    arguments: JsonObject | None
    raw_arguments: str = ""
    channel: Channel = "native"


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What came back for exactly one call."""

    call_id: str
    name: str
    content: str
    is_error: bool = False


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens one model response cost."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
            self.cached_tokens + other.cached_tokens,
        )


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation.

    An assistant message may carry `tool_calls`; a tool message carries the `tool_call_id` it
    answers and the tool's `name`.
    """

    role: Role
    content: str
    tool_calls: tuple[ToolCall, ...] = field(default=())
    tool_call_id: str | None = None
    name: str | None = None
