"""The conversation so far: questions, answers as they stream in, tool cards, notices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import VerticalScroll
from textual.widgets import Markdown, Static

from hades_mcp.tui.widgets.tool_card import ToolCard

if TYPE_CHECKING:
    from textual.widgets.markdown import MarkdownStream

    from hades_mcp.messages import ToolCall, ToolResult


class Transcript(VerticalScroll):
    """Everything said and done, oldest first; stays at the end until the reader scrolls up."""

    def __init__(self) -> None:
        super().__init__()
        self._reply: Markdown | None = None
        self._stream: MarkdownStream | None = None
        self._said = ""
        self._cards: dict[str, ToolCard] = {}

    def on_mount(self) -> None:
        """Follow what is added."""
        self.anchor()

    async def ask(self, question: str) -> None:
        """Show what the person asked."""
        self._cards.clear()
        await self.mount(Static(question, markup=False, classes="question"))
        self.anchor()

    async def write(self, text: str) -> None:
        """Add a piece to the answer that is being written."""
        if self._stream is None:
            self._reply = Markdown(classes="answer", open_links=False)
            await self.mount(self._reply)
            # Joins pieces that come faster than they can be drawn: 2.5 ms a piece instead of 79.
            self._stream = Markdown.get_stream(self._reply)
        self._said += text
        await self._stream.write(text)

    async def settle(self, text: str | None = None) -> None:
        """End the answer that is being written.

        Args:
            text: What the model really said, where the pieces were not it: text that turned out to
                be a tool call, or that did not stream. None keeps the pieces.
        """
        if self._stream is not None:
            await self._stream.stop()
        if text is not None and text != self._said:
            await self._replace(text)
        self._reply, self._stream, self._said = None, None, ""

    async def add_call(self, call: ToolCall) -> ToolCard:
        """Show a call as running, or return its card when it is shown and has no result yet."""
        card = self._cards.get(call.id)
        if card is None or not card.is_open:
            card = self._cards[call.id] = ToolCard(call)
            await self.mount(card)
        return card

    def finish_call(self, result: ToolResult, *, approved: bool = True) -> None:
        """Show what a call returned in its card, or that the person denied it."""
        if card := self._cards.get(result.call_id):
            card.finish(result, approved=approved)

    def stop_calls(self) -> None:
        """Show that whatever still runs will not return."""
        for card in self._cards.values():
            if card.is_open:
                card.show("stopped")

    async def note(self, text: str, kind: str = "notice") -> None:
        """Add a line that nobody said: `kind` is its CSS class, `notice` or `error`."""
        await self.mount(Static(text, markup=False, classes=kind))

    async def _replace(self, text: str) -> None:
        if self._reply is not None and not text.strip():
            await self._reply.remove()
        elif self._reply is not None:
            await self._reply.update(text)
        elif text.strip():
            await self.mount(Markdown(text, classes="answer", open_links=False))
