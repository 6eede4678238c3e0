"""The tool that tells what helped."""

# Annotations are read when the tool is made, so they are not postponed in tool modules.
from typing import TYPE_CHECKING, Any

from pydantic.json_schema import SkipJsonSchema

from hades_mcp.tools.definition import tool

if TYPE_CHECKING:
    from hades_mcp.workspace import Workspace


@tool(title="Give feedback")
def feedback(
    workspace: "Workspace",
    target: str,
    helped: bool,  # noqa: FBT001  an argument of a tool has a name
    note: SkipJsonSchema[str] = "",
) -> Any:
    """Say whether a result or call helped."""
    judged = workspace.feedback.give(target, helped=helped, note=note)
    answer: dict[str, Any] = {"target": judged.target}
    if judged.kind == "stored":
        answer |= {"trust": judged.trust, "before": judged.before}
    return answer | ({"alert": judged.alert} if judged.alert else {})
