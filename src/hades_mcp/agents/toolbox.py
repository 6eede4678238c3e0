"""What an agent holds its tools in: the tools of this process, or those of an MCP server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from hades_mcp.messages import ToolAnnotations, ToolResult, ToolSpec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcp import Client

    from hades_mcp.messages import ToolCall
    from hades_mcp.tools.toolset import Toolset


class Toolbox(Protocol):
    """Tools an agent can reach."""

    async def specs(self) -> Sequence[ToolSpec]:
        """Return what there is, in an order that stays."""
        ...

    async def call(self, call: ToolCall) -> ToolResult:
        """Make one call whose arguments are an object; what goes wrong is said in the result."""
        ...


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
    """

    def __init__(self, client: Client) -> None:
        self._client = client

    async def specs(self) -> Sequence[ToolSpec]:
        """Return the server's tools, all pages of them."""
        found: list[ToolSpec] = []
        cursor: str | None = None
        while True:
            page = await self._client.list_tools(cursor=cursor)
            found += [_spec(tool) for tool in page.tools]
            cursor = page.next_cursor
            if cursor is None:
                return found

    async def call(self, call: ToolCall) -> ToolResult:
        """Make one call over MCP; the current span goes along, so that traces join."""
        from mcp import MCPError  # noqa: PLC0415  an agent without MCP does not wait for it

        try:
            result = await self._client.call_tool(call.name, call.arguments or {})
        except MCPError as error:
            return ToolResult(call.id, call.name, str(error), is_error=True)
        parts = (_text(content) for content in result.content)
        return ToolResult(call.id, call.name, "\n".join(parts), bool(result.is_error))


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


def _text(content: Any) -> str:
    text = getattr(content, "text", None)
    return text if isinstance(text, str) else f"[{content.type}]"
