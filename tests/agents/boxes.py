"""Toolboxes that hold a handful of books: small, but they do what they say."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import anyio

from hades_mcp.agents.definition import AgentDefinition
from hades_mcp.agents.limits import Limits
from hades_mcp.errors import NotFound
from hades_mcp.messages import ToolAnnotations, ToolCall, ToolResult, ToolSpec

if TYPE_CHECKING:
    from collections.abc import Sequence

READS = ToolAnnotations(read_only=True, destructive=False)
TEXT: dict[str, Any] = {
    "type": "object",
    "properties": {"title": {"type": "string"}},
    "required": ["title"],
}
FIND = ToolSpec("find", "Find a book.", TEXT, READS)
WAIT = ToolSpec("wait", "Wait for the other reader.", TEXT, READS)
CRASH = ToolSpec("crash", "Breaks.", TEXT, READS)
LEND = ToolSpec("lend", "Lend a book.", TEXT, ToolAnnotations())
ALL = (FIND, WAIT, CRASH, LEND)


class Shelf:
    """A toolbox over a dict of books."""

    def __init__(self, *, readers: int = 0) -> None:
        self.books: dict[str, int] = {"Rivers": 3, "Lakes": 1}
        self.calls: list[ToolCall] = []
        self._waiting = readers
        self._together = anyio.Event()
        self.entered = anyio.Event()

    async def specs(self) -> Sequence[ToolSpec]:
        """Return all tools."""
        return ALL

    async def call(self, call: ToolCall) -> ToolResult:
        """Make a call."""
        self.calls.append(call)
        assert call.arguments is not None
        title = str(call.arguments.get("title", ""))
        match call.name:
            case "crash":
                raise RuntimeError("secret inner detail")
            case "wait":
                self.entered.set()
                self._waiting -= 1
                if self._waiting <= 0:
                    self._together.set()
                await self._together.wait()
            case "lend":
                self.books[title] = self.books.get(title, 0) - 1
        if title not in self.books:
            raise NotFound(f"There is no book {title!r}.")
        return ToolResult(call.id, call.name, json.dumps({"title": title, "n": self.books[title]}))


def agent(**changes: Any) -> AgentDefinition:
    """Return an agent for the shelf."""
    given: dict[str, Any] = {
        "name": "reader",
        "description": "Reads.",
        "instructions": "You read.",
        "tools": tuple(spec.name for spec in ALL),
        "limits": Limits(steps=5),
        **changes,
    }
    return AgentDefinition(**given)


def call(name: str, title: Any = "Rivers", identifier: str = "c1") -> ToolCall:
    """Return a call as a model's server gives it."""
    return ToolCall(identifier, name, {"title": title})
