"""Tools that store documents, read them and delete them."""

# Annotations are read when the tool is made, so they are not postponed in tool modules.
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hades_mcp.errors import CallerError, InvalidArgument
from hades_mcp.services.documents.discovery import refuse_address
from hades_mcp.services.trust.formula import trust_of, verdict_of
from hades_mcp.tools.definition import tool

if TYPE_CHECKING:
    from hades_mcp.workspace import Workspace

BOOKKEEPING = frozenset({"_key", "_rev", "content_hash", "evidence"})
"""Attributes of a document that a model only pays for."""


@tool(title="Add a document", destructive=True, idempotent=True)
def document_add(
    workspace: "Workspace",
    text: str | None = None,
    path: str | None = None,
    title: str = "",
) -> Any:
    """Store a text, file or folder."""
    if (text is None) == (path is None):
        raise InvalidArgument(
            "document_add needs either text or path.",
            hint='For example {"title": "Opening hours", "text": "Nine to five."}',
        )
    if text is not None:
        return _shown(
            workspace.documents.add_text(text, title, origin="agent", action="document_add")
        )
    file = _visible(path or "", workspace.settings.document_folders)
    report = workspace.documents.ingest([file])
    counts = {name: getattr(report, name) for name in _COUNTS if getattr(report, name)}
    return counts | (
        {"skipped": [f"{name}: {why}" for name, why in report.skipped]} if report.skipped else {}
    )


@tool(title="Read a document", read_only=True, idempotent=True)
def document_get(workspace: "Workspace", document: str) -> Any:
    """Read a document, by id or title."""
    found = workspace.documents.get(document)
    shown = {name: value for name, value in found.items() if name not in BOOKKEEPING}
    shown |= {"trust": round(trust_of(found, time.time()), 2)}
    verdict = verdict_of(found)
    return shown if verdict is None else shown | {"verified": verdict}


@tool(title="Delete a document", destructive=True)
def document_delete(workspace: "Workspace", document: str) -> Any:
    """Delete a document."""
    removed = workspace.documents.delete(document)
    return {"deleted": removed.documents, "undo": removed.undo}


_COUNTS = ("added", "updated", "unchanged", "removed", "documents", "chunks", "edges")


def _shown(added: Any) -> dict[str, Any]:
    said = {"document": added.id, "title": added.title, "outcome": added.outcome}
    if added.documents > 1:
        said["sections"] = added.documents - 1
    return said | ({"undo": added.undo} if added.undo else {})


def _visible(given: str, folders: str) -> Path:
    """Return the path, unless it is one that a model has no business with.

    A text the model has read may talk it into storing (and then telling) what lies in `~/.ssh`.
    """
    refuse_address(given)
    asked = Path(given).expanduser().absolute()
    path = asked.resolve()
    allowed = [Path(folder).expanduser().resolve() for folder in folders.split(",") if folder]
    if allowed and not any(path.is_relative_to(folder) for folder in allowed):
        raise CallerError(
            f"{given!r} is outside the folders that may be read.",
            hint=f"Use a path below {', '.join(map(str, allowed))}.",
        )
    hidden = [part for part in path.parts if part.startswith(".")]
    if hidden and not allowed:
        raise CallerError(
            f"{given!r} is hidden ({hidden[0]}): tools do not read hidden files.",
            hint="A person may: hades ingest PATH",
        )
    return asked
