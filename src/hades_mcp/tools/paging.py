"""The tool that shows the rest of an answer that was too long."""

from typing import TYPE_CHECKING, Any

from hades_mcp.tools.definition import tool

if TYPE_CHECKING:
    from hades_mcp.workspace import Workspace


@tool(title="Show more", read_only=True, idempotent=True)
def more(workspace: "Workspace", next: str) -> Any:  # noqa: A002  the name results give it
    """Show the rest of a cut result."""
    return workspace.pages.take(next)
