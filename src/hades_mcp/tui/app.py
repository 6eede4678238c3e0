"""The terminal application around the chat."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import App
from textual.binding import Binding

from hades_mcp.tui.screens.approval import ApprovalScreen
from hades_mcp.tui.screens.chat import ChatScreen

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from textual.binding import BindingType

    from hades_mcp.agents.events import RunEvent
    from hades_mcp.messages import ToolCall


class ChatApp(App[None]):
    """A chat with one agent.

    Args:
        run_agent: Starts a run for a question and yields its events.
        caption: What the bar says: agent and model.
    """

    TITLE = "HADES"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+q", "quit", "Quit", priority=True)]

    def __init__(
        self, run_agent: Callable[[str], AsyncIterator[RunEvent]], *, caption: str = "HADES"
    ) -> None:
        super().__init__()
        self._run_agent = run_agent
        self._caption = caption

    def on_mount(self) -> None:
        """Open the chat."""
        self.push_screen(ChatScreen(self._run_agent, self._caption))

    async def approve(self, call: ToolCall, reason: str) -> bool:
        """Ask the person whether a call may be made; give this to the run as its `approve`."""
        screen = ApprovalScreen(call, reason)
        try:
            return await self.push_screen_wait(screen)
        finally:
            if screen.is_current:  # the run was cancelled while it asked
                self.pop_screen()
