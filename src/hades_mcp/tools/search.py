"""The tool that finds documents."""

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from hades_mcp.tools.definition import tool

if TYPE_CHECKING:
    from hades_mcp.workspace import Workspace


@tool(title="Search", read_only=True, idempotent=True)
def search(
    workspace: "Workspace",
    text: str,
    limit: Annotated[int, Field(le=50)] = 5,
    kind: str | None = None,
    where: dict[str, Any] | None = None,
    hops: Annotated[int, Field(ge=0, le=2)] = 0,
) -> Any:
    """Find documents by meaning and words; where: {attribute: value}."""
    with workspace.recorder.retriever(text) as recorder:
        result = workspace.search.search(text, limit, kind=kind, where=where, hops=hops)
        recorder.documents(
            [{"id": hit.id, "score": hit.score, "content": hit.snippet} for hit in result.hits]
        )
    return result
