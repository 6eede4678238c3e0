"""Tools that run AQL: one that only reads, one that may write."""

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from hades_mcp.tools.definition import tool

if TYPE_CHECKING:
    from hades_mcp.workspace import Workspace

Aql = Annotated[str, Field(description="AQL; bind variables: @value, @@collection")]
BindVars = Annotated[dict[str, Any] | None, Field(description="Their values")]


@tool(title="Run a read-only query", read_only=True, idempotent=True)
def aql_read(workspace: "Workspace", query: Aql, bind_vars: BindVars = None) -> Any:
    """Run a read-only AQL query. Look at schema first."""
    return workspace.queries.read(query, bind_vars or {})


@tool(title="Explain a query", read_only=True, idempotent=True)
def aql_explain(workspace: "Workspace", query: Aql, bind_vars: BindVars = None) -> Any:
    """Show a query's plan: indexes, cost, warnings."""
    plan = workspace.queries.explain(query, bind_vars or {})
    shown = {"cost": plan.estimated_cost, "modifies": plan.modifies, "steps": plan.steps}
    found = {"indexes": plan.indexes, "warnings": plan.warnings}
    return shown | {name: value for name, value in found.items() if value}


@tool(title="Run a writing query", destructive=True)
def aql_write(workspace: "Workspace", query: Aql, bind_vars: BindVars = None) -> Any:
    """Run an AQL query that inserts, updates or removes documents."""
    return workspace.queries.write(query, bind_vars or {})


@tool(title="Find example queries", read_only=True, idempotent=True)
def aql_examples(workspace: "Workspace", question: str) -> Any:
    """Find AQL examples like a question, before writing AQL."""
    return workspace.library.examples(question)
