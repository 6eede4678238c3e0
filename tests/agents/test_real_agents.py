"""The untuned 0.5B works as analyst and scribe, picked by the router."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import arango
import pytest

from hades_mcp.agents.approval import approve_all
from hades_mcp.agents.definition import load_agent
from hades_mcp.agents.events import RunFinished, RunStarted, ToolCalled
from hades_mcp.agents.routing import pick
from hades_mcp.agents.run import run
from hades_mcp.agents.toolbox import LocalToolbox
from hades_mcp.config import load_settings
from hades_mcp.models.registry import open_model
from hades_mcp.tools.toolset import Toolset
from hades_mcp.workspace import open_workspace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hades_mcp.workspace import Workspace

pytestmark = [pytest.mark.anyio, pytest.mark.slow]
FILES = ("http.py", "response.py", "typings.py")
SOURCE = Path(arango.__file__).parent


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """A store that holds three modules of a real package."""
    folder = tmp_path_factory.mktemp("source") / "arango"
    folder.mkdir()
    (folder / "__init__.py").write_text('"""A driver."""\n', encoding="utf-8")
    for name in FILES:
        shutil.copy(SOURCE / name, folder / name)
    home = tmp_path_factory.mktemp("home")
    with open_workspace(load_settings(home=home)) as opened:
        opened.documents.ingest([folder])
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
    agent = await pick(router, question, embedder=workspace.embedder)
    with anyio.fail_after(600):
        async with open_model(settings) as model:
            stream = run(
                agent,
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
