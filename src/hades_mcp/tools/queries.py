"""Tools that run AQL: one that only reads, one that may write."""

from typing import TYPE_CHECKING, Any

from pydantic.json_schema import SkipJsonSchema

from hades_mcp.tools.definition import tool

if TYPE_CHECKING:
    from hades_mcp.workspace import Workspace

BindVars = dict[str, Any] | None


@tool(title="Run a read-only query", read_only=True, idempotent=True)
def aql_read(workspace: "Workspace", query: str, bind_vars: BindVars = None) -> Any:
    """Run read-only AQL; bind variables: @value, @@collection; vectors only if named."""
    return workspace.queries.read(query, bind_vars or {})


@tool(title="Explain a query", read_only=True, idempotent=True)
def aql_explain(
    workspace: "Workspace", query: str, bind_vars: SkipJsonSchema[BindVars] = None
) -> Any:
    """Show plan and cost of AQL."""
    plan = workspace.queries.explain(query, bind_vars or {})
    shown = {"cost": plan.estimated_cost, "modifies": plan.modifies, "steps": plan.steps}
    found = {"indexes": plan.indexes, "warnings": plan.warnings}
    return shown | {name: value for name, value in found.items() if value}


@tool(title="Run a writing query", destructive=True)
def aql_write(workspace: "Workspace", query: str, bind_vars: BindVars = None) -> Any:
    """Insert, update or remove by AQL."""
    return workspace.queries.write(query, bind_vars or {})


@tool(title="Find example queries", read_only=True, idempotent=True)
def aql_examples(workspace: "Workspace", question: str) -> Any:
    """Find AQL examples for a question."""
    return workspace.library.examples(question)
