"""Tools on contexts: what is remembered between calls and between sessions."""

# Annotations are read when the tool is made, so they are not postponed in tool modules.
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from hades_mcp.tools.definition import tool
from hades_mcp.tools.rendering import plain

if TYPE_CHECKING:
    from hades_mcp.workspace import Workspace


@tool(title="Add to a context")
def context_add(
    workspace: "Workspace",
    context: str,
    content: str,
    role: Literal["user", "assistant", "system", "tool", "note"] = "note",
    source: str = "",
) -> Any:
    """Remember something in a named context; the first entry makes it."""
    return workspace.contexts.add(context, content, role=role, source=source)


@tool(title="Read a context", read_only=True, idempotent=True)
def context_get(
    workspace: "Workspace",
    context: str,
    query: Annotated[str | None, Field(description="Entries near to this in meaning")] = None,
    limit: Annotated[int, Field(le=100)] = 20,
) -> Any:
    """Recall the latest entries of a context, or those nearest to a query."""
    found = workspace.contexts.get(context, limit=limit, query=query)
    entries = [_rounded(plain(entry)) for entry in found]
    return {"context": context, "entries": entries}


@tool(title="Clear a context", destructive=True)
def context_clear(workspace: "Workspace", context: str) -> Any:
    """Forget everything in a context."""
    return {"context": context, "removed": workspace.contexts.clear(context)}


@tool(title="List contexts", read_only=True, idempotent=True)
def context_list(workspace: "Workspace") -> Any:
    """List all contexts with their sizes."""
    return {"contexts": workspace.contexts.list()}


def _rounded(entry: dict[str, Any]) -> dict[str, Any]:
    return entry | {"score": round(entry["score"], 4)} if "score" in entry else entry
