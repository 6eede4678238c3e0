"""The tool that says what is stored, and how it is shaped."""

from typing import TYPE_CHECKING, Any

from hades_mcp.services.schema.text import schema_text
from hades_mcp.tools.definition import tool

if TYPE_CHECKING:
    from hades_mcp.workspace import Workspace


@tool(title="Show the schema", read_only=True, idempotent=True)
def schema(
    workspace: "Workspace",
    collection: str | None = None,
) -> Any:
    """Show collections, attributes and graphs."""
    return schema_text(workspace.schema.describe(collection))
