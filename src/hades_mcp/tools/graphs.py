"""Tools that walk the edges between documents."""

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from hades_mcp.tools.definition import tool

if TYPE_CHECKING:
    from hades_mcp.workspace import Workspace

Document = Annotated[str, Field(description="Id or title")]
Edges = Annotated[list[str] | None, Field(description="Only these edge collections")]
Way = Literal["outbound", "inbound", "any"]


@tool(title="Walk the graph", read_only=True, idempotent=True)
def graph_traverse(
    workspace: "Workspace",
    start: Document,
    direction: Way = "outbound",
    depth: Annotated[int, Field(le=10)] = 1,
    edges: Edges = None,
    limit: Annotated[int, Field(le=200)] = 50,
) -> Any:
    """List what a document is connected to, nearest first.

    outbound: what it contains, imports, calls. inbound: what refers to it.
    """
    found = workspace.graphs.traverse(
        start, depth=depth, direction=direction, edges=edges or (), limit=limit
    )
    return {"start": found.start, "nodes": found.nodes, "more": found.truncated}


@tool(title="Find a path", read_only=True, idempotent=True)
def graph_path(
    workspace: "Workspace",
    start: Document,
    target: Document,
    direction: Way = "any",
    edges: Edges = None,
) -> Any:
    """Find the shortest path between two documents."""
    found = workspace.graphs.path(start, target, direction=direction, edges=edges or ())
    return {"path": found}
