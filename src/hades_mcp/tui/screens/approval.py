"""Asks a person whether a call may be made."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Label, Static

from hades_mcp.tui.widgets.tool_card import pretty_arguments

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from hades_mcp.messages import ToolCall


class ApprovalScreen(ModalScreen[bool]):
    """The whole call, and two keys: its result is whether the call may be made.

    Args:
        call: What the model wants done.
        reason: Why a person is asked.
    """

    CSS_PATH = "approval.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        ("y", "answer(True)", "Allow"),
        ("n", "answer(False)", "Deny"),
        ("escape", "answer(False)", "Deny"),
    ]

    def __init__(self, call: ToolCall, reason: str) -> None:
        super().__init__()
        self.call = call
        self.reason = reason

    def compose(self) -> ComposeResult:
        """Lay out the question."""
        with Vertical():
            yield Label(f"May the agent do this? {self.reason}.", markup=False, id="title")
            with VerticalScroll():
                yield Static(pretty_arguments(self.call), markup=False)
            yield Label("y  allow      n  deny", markup=False, id="keys")

    def action_answer(self, answer: bool) -> None:  # noqa: FBT001  Textual calls actions so
        """Close with the person's answer."""
        self.dismiss(answer)
