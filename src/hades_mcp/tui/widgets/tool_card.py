"""A tool call as a card: name, arguments and state in its title, the whole of it inside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

import orjson
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Collapsible, Static
from textual.widgets.collapsible import CollapsibleTitle

if TYPE_CHECKING:
    from hades_mcp.messages import ToolCall, ToolResult
    from hades_mcp.types import Json

State: TypeAlias = Literal["running", "waiting", "done", "failed", "denied", "stopped"]

MARKS: dict[State, str] = {
    "running": "…",
    "waiting": "?",
    "done": "✓",
    "failed": "✗",
    "denied": "-",
    "stopped": "■",
}
"""A sign for each state, so that none depends on colour alone."""


class ToolCard(Collapsible):
    """One call, from the moment it is made until it has its result; enter or a click unfolds it.

    Args:
        call: The call the model made.
    """

    def __init__(self, call: ToolCall) -> None:
        # markup=False everywhere: a result may hold brackets, and is not ours.
        self.arguments = Static(pretty_arguments(call), markup=False, classes="arguments")
        self.result = Static("", markup=False, classes="result")
        super().__init__(self.arguments, VerticalScroll(self.result, can_focus=False), title="")
        self.call = call
        self.state: State = "running"

    @property
    def is_open(self) -> bool:
        """Whether the call has no result yet."""
        return self.state in {"running", "waiting"}

    def on_mount(self) -> None:
        """Show the first state."""
        self.show(self.state)

    def show(self, state: State, note: str = "") -> None:
        """Show a state, with a word on it in the title."""
        self.state = state
        for one in MARKS:
            self.set_class(one == state, f"-{one}")
        text = f"{MARKS[state]} {call_line(self.call)}"
        # A Content, as a str would be read as markup.
        self.query_one(CollapsibleTitle).label = Content(f"{text}  {note}" if note else text)

    def finish(self, result: ToolResult, *, approved: bool = True) -> None:
        """Show what the call returned, or that it was denied; a failure unfolds."""
        self.result.update(pretty_json(result.content))
        # A call that could not be made was not approved either, but nobody was asked.
        if self.state == "waiting" and not approved:
            self.show("denied", "denied")
        elif result.is_error:
            self.show("failed", "failed")
            self.collapsed = False
        else:
            self.show("done", size_of(result.content))


def call_line(call: ToolCall) -> str:
    """Return a call on one line: `search(text="graphs", limit=3)`."""
    if call.arguments is None:
        return f"{call.name}({one_line(call.raw_arguments)})"
    given = (f"{name}={_json(value)}" for name, value in call.arguments.items())
    return f"{call.name}({one_line(', '.join(given))})"


def pretty_arguments(call: ToolCall) -> str:
    """Return a call's arguments to be read, or the model's own words when they were no JSON."""
    if call.arguments is None:
        return call.raw_arguments
    return orjson.dumps(call.arguments, option=orjson.OPT_INDENT_2).decode()


def pretty_json(text: str) -> str:
    """Return JSON text indented, and any other text as it is."""
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return text
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()


def size_of(text: str) -> str:
    """Return how much text there is, in words."""
    return f"{len(text)} characters" if len(text) < 10_000 else f"{len(text) // 1000}k characters"  # noqa: PLR2004  from there on a rough figure reads better


def one_line(text: str) -> str:
    """Return text with all white space as single spaces."""
    return " ".join(text.split())


def _json(value: Json) -> str:
    return orjson.dumps(value).decode()
