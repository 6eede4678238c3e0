"""The tool that says what is stored, and how it is shaped."""

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from hades_mcp.services.schema_text import schema_text
from hades_mcp.tools.definition import tool

if TYPE_CHECKING:
    from hades_mcp.workspace import Workspace


@tool(title="Show the schema", read_only=True, idempotent=True)
def schema(
    workspace: "Workspace",
    collection: Annotated[str | None, Field(description="Name, or pattern: order*")] = None,
) -> Any:
    """Show collections, attributes, indexes, graphs; one collection in full."""
    return schema_text(workspace.schema.describe(collection))
