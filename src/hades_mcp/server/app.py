"""The MCP server: the toolset's tools, as both eras of the protocol speak of them.

Built on the low-level server, because checking, recording and wording of errors are the toolset's:
the high-level one ignores unknown arguments, and answers a bad call with pydantic's own text.
Results are text only: hosts that get `structuredContent` too pay twice for it, or drop the text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcp import types
from mcp.server import CacheHint
from mcp.server.lowlevel import Server

from hades_mcp import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcp.server.context import ServerRequestContext

    from hades_mcp.errors import ConfigError
    from hades_mcp.messages import ToolSpec
    from hades_mcp.tools.toolset import Toolset

INSTRUCTIONS = (
    "HADES is a memory of documents, a graph between them, and named contexts. "
    "To answer a question, search first and read what you find; walk the graph for what is "
    "connected; for counts and conditions look at the schema, then query with AQL and bind "
    "variables. Keep what should outlast this conversation in a context."
)
LIST_LIFE_MS = 300_000
_LONGEST_REASON = 300  # characters: the instructions are part of every prompt


def build_server(toolset: Toolset) -> Server[Any]:
    """Return an MCP server whose tools are the toolset's; it serves any transport."""

    async def list_tools(
        _context: ServerRequestContext[Any], _params: types.PaginatedRequestParams | None
    ) -> types.ListToolsResult:
        return types.ListToolsResult(tools=[tool_of(spec) for spec in toolset.specs()])

    async def call_tool(
        _context: ServerRequestContext[Any], params: types.CallToolRequestParams
    ) -> types.CallToolResult:
        answer = await toolset.call(params.name, params.arguments, source="mcp")
        text = types.TextContent(type="text", text=answer.content)
        return types.CallToolResult(content=[text], is_error=answer.is_error)

    return Server(
        "hades",
        version=__version__,
        title="HADES",
        description="Memory over documents, graph, vectors and AQL.",
        instructions=_instructions(toolset.broken),
        # The tools of a process never change; who else may see them is not ours to say.
        cache_hints={"tools/list": CacheHint(ttl_ms=LIST_LIFE_MS)},
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )


def _instructions(broken: Sequence[ConfigError]) -> str:
    """Return the instructions, and why tools are missing: hosts show no stderr, models tell."""
    if not broken:
        return INSTRUCTIONS
    first, more = str(broken[0])[:_LONGEST_REASON], len(broken) - 1
    others = f" (and {more} more: hades doctor)" if more else ""
    return (
        f"{INSTRUCTIONS} A tool of the user's own is left out until they mend its file: "
        f"{first}{others}"
    )


def tool_of(spec: ToolSpec) -> types.Tool:
    """Return a tool as MCP describes it."""
    hints = spec.annotations
    return types.Tool(
        name=spec.name,
        title=hints.title,
        description=spec.description,
        input_schema=spec.parameters,
        annotations=types.ToolAnnotations(
            title=hints.title,
            read_only_hint=hints.read_only,
            destructive_hint=hints.destructive,
            idempotent_hint=hints.idempotent,
            open_world_hint=False,
        ),
    )
