"""The untuned 0.5B works as analyst and scribe, picked by the router."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import pytest
from tests.agents.boxes import Shelf, agent
from tests.agents.library import real_modules

from hades_mcp.agents.approval import approve_all
from hades_mcp.agents.combining import open_toolbox
from hades_mcp.agents.definition import load_agent
from hades_mcp.agents.events import AgentSpoke, RunFinished, RunStarted, ToolCalled, ToolReturned
from hades_mcp.agents.routing import pick
from hades_mcp.agents.run import run
from hades_mcp.agents.servers import ServerDefinition
from hades_mcp.agents.toolbox import LocalToolbox
from hades_mcp.config import load_settings
from hades_mcp.models.registry import open_model
from hades_mcp.tools.toolset import Toolset

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hades_mcp.workspace import Workspace

pytestmark = [pytest.mark.anyio, pytest.mark.slow]
FILES = ("http.py", "response.py", "typings.py")


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    with real_modules(tmp_path_factory.mktemp("modules"), FILES) as opened:
        yield opened


@pytest.mark.parametrize(
    ("question", "who", "tool", "wanted"),
    [
        ("How many modules are there?", "analyst", "aql_read", str(len(FILES) + 1)),
        ("What does module arango.http import?", "analyst", "graph_traverse", "arango.typings"),
        ("Remember that the archive opens at nine.", "scribe", "context_add", "nine"),
    ],
)
async def test_the_router_picks_who_can_answer(workspace, model_url, question, who, tool, wanted):
    settings = load_settings(model_url=model_url, model_timeout=600)
    router = load_agent(workspace.settings.home, "router")
    picked = await pick(router, question, embedder=workspace.embedder)
    with anyio.fail_after(600):
        async with open_model(settings) as model:
            stream = run(
                picked,
                question,
                model=model,
                toolbox=LocalToolbox(Toolset(workspace)),
                approve=approve_all,
            )
            events = [event async for event in stream]
    started, finished = events[0], events[-1]
    assert isinstance(started, RunStarted)
    assert started.agent == who
    assert isinstance(finished, RunFinished)
    assert next(event.call.name for event in events if isinstance(event, ToolCalled)) == tool
    assert wanted in finished.answer, finished.answer


async def test_the_model_calls_a_tool_of_a_strange_server(model_url, tmp_path):
    """Its name, arguments and result are all the model knows of it."""
    town = ServerDefinition(
        "town",
        command=sys.executable,
        args=(str(Path(__file__).parent / "town_server.py"), str(tmp_path)),
        tools=("find",),
        reads=("find",),
    )
    guide = agent(
        name="guide",
        tools=(),
        servers=(town,),
        must_call=True,
        instructions="You know where streets are: call find, then answer from its result.",
    )
    settings = load_settings(model_url=model_url, model_timeout=600)
    with anyio.fail_after(600):
        async with open_model(settings) as model, open_toolbox(Shelf(), guide, tokens=400) as box:
            stream = run(guide, "Where is Elm street?", model=model, toolbox=box)
            events = [event async for event in stream]
    (called, *_) = [event.call for event in events if isinstance(event, ToolCalled)]
    assert called.name == "town_find"
    finished = events[-1]
    assert isinstance(finished, RunFinished)
    assert "north" in finished.answer


async def test_the_model_calls_another_agent(workspace, model_url):
    leader = agent(
        name="leader",
        tools=(),
        agents=(load_agent(workspace.settings.home, "analyst"),),
        must_call=True,
        instructions="You pass questions on: call ask_analyst, then answer from its result.",
    )
    settings = load_settings(model_url=model_url, model_timeout=600)
    box = LocalToolbox(Toolset(workspace))
    with anyio.fail_after(600):
        async with open_model(settings) as model:
            stream = run(leader, "How many modules are there?", model=model, toolbox=box)
            events = [event async for event in stream]
    below = [event.event for event in events if isinstance(event, AgentSpoke)]
    assert any(isinstance(one, ToolCalled) for one in below)
    assert isinstance(below[-1], RunFinished)
    # What it asks is its own wording, and so is what comes back: only that it does is sure.
    (first, *_) = [event.result for event in events if isinstance(event, ToolReturned)]
    assert (first.name, first.is_error) == ("ask_analyst", False)
    assert isinstance(events[-1], RunFinished)
