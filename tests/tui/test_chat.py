"""The chat shows a run as it happens, and no run can break the chat."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from hades_mcp.agents.events import (
    ApprovalNeeded,
    ModelResponded,
    RunEvent,
    RunFinished,
    RunStarted,
    TextDelta,
    ToolCalled,
    ToolReturned,
)
from hades_mcp.errors import Unavailable
from hades_mcp.messages import Message, ToolCall, ToolResult, Usage
from hades_mcp.tui.app import ChatApp
from hades_mcp.tui.widgets.tool_card import ToolCard

pytestmark = pytest.mark.anyio

CALL = ToolCall("1", "search", {"text": "edges"})
WRITE = ToolCall("2", "aql_write", {"query": "REMOVE 'a' IN things"})
STARTED = RunStarted("librarian", "scripted", "q", ("search",), "abcdef0123456789")


def finished(answer: str, reason: Any = "answered") -> RunFinished:
    return RunFinished(answer, reason, Usage(120, 7), "abcdef0123456789", 2)


def answer(text: str) -> list[RunEvent]:
    return [
        TextDelta(text),
        ModelResponded(Message("assistant", text), Usage(60, 4), 1),
        finished(text),
    ]


async def after(pilot: Pilot[None], holds: Callable[[], bool]) -> None:
    """Let the app work until something holds; the round that never comes fails the test."""
    for _ in range(200):
        await pilot.pause()
        if holds():
            return
    raise AssertionError("it never came")


async def ask(pilot: Pilot[None], text: str) -> None:
    pilot.app.screen.query_one(Input).value = text
    await pilot.press("enter")


class Script:
    """A run that waits at None until it is let on, and knows whether it was closed."""

    def __init__(self, *events: RunEvent | Exception | None) -> None:
        self.events = events
        self.questions: list[str] = []
        self.gate = asyncio.Event()
        self.closed = 0

    async def __call__(self, question: str) -> AsyncIterator[RunEvent]:
        self.questions.append(question)
        try:
            for event in self.events:
                if event is None:
                    await self.gate.wait()
                elif isinstance(event, Exception):
                    raise event
                else:
                    yield event
        finally:
            self.closed += 1


async def test_an_answer_streams_in_and_the_status_says_what_it_cost(seen):
    script = Script(STARTED, TextDelta("An edge **joi"), None, *answer("An edge **joins** two."))
    app = ChatApp(script, caption="librarian · scripted")
    async with app.run_test() as pilot:
        await ask(pilot, "What is an edge?")
        await after(pilot, lambda: "An edge **joi" in seen(app))
        script.gate.set()
        await after(pilot, lambda: "An edge joins two." in seen(app))
        await after(pilot, lambda: "120 tokens in, 7 out · trace abcdef01" in seen(app))
        assert "librarian · scripted" in seen(app)
        assert "What is an edge?" in seen(app)
        assert script.questions == ["What is an edge?"]
        assert app.screen.query_one(Input).value == ""


async def test_a_call_is_a_card_from_the_moment_it_is_made(seen):
    result = ToolResult("1", "search", '{"hits": []}')
    script = Script(STARTED, ToolCalled(CALL), None, ToolReturned(result), *answer("Nothing."))
    app = ChatApp(script)
    async with app.run_test() as pilot:
        await ask(pilot, "Edges?")
        await after(pilot, lambda: '… search(text="edges")' in seen(app))
        assert "search runs…" in seen(app)
        script.gate.set()
        await after(pilot, lambda: '✓ search(text="edges")' in seen(app))
        await after(pilot, lambda: "Nothing." in seen(app))


async def test_a_call_written_as_text_is_shown_once(seen):
    call = ToolCall("1", "search", {"text": "edges"}, '{"name": …}', channel="recovered")
    said = ModelResponded(Message("assistant", "I will look.", (call,)), Usage(), 1)
    app = ChatApp(Script(STARTED, TextDelta("I will look."), said, ToolCalled(call), None))
    async with app.run_test() as pilot:
        await ask(pilot, "Edges?")
        await after(pilot, lambda: "search(text=" in seen(app))
        assert '"name"' not in seen(app)
        assert "I will look." in seen(app)


async def test_escape_cancels_the_run_and_the_next_question_is_answered(seen):
    script = Script(STARTED, TextDelta("Half an ans"), ToolCalled(CALL), None, *answer("Whole."))
    app = ChatApp(script)
    async with app.run_test() as pilot:
        await ask(pilot, "One?")
        await after(pilot, lambda: "… search" in seen(app))
        await pilot.press("escape")
        await after(pilot, lambda: "Cancelled." in seen(app))
        assert "■ search" in seen(app)
        assert "Half an ans" in seen(app)
        assert script.closed == 1
        script.gate.set()
        await ask(pilot, "Two?")
        await after(pilot, lambda: "Whole." in seen(app))
        assert script.questions == ["One?", "Two?"]


async def test_escape_is_offered_only_while_something_runs(seen):
    app = ChatApp(Script(None))
    async with app.run_test() as pilot:
        await pilot.pause()
        assert "Cancel the run" not in seen(app)
        await ask(pilot, "One?")
        await after(pilot, lambda: "Cancel the run" in seen(app))
        await pilot.press("escape")
        await after(pilot, lambda: "Cancel the run" not in seen(app))


async def test_what_is_typed_while_a_run_goes_on_is_kept(seen):
    script = Script(STARTED, None, *answer("Done."))
    app = ChatApp(script)
    async with app.run_test() as pilot:
        await ask(pilot, "One?")
        await ask(pilot, "Two?")
        await after(pilot, lambda: "Still working" in seen(app))
        assert app.screen.query_one(Input).value == "Two?"
        assert script.questions == ["One?"]
        script.gate.set()
        await after(pilot, lambda: "Done." in seen(app))
        await pilot.press("enter")
        await after(pilot, lambda: script.questions == ["One?", "Two?"])


async def test_an_error_says_what_to_do_next_and_the_chat_lives_on(seen):
    script = Script(STARTED, TextDelta("Half"), Unavailable("No model answers.", hint="Start one."))
    app = ChatApp(script)
    async with app.run_test() as pilot:
        await ask(pilot, "One?")
        await after(pilot, lambda: "No model answers. Start one." in seen(app))
        assert "Half" in seen(app)
        script.events = tuple(answer("Better."))
        await ask(pilot, "Two?")
        await after(pilot, lambda: "Better." in seen(app))


async def test_a_bug_is_named_and_the_chat_lives_on(seen):
    script = Script(STARTED, ZeroDivisionError("division [bold]by zero"))
    app = ChatApp(script)
    async with app.run_test() as pilot:
        await ask(pilot, "One?")
        await after(pilot, lambda: "A bug: ZeroDivisionError: division [bold]by zero" in seen(app))
        script.events = tuple(answer("Better."))
        await ask(pilot, "Two?")
        await after(pilot, lambda: "Better." in seen(app))


@pytest.mark.parametrize("reason", ["steps", "tokens", "seconds", "repeated", "failed"])
async def test_a_run_that_was_stopped_says_why(seen, reason):
    app = ChatApp(Script(STARTED, finished("", reason)))
    async with app.run_test() as pilot:
        await ask(pilot, "One?")
        await after(pilot, lambda: "Stopped: " in seen(app))


async def test_nothing_asked_starts_nothing():
    script = Script()
    app = ChatApp(script)
    async with app.run_test() as pilot:
        await ask(pilot, "   ")
        await pilot.pause()
        assert script.questions == []


class Asking(ChatApp):
    """A chat whose every run wants to write, and asks."""

    def __init__(self) -> None:
        super().__init__(self.remove_a)

    async def remove_a(self, question: str) -> AsyncIterator[RunEvent]:
        yield ToolCalled(WRITE)
        yield ApprovalNeeded(WRITE, "aql_write deletes or overwrites")
        approved = await self.approve(WRITE, "aql_write deletes or overwrites")
        content = "[]" if approved else "A person said no."
        yield ToolReturned(ToolResult("2", "aql_write", content, not approved), approved)
        for event in answer("All right." if approved else "As you wish."):
            yield event


@pytest.mark.parametrize(
    ("key", "mark", "reply"), [("y", "✓", "All right."), ("n", "-", "As you wish.")]
)
async def test_a_write_waits_for_the_persons_word(seen, key, mark, reply):
    app = Asking()
    async with app.run_test() as pilot:
        await ask(pilot, "Remove a.")
        await after(pilot, lambda: "May the agent do this?" in seen(app))
        assert "aql_write deletes or overwrites" in seen(app)
        assert "REMOVE 'a' IN things" in seen(app)
        card = app.screen_stack[1].query_one(ToolCard)
        assert card.state == "waiting"
        await pilot.press(key)
        await after(pilot, lambda: reply in seen(app))
        assert f"{mark} aql_write" in seen(app)


async def test_a_run_cancelled_while_it_asks_takes_its_question_with_it(seen):
    app = Asking()
    async with app.run_test() as pilot:
        await ask(pilot, "Remove a.")
        await after(pilot, lambda: "May the agent do this?" in seen(app))
        await app.screen_stack[1].run_action("cancel")
        await after(pilot, lambda: "Cancelled." in seen(app))
        assert "May the agent do this?" not in seen(app)
        assert "■ aql_write" in seen(app)


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (40, 12)])
async def test_it_fits_on_every_terminal(seen, size):
    long = ToolCall("1", "aql_read", {"query": "FOR d IN documents RETURN d.title " * 10})
    app = ChatApp(Script(ToolCalled(long), *answer("A long answer. " * 60)))
    async with app.run_test(size=size) as pilot:
        await ask(pilot, "One?")
        await after(pilot, lambda: "tokens in" in seen(app))
        lines = seen(app).splitlines()
        assert len(lines) <= size[1]
        assert max(map(len, lines)) <= size[0]
        assert "Ask…" in seen(app)
        assert app.screen.max_scroll_x == app.screen.max_scroll_y == 0


async def test_control_q_quits(seen):
    app = ChatApp(Script())
    async with app.run_test() as pilot:
        await pilot.pause()
        assert "Quit" in seen(app)
        await pilot.press("ctrl+q")
    assert app.return_code == 0


async def test_quitting_in_the_middle_of_a_run_ends_the_run():
    script = Script(STARTED, ToolCalled(CALL), None)
    app = ChatApp(script)
    async with app.run_test() as pilot:
        await ask(pilot, "One?")
        await after(pilot, lambda: script.questions == ["One?"])
        await pilot.press("ctrl+q")
    assert script.closed == 1
