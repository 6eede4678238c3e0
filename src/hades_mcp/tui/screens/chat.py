"""The chat: a transcript, a line to ask on, and the run that answers."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar, assert_never

from textual import on
from textual.binding import Binding
from textual.screen import Screen
from textual.widgets import Footer, Input, Label

from hades_mcp.agents.events import (
    AgentSpoke,
    ApprovalNeeded,
    Compacted,
    ModelResponded,
    RunFinished,
    RunStarted,
    TextDelta,
    ToolCalled,
    ToolReturned,
)
from hades_mcp.errors import HadesError
from hades_mcp.tui.messages import RunAdvanced, RunEnded
from hades_mcp.tui.widgets.transcript import Transcript

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.worker import Worker

    from hades_mcp.agents.events import RunEvent
    from hades_mcp.agents.limits import StopReason


STOPPED: dict[StopReason, str] = {
    "answered": "",
    "steps": "it took as many steps as it may",
    "tokens": "it used as many tokens as it may",
    "seconds": "it took as long as it may",
    "repeated": "it made the same call again and again",
    "failed": "the model got it wrong however it was asked",
}
"""Why a run ended, in words; nothing when it simply answered."""


class ChatScreen(Screen[None]):
    """One conversation.

    Args:
        run_agent: Starts a run for a question; its events are shown as they come.
        caption: What the bar says: agent and model.
    """

    CSS_PATH = "chat.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel the run", priority=True),
    ]

    def __init__(self, run_agent: Callable[[str], AsyncIterator[RunEvent]], caption: str) -> None:
        super().__init__()
        self._run_agent = run_agent
        self._caption = caption
        self._run: Worker[None] | None = None

    def compose(self) -> ComposeResult:
        """Lay the screen out, from top to bottom."""
        yield Label(self._caption, markup=False, id="bar")
        yield Transcript()
        yield Label("", markup=False, id="status")
        yield Input(placeholder="Ask…", id="ask")
        yield Footer()

    def on_mount(self) -> None:
        """Let the person type at once."""
        self.query_one(Input).focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        """Offer to cancel only while something runs."""
        return self._run is not None if action == "cancel" else True

    def action_cancel(self) -> None:
        """Stop the run; what it has said stays."""
        if self._run is not None:
            self._run.cancel()

    @on(Input.Submitted)
    async def start(self, event: Input.Submitted) -> None:
        """Put the question to the agent, unless it is still busy with the last."""
        question = event.value.strip()
        if not question:
            return
        if self._run is not None:
            self._say("Still working: Esc cancels. What you typed stays.")
            return
        event.input.clear()
        await self.query_one(Transcript).ask(question)
        self._say("…")
        self._run = self.run_worker(self._play(question), exit_on_error=False)
        self.refresh_bindings()

    async def _play(self, question: str) -> None:
        """Run the agent and report each fact; whatever ends it is reported too."""
        try:
            async for event in self._run_agent(question):
                self.post_message(RunAdvanced(event))
        except asyncio.CancelledError:
            self.post_message(RunEnded(cancelled=True))
            raise
        except Exception as error:  # noqa: BLE001  a broken run must not take the chat with it
            self.post_message(RunEnded(error))
        else:
            self.post_message(RunEnded())

    @on(RunAdvanced)
    async def show(self, message: RunAdvanced) -> None:
        """Show one fact of the run."""
        transcript = self.query_one(Transcript)
        if not transcript.is_attached:
            return  # the app is closing, its queue is still being emptied
        match message.event:
            case RunStarted():
                self._say("thinking…")
            case TextDelta(text=text):
                await transcript.write(text)
            case ModelResponded(message=said):
                await transcript.settle(said.content)
            case ToolCalled(call=call):
                await transcript.add_call(call)
                self._say(f"{call.name} runs…")
            case ApprovalNeeded(call=call, reason=reason):
                (await transcript.add_call(call)).show("waiting", reason)
            case ToolReturned(result=result, approved=approved):
                transcript.finish_call(result, approved=approved)
                self._say("thinking…")
            case Compacted() | AgentSpoke() as aside:
                await self._show_aside(aside)
            case RunFinished() as finished:
                await self._show_end(finished)
            case never:
                assert_never(never)

    @on(RunEnded)
    async def end(self, message: RunEnded) -> None:
        """Make the line ready for the next question and say what went wrong."""
        self._run = None
        transcript = self.query_one(Transcript)
        if not transcript.is_attached:
            return
        self.refresh_bindings()
        await transcript.settle()
        transcript.stop_calls()
        if message.cancelled:
            await transcript.note("Cancelled.")
            self._say("")
        elif message.error is not None:
            await transcript.note(_explain(message.error), "error")
            self._say("")

    async def _show_aside(self, aside: Compacted | AgentSpoke) -> None:
        match aside:
            case AgentSpoke(agent=name):
                self._say(f"{name} works on it…")
            case Compacted():
                await self.query_one(Transcript).note("The older part is a summary from now on.")

    async def _show_end(self, finished: RunFinished) -> None:
        if why := STOPPED[finished.stop_reason]:
            await self.query_one(Transcript).note(f"Stopped: {why}.")
        usage = finished.usage
        tokens = f"{usage.prompt_tokens} tokens in, {usage.completion_tokens} out"
        self._say(f"{finished.steps} steps · {tokens} · trace {finished.trace_id[:8]}")

    def _say(self, status: str) -> None:
        self.query_one("#status", Label).update(status)


def _explain(error: Exception) -> str:
    if isinstance(error, HadesError):
        return str(error)
    return f"A bug: {type(error).__name__}: {error}"
