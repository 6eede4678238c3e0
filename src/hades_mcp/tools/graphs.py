"""Tools that walk the edges between documents, measure the graph, and add to it."""

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field
from pydantic.json_schema import SkipJsonSchema

from hades_mcp.services.graphs.measuring import Measure
from hades_mcp.services.layout import GRAPH
from hades_mcp.tools.definition import tool

if TYPE_CHECKING:
    from hades_mcp.workspace import Workspace

Edges = list[str] | None
Way = Literal["outbound", "inbound", "any"]


@tool(title="Walk the graph", read_only=True, idempotent=True)
def graph_traverse(
    workspace: "Workspace",
    start: str,
    direction: Way = "outbound",
    depth: Annotated[int, Field(le=10)] = 1,
    edges: Edges = None,
    limit: SkipJsonSchema[Annotated[int, Field(le=200)]] = 50,
) -> Any:
    """List what a document leads to; inbound: what refers to it."""
    found = workspace.graphs.traverse(
        start, depth=depth, direction=direction, edges=edges or (), limit=limit
    )
    answer = {"start": found.start, "nodes": found.nodes}
    if found.truncated:
        return answer | {"truncated": True, "hint": f"Raise limit ({limit}) for more."}
    if not found.nodes and direction != "any":
        return answer | {"hint": f"No edge leads {direction}. Try direction 'any'."}
    return answer


@tool(title="Find a path", read_only=True, idempotent=True)
def graph_path(
    workspace: "Workspace",
    start: str,
    target: str,
    direction: SkipJsonSchema[Way] = "any",
    edges: SkipJsonSchema[Edges] = None,
) -> Any:
    """Find how two documents are connected."""
    found = workspace.graphs.path(start, target, direction=direction, edges=edges or ())
    return {"path": found}


@tool(title="Summarise neighbours", read_only=True, idempotent=True)
def graph_neighbours(workspace: "Workspace", document: str) -> Any:
    """Count a document's edges."""
    return workspace.graphs.neighbours(document)


@tool(title="Measure a graph", read_only=True, idempotent=True)
def graph_measure(
    workspace: "Workspace",
    measure: Measure,
    graph: SkipJsonSchema[str] = GRAPH,
    limit: SkipJsonSchema[Annotated[int, Field(le=200)]] = 10,
) -> Any:
    """Rank or group all documents."""
    return workspace.graphs.measure(measure, graph, limit)


@tool(title="Relate documents", idempotent=True)
def graph_relate(
    workspace: "Workspace",
    start: str,
    target: str,
    kind: str = "related",
    note: SkipJsonSchema[str] = "",
) -> Any:
    """Add an edge between two documents."""
    return workspace.graphs.relate(start, target, kind, note)
