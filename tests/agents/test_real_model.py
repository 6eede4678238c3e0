"""The untuned 0.5B answers simple questions about real code through the real tools."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from tests.agents.library import real_modules

from hades_mcp.agents.approval import approve_all
from hades_mcp.agents.definition import load_agent
from hades_mcp.agents.events import ModelResponded, RunFinished, ToolCalled
from hades_mcp.agents.run import run
from hades_mcp.agents.toolbox import LocalToolbox
from hades_mcp.config import load_settings
from hades_mcp.models.registry import open_model
from hades_mcp.tools.toolset import Toolset

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hades_mcp.messages import Message, Usage
    from hades_mcp.workspace import Workspace

pytestmark = [pytest.mark.anyio, pytest.mark.slow]
FILES = ("http.py", "response.py", "typings.py", "graph.py", "request.py")


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    with real_modules(tmp_path_factory.mktemp("modules"), FILES) as opened:
        yield opened


@pytest.mark.parametrize(
    ("question", "tool", "wanted"),
    [
        ("Which class represents a graph?", "search", ["arango.graph.Graph"]),
        (
            "What does module arango.http import?",
            "graph_traverse",
            ["arango.response", "arango.typings"],
        ),
        ("How many modules are there?", "aql_read", [str(len(FILES) + 1)]),
    ],
)
async def test_a_simple_question_is_answered(workspace, model_url, question, tool, wanted):
    settings = load_settings(model_url=model_url, model_timeout=600)
    async with open_model(settings) as model:
        stream = run(
            load_agent(workspace.settings.home, "librarian"),
            question,
            model=model,
            toolbox=LocalToolbox(Toolset(workspace)),
            approve=approve_all,
        )
        events = [event async for event in stream]
    finished = events[-1]
    assert isinstance(finished, RunFinished)
    assert [event.call.name for event in events if isinstance(event, ToolCalled)] == [tool]
    assert all(name in finished.answer for name in wanted), finished.answer


async def test_each_request_finds_the_one_before_in_the_servers_cache(workspace, model_url):
    """Prompts only grow, within a run and from one run to the next: only what is new is read."""
    settings = load_settings(model_url=model_url, model_timeout=600)
    agent = load_agent(workspace.settings.home, "librarian")
    toolbox = LocalToolbox(Toolset(workspace))
    costs: list[Usage] = []
    async with open_model(settings) as model:
        history: tuple[Message, ...] = ()
        for question in ("Which class represents a graph?", "What does module arango.http import?"):
            stream = run(agent, question, model=model, toolbox=toolbox, history=history)
            async for event in stream:
                if isinstance(event, ModelResponded):
                    costs.append(event.usage)
                if isinstance(event, RunFinished):
                    history = event.messages
    assert len(costs) >= 4
    for before, after in pairwise(costs):
        assert after.cached_tokens >= 0.98 * before.prompt_tokens, costs
