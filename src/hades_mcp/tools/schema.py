"""The tool that says what is stored, and how it is shaped."""

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from hades_mcp.tools.definition import tool

if TYPE_CHECKING:
    from hades_mcp.workspace import Workspace


@tool(title="Show the schema", read_only=True, idempotent=True)
def schema(
    workspace: "Workspace",
    collection: Annotated[str | None, Field(description="Only this one")] = None,
) -> Any:
    """Show collections with counts, attributes and indexes, and the named graphs."""
    return workspace.schema.describe(collection)
