"""A small bakery on one back end, asked through the tools as a model asks."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import anyio

from hades_mcp.embedders.hashing import HashEmbedder
from hades_mcp.tools.toolset import Toolset
from hades_mcp.workspace import Workspace, open_workspace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hades_mcp.config import Settings
    from hades_mcp.tools.toolset import ToolAnswer

NOTES = {
    "oven.md": "---\ntopic: heat\n---\n# Oven\n\nBeech wood heats it. See [cellar](cellar.md).\n",
    "cellar.md": "# Cellar\n\nThe flour is dry down here. See [shop](shop.md).\n",
    "shop.md": "# Shop\n\nRye bread and rolls are sold from six.\n",
}
ROWS = 900


@dataclass
class Kitchen:
    """An open workspace over some back end, and its tools."""

    settings: Settings
    workspace: Workspace = field(init=False)
    tools: Toolset = field(init=False)

    def __post_init__(self) -> None:
        self.open()

    def open(self) -> None:
        self.workspace = open_workspace(self.settings, embedder=HashEmbedder(64))
        self.tools = Toolset(self.workspace)

    def close(self) -> None:
        self.workspace.close()

    def furnish(self) -> None:
        """Bring in the notes, and a collection of many rows."""
        folder = self.settings.home / "notes"
        folder.mkdir(parents=True)
        for name, text in NOTES.items():
            (folder / name).write_text(text)
        assert self.ask("document_add", path=str(folder))["added"] == len(NOTES)
        self.workspace.db.create_collection("loaves")
        rows = [{"_key": f"k{n}", "n": n, "kind": ("rye", "oat")[n % 2]} for n in range(ROWS)]
        self.workspace.db.collection("loaves").insert_many(rows)

    def call(self, tool: str, arguments: dict[str, Any]) -> ToolAnswer:
        return anyio.run(self.tools.call, tool, arguments)

    def ask(self, tool: str, /, **arguments: Any) -> Any:
        answer = self.call(tool, arguments)
        assert not answer.is_error, answer.content
        return json.loads(answer.content)

    def refused(self, tool: str, /, **arguments: Any) -> str:
        """Return what a call that must fail is told."""
        answer = self.call(tool, arguments)
        assert answer.is_error, answer.content
        return answer.content

    def undo(self, handle: str) -> None:
        """Do what `hades undo` does."""
        self.workspace.journal.undo(handle)
        self.workspace.vectors.settle()

    def titles(self, text: str, **arguments: Any) -> list[str]:
        """Return what a search finds."""
        return [hit["title"] for hit in self.ask("search", text=text, **arguments)["hits"]]


@contextmanager
def opened(settings: Settings) -> Iterator[Kitchen]:
    """Open an empty one."""
    kitchen = Kitchen(settings)
    try:
        yield kitchen
    finally:
        kitchen.close()


@contextmanager
def furnished(settings: Settings) -> Iterator[Kitchen]:
    """Open one with the notes and rows in it."""
    with opened(settings) as kitchen:
        kitchen.furnish()
        yield kitchen
