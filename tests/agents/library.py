"""A small library in a real workspace, and an agent that reads in it."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import arango

from hades_mcp.agents.definition import AgentDefinition
from hades_mcp.agents.limits import Limits
from hades_mcp.agents.run import run
from hades_mcp.agents.toolbox import LocalToolbox
from hades_mcp.config import load_settings
from hades_mcp.messages import ToolCall
from hades_mcp.tools.toolset import Toolset
from hades_mcp.workspace import open_workspace

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hades_mcp.agents.events import RunEvent
    from hades_mcp.models import ChatModel
    from hades_mcp.workspace import Workspace

BOOKS = {
    "Rivers": "Rivers carry water from the mountains down to the sea. The Danube is the longest"
    " river of the Alps' north side.",
    "Lakes": "Lakes are still water. Lake Constance lies between three countries.",
    "Deserts": "Deserts get little rain. Camels store fat in their humps.",
}
TOOLS = ("search", "document_get", "graph_traverse", "aql_read", "context_add", "document_delete")


@contextmanager
def library(home: Path, *, books: bool = True, **settings: Any) -> Iterator[Workspace]:
    """Open a workspace that holds the books."""
    with open_workspace(load_settings(home=home, **settings)) as workspace:
        for title, text in BOOKS.items() if books else ():
            workspace.documents.add_text(text, title)
        yield workspace


def reader(**changes: Any) -> AgentDefinition:
    """Return an agent for the library."""
    given: dict[str, Any] = {
        "name": "reader",
        "description": "Reads.",
        "instructions": "You look things up in the library.",
        "tools": TOOLS,
        "limits": Limits(steps=8),
        **changes,
    }
    return AgentDefinition(**given)


async def ask(
    workspace: Workspace, model: ChatModel, prompt: str = "What are rivers?", **given: Any
) -> list[RunEvent]:
    """Run the reader to the end and return all that happened."""
    who = given.pop("who", None) or reader()
    toolbox = LocalToolbox(Toolset(workspace))
    stream = run(who, prompt, model=model, toolbox=toolbox, recorder=workspace.recorder, **given)
    return [event async for event in stream]


def search(text: str, identifier: str = "s1", **more: Any) -> ToolCall:
    """Return a call of `search`."""
    return ToolCall(identifier, "search", {"text": text, **more})


def query(text: str, identifier: str = "q1") -> ToolCall:
    """Return a call of `aql_read`."""
    return ToolCall(identifier, "aql_read", {"query": text})


@contextmanager
def real_modules(folder: Path, files: Sequence[str]) -> Iterator[Workspace]:
    """A store that holds some modules of a real package: files of python-arango."""
    source = folder / "source" / "arango"
    source.mkdir(parents=True)
    (source / "__init__.py").write_text('"""A driver."""\n', encoding="utf-8")
    for name in files:
        shutil.copy(Path(arango.__file__).parent / name, source / name)
    with open_workspace(load_settings(home=folder / "home")) as workspace:
        workspace.documents.ingest([source])
        yield workspace
