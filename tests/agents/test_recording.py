"""A run leaves one trace: what was said, called and returned, and how it ended."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING

import anyio
import pytest
from opentelemetry.trace import get_current_span
from tests.agents.boxes import Shelf, agent, call

from hades_mcp.agents.events import RunFinished, RunStarted, ToolCalled
from hades_mcp.agents.run import run
from hades_mcp.models import ScriptedModel
from hades_mcp.traces.recorder import Recorder
from hades_mcp.traces.store import TraceStore

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hades_mcp.messages import ToolCall, ToolResult

pytestmark = pytest.mark.anyio


@pytest.fixture
def store(tmp_path) -> Iterator[TraceStore]:
    opened = TraceStore(tmp_path / "traces.sqlite")
    yield opened
    opened.close()


class Watching(Shelf):
    """Notes the trace that is current while it is called: what an MCP client would send along."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()

    async def call(self, call: ToolCall) -> ToolResult:
        self.seen.add(f"{get_current_span().get_span_context().trace_id:032x}")
        return await super().call(call)


async def test_a_run_is_recorded_with_its_calls_and_answer(store):
    box = Watching()
    model = ScriptedModel([[call("find"), call("lend", "Lakes", "c2")], "There are 3."])
    stream = run(agent(), "How many?", model=model, toolbox=box, recorder=Recorder(store))
    events = [event async for event in stream]
    started, finished = events[0], events[-1]
    assert isinstance(started, RunStarted)
    assert isinstance(finished, RunFinished)
    trace = store.get(finished.trace_id)
    assert trace.status == "finished"
    assert trace.outcome["answer"] == "There are 3."
    assert trace.outcome["stop_reason"] == "answered"
    calls = [made.name for step in trace.steps for made in step.calls]
    assert calls == ["find", "lend"]
    results = [seen.result for step in trace.steps for seen in step.observations]
    assert [(result.call_id, result.is_error) for result in results] == [
        ("c1", False),
        ("c2", True),
    ]
    assert box.seen == {finished.trace_id} == {started.trace_id}


async def test_a_run_left_early_is_recorded_as_cancelled(store):
    model = ScriptedModel([call("find"), "never"])
    stream = run(agent(), "How many?", model=model, toolbox=Shelf(), recorder=Recorder(store))
    async for event in stream:
        if isinstance(event, ToolCalled):
            break
    await stream.aclose()
    (summary,) = store.list()
    assert summary.status == "cancelled"


async def test_a_call_cut_short_still_gets_its_result(store):
    box = Shelf(readers=2)  # the other reader never comes
    model = ScriptedModel([call("wait")])

    async def play() -> None:
        stream = run(agent(), "How many?", model=model, toolbox=box, recorder=Recorder(store))
        async with aclosing(stream):
            async for _ in stream:
                pass

    async with anyio.create_task_group() as group:
        group.start_soon(play)
        await box.entered.wait()
        group.cancel_scope.cancel()
    (summary,) = store.list()
    trace = store.get(summary.id)
    results = [seen.result for step in trace.steps for seen in step.observations]
    assert [(result.content, result.is_error) for result in results] == [("Cancelled.", True)]
    assert trace.status == "cancelled"
