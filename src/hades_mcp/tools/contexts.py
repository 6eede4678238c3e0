"""Tools on contexts: what is remembered between calls and between sessions."""

# Annotations are read when the tool is made, so they are not postponed in tool modules.
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field
from pydantic.json_schema import SkipJsonSchema

from hades_mcp.errors import LimitReached
from hades_mcp.services.owners import mint
from hades_mcp.tools.definition import tool
from hades_mcp.tools.rendering import plain

if TYPE_CHECKING:
    from hades_mcp.workspace import Workspace

_FRAME = 60  # tokens of the answer around its entries
_LEAST = 100
_ECHO = 200  # characters: a small model answers by what it reads, not by what it wrote
_SECONDS = len("2026-11-22T14:16:42")  # more digits are tokens that tell a model nothing


@tool(title="Add to a context")
def context_add(
    workspace: "Workspace",
    *,
    context: str | None = None,
    content: str,
    role: SkipJsonSchema[str] = "note",
    source: SkipJsonSchema[str] = "",
    tags: SkipJsonSchema[list[str] | None] = None,
    ttl: SkipJsonSchema[float | None] = None,
) -> Any:
    """Remember in a context, else in a new one."""
    name = context or mint()
    try:
        entry = workspace.contexts.add(
            name, content, role=role, source=source, tags=tags or (), ttl=ttl, new=not context
        )
    except LimitReached:
        workspace.tidier.added(name)  # perhaps it is full, and there is room soon
        raise
    workspace.tidier.added(name)
    checked = workspace.verification.entry(entry.id) if source else None
    said = content if len(content) <= _ECHO else f"{content[: _ECHO - 1]}…"
    answer = {"context": name, "id": entry.id, "content": said, "trust": entry.trust}
    if checked is None:
        return answer
    outcome = {"trust": checked.trust, "verified": checked.passed}
    return answer | outcome | ({"reason": checked.reason} if checked.reason else {})


@tool(title="Read a context", read_only=True, idempotent=True)
def context_get(
    workspace: "Workspace",
    context: str,
    query: str | None = None,
    tokens: SkipJsonSchema[Annotated[int | None, Field(ge=_LEAST)]] = None,
) -> Any:
    """Recall the latest, or by a query."""
    most = workspace.settings.result_tokens
    budget = max(_LEAST, min(tokens or most, most) - _FRAME)
    found = workspace.contexts.get(context, query=query, tokens=budget)
    entries = [_lean(plain(entry)) for entry in found.entries]
    answer = {"context": context, "entries": entries}
    return answer | {"omitted": found.omitted} if found.omitted else answer


@tool(title="Clear a context", destructive=True)
def context_clear(workspace: "Workspace", context: str) -> Any:
    """Forget a context, or one entry by id."""
    cleared = workspace.contexts.clear(context)
    return {"context": context, "removed": cleared.removed, "undo": cleared.undo}


@tool(title="List contexts", read_only=True, idempotent=True)
def context_list(workspace: "Workspace") -> Any:
    """List contexts."""
    contexts = [
        {"name": one.name, "entries": one.entries, "updated": one.updated[:_SECONDS]}
        for one in workspace.contexts.overview()
    ]
    return {"contexts": contexts}


def _lean(entry: dict[str, Any]) -> dict[str, Any]:
    times = {name: entry[name][:_SECONDS] for name in ("time", "expires") if name in entry}
    older = [one | {"time": one["time"][:_SECONDS]} for one in entry.get("contradicts", ())]
    lean = entry | times | ({"contradicts": older} if older else {})
    return {name: value for name, value in lean.items() if value != ""}
