"""The chat on the real run loop, with real tools on a real store; only the model is scripted."""

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.app import App
from textual.pilot import Pilot
from textual.widgets import Input

from hades_mcp.agents.definition import AgentDefinition
from hades_mcp.agents.events import RunEvent
from hades_mcp.agents.run import run
from hades_mcp.agents.toolbox import LocalToolbox
from hades_mcp.config import load_settings
from hades_mcp.messages import ToolCall
from hades_mcp.models.scripted import ScriptedModel
from hades_mcp.tools.toolset import Toolset
from hades_mcp.tui.app import ChatApp
from hades_mcp.workspace import open_workspace

pytestmark = pytest.mark.anyio

Seen = Callable[[App[Any]], str]

AGENT = AgentDefinition(
    "keeper", "Keeps notes.", "You keep notes.", ("context_add", "context_list")
)
ADD = ToolCall("a", "context_add", {"context": "house", "content": "The roofer comes on Thursday."})
LIST = ToolCall("l", "context_list", {})
BAD = ToolCall("b", "context_list", {"limt": 3})


class Place:
    """A chat with the keeper of a real workspace."""

    def __init__(self, home: Path, model: ScriptedModel) -> None:
        self.workspace = open_workspace(load_settings(home=home), preload=False)
        self.model = model
        self.toolbox = LocalToolbox(Toolset(self.workspace))
        self.app = ChatApp(self.start)

    def start(self, question: str) -> AsyncIterator[RunEvent]:
        return run(
            AGENT,
            question,
            model=self.model,
            toolbox=self.toolbox,
            recorder=self.workspace.recorder,
            approve=self.app.approve,
        )


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    place = Place(tmp_path, ScriptedModel([BAD, ADD, LIST, "I have noted it."]))
    with place.workspace:
        yield place


async def until_seen(pilot: Pilot[None], seen: Seen, text: str) -> None:
    for _ in range(2000):
        if text in seen(pilot.app):
            return
        await pilot.pause(0.01)
    raise AssertionError(f"{text} never came:\n{seen(pilot.app)}")


async def test_a_run_that_reads_writes_and_errs_is_shown_and_recorded(
    seen: Seen, place: Place
) -> None:
    async with place.app.run_test(size=(100, 40)) as pilot:
        place.app.screen.query_one(Input).value = "Note that the roofer comes on Thursday."
        await pilot.press("enter")
        await until_seen(pilot, seen, "May the agent do this?")
        await pilot.press("y")
        await until_seen(pilot, seen, "· trace")
        shown = seen(place.app)
    assert "✗ context_list(limt=3)" in shown
    assert '✓ context_add(context="house"' in shown
    assert "✓ context_list()" in shown
    assert "I have noted it." in shown
    (context,) = place.workspace.contexts.list()
    assert context.name == "house"
    (trace,) = place.workspace.traces.list()
    assert trace.status == "finished"
    assert trace.title.startswith("Note that the roofer")


async def test_a_cancelled_run_writes_nothing_and_is_recorded_as_cancelled(
    seen: Seen, place: Place
) -> None:
    async with place.app.run_test() as pilot:
        place.app.screen.query_one(Input).value = "Note it."
        await pilot.press("enter")
        await until_seen(pilot, seen, "May the agent do this?")
        await place.app.screen_stack[1].run_action("cancel")
        await until_seen(pilot, seen, "Cancelled.")
    assert place.workspace.contexts.list() == []
    (trace,) = place.workspace.traces.list()
    assert trace.status == "cancelled"
