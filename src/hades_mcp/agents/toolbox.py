"""What an agent holds its tools in: the tools of this process, or those of an MCP server."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Protocol

from hades_mcp.errors import LimitReached
from hades_mcp.messages import ToolAnnotations, ToolResult, ToolSpec
from hades_mcp.tokens import count_tokens
from hades_mcp.tools.rendering import render

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcp import Client

    from hades_mcp.messages import ToolCall
    from hades_mcp.tools.toolset import Toolset

MOST_PAGES = 100
"""Of a list of tools: a server that goes on and on is not read to its end."""

_MARK_ROOM = 24  # tokens of what says that a text was cut


class Toolbox(Protocol):
    """Tools an agent can reach."""

    async def specs(self) -> Sequence[ToolSpec]:
        """Return what there is, in an order that stays."""
        ...

    async def call(self, call: ToolCall) -> ToolResult:
        """Make one call whose arguments are an object; what goes wrong is said in the result."""
        ...


class FixedToolbox:
    """Tools that can be looked at and not called: where nothing is to be done.

    Args:
        specs: What there is.
    """

    def __init__(self, specs: Sequence[ToolSpec]) -> None:
        self._specs = specs

    async def specs(self) -> Sequence[ToolSpec]:
        """Return them."""
        return self._specs

    async def call(self, call: ToolCall) -> ToolResult:
        """Say that nothing is done here."""
        return ToolResult(call.id, call.name, f"{call.name} can't be called here.", is_error=True)


class LocalToolbox:
    """The tools of this process.

    Args:
        toolset: Where every call goes through.
    """

    def __init__(self, toolset: Toolset) -> None:
        self._toolset = toolset

    async def specs(self) -> Sequence[ToolSpec]:
        """Return the toolset's tools."""
        return self._toolset.specs()

    async def call(self, call: ToolCall) -> ToolResult:
        """Make one call in this process."""
        answer = await self._toolset.call(call.name, call.arguments, source="agent")
        return ToolResult(call.id, call.name, answer.content, answer.is_error)


class MCPToolbox:
    """The tools of an MCP server.

    Args:
        client: Connected; whoever opened it closes it.
        tokens: Most tokens of one result; what is longer is cut, and says so. None takes it whole:
            HADES' own server bounds what it returns.
        timeout: Most seconds of one call; None waits.
    """

    def __init__(
        self, client: Client, *, tokens: int | None = None, timeout: float | None = None
    ) -> None:
        self._client = client
        self._tokens = tokens
        self._timeout = timeout

    async def specs(self) -> Sequence[ToolSpec]:
        """Return the server's tools, all pages of them, as they are now."""
        found: list[ToolSpec] = []
        cursor: str | None = None
        for _ in range(MOST_PAGES):
            page = await self._client.list_tools(cursor=cursor, cache_mode="refresh")
            found += [_spec(tool) for tool in page.tools]
            cursor = page.next_cursor
            if cursor is None:
                break
        return found

    async def call(self, call: ToolCall) -> ToolResult:
        """Make one call over MCP; the current span goes along, so that traces join."""
        from mcp import MCPError  # noqa: PLC0415  an agent without MCP does not wait for it

        try:
            return await self.answer(call)
        except MCPError as error:
            return ToolResult(call.id, call.name, str(error), is_error=True)

    async def answer(self, call: ToolCall) -> ToolResult:
        """Make one call over MCP.

        Raises:
            MCPError: The server refuses the call, or is not there any more.
        """
        result = await self._client.call_tool(
            call.name, call.arguments or {}, read_timeout_seconds=self._timeout
        )
        text = _content(result)
        if self._tokens is not None:
            text = bounded(text, self._tokens)
        return ToolResult(call.id, call.name, text, bool(result.is_error))


def bounded(text: str, tokens: int) -> str:
    """Return a text of at most so many tokens: JSON cut between rows, other texts at their end."""
    if count_tokens(text) <= tokens:
        return text
    try:
        value = json.loads(text)
        return render(value, tokens).text
    except (ValueError, RecursionError, LimitReached):
        pass
    kept, beyond = 0, len(text)
    while beyond - kept > 1:
        middle = (kept + beyond) // 2
        fits = count_tokens(text[:middle]) <= tokens - _MARK_ROOM
        kept, beyond = (middle, beyond) if fits else (kept, middle)
    return f"{text[:kept]}\n[cut: the first {kept} of {len(text)} characters]"


def _spec(tool: Any) -> ToolSpec:
    hints = tool.annotations
    annotations = ToolAnnotations()
    if hints is not None:
        annotations = ToolAnnotations(
            title=hints.title or tool.title or "",
            read_only=bool(hints.read_only_hint),
            destructive=hints.destructive_hint is not False,
            idempotent=bool(hints.idempotent_hint),
        )
    return ToolSpec(tool.name, tool.description or "", dict(tool.input_schema), annotations)


def _content(result: Any) -> str:
    """Return what a result says: its parts, or, where there are none, what it is as data."""
    parts = [_text(part) for part in result.content]
    if not parts and result.structured_content is not None:
        return json.dumps(result.structured_content, ensure_ascii=False)
    return "\n".join(parts)


def _text(part: Any) -> str:
    """Return one part as text; what a language model cannot read is named instead."""
    match part.type:
        case "text":
            return str(part.text)
        case "resource" if getattr(part.resource, "text", None) is not None:
            return f"{part.resource.uri}\n{part.resource.text}"
        case "resource":
            kind = part.resource.mime_type or "data"
            return f"[{kind} of {len(part.resource.blob)} base64 characters: {part.resource.uri}]"
        case "resource_link":
            said = f": {part.description}" if part.description else ""
            return f"[{part.name} is at {part.uri}{said}]"
        case "image" | "audio":
            return f"[{part.mime_type} of {len(part.data)} base64 characters]"
        case other:
            return f"[{other}]"
