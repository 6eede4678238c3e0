"""Counts the calls that reached a tool though its name or arguments are wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hades_mcp.agents.toolbox import LocalToolbox
from hades_mcp.errors import InvalidArgument
from hades_mcp.tools.arguments import check
from hades_mcp.tools.catalog import load_tools
from hades_mcp.tools.toolset import Toolset

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hades_mcp.messages import ToolCall, ToolResult, ToolSpec
    from hades_mcp.workspace import Workspace


class CountingToolbox:
    """The tools of a workspace, watched: what a loop let through that it could have stopped.

    The tools refuse such calls themselves, with an error, before they do anything.

    Args:
        workspace: Whose tools.

    Attributes:
        invalid: Calls so far whose name or arguments do not fit.
    """

    def __init__(self, workspace: Workspace) -> None:
        catalog = load_tools(workspace.settings.home)
        self._tools = {tool.name: tool for tool in catalog.tools}
        self._inside = LocalToolbox(Toolset(workspace, catalog))
        self.invalid = 0

    async def specs(self) -> Sequence[ToolSpec]:
        """Return the tools."""
        return await self._inside.specs()

    async def call(self, call: ToolCall) -> ToolResult:
        """Make one call, and count it if it does not fit."""
        self.invalid += not self._fits(call)
        return await self._inside.call(call)

    def _fits(self, call: ToolCall) -> bool:
        tool = self._tools.get(call.name)
        if tool is None or call.arguments is None:
            return False
        try:
            check(tool, call.arguments)
        except InvalidArgument:
            return False
        return True
