"""Denied, crashed, cancelled or made: each call gets one result, in the run and in its trace."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
import anyio.lowlevel
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs
from tests.agents.boxes import READS, TEXT, agent

from hades_mcp.agents.events import RunFinished, ToolCalled, ToolReturned
from hades_mcp.agents.limits import Limits
from hades_mcp.agents.run import run
from hades_mcp.agents.servers import ServerDefinition
from hades_mcp.messages import ToolAnnotations, ToolCall, ToolResult, ToolSpec
from hades_mcp.models import ScriptedModel
from hades_mcp.traces.recorder import Recorder
from hades_mcp.traces.store import TraceStore

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hades_mcp.models import ChatRequest

READ = ToolSpec("read", "Reads.", TEXT, READS)
WRITE = ToolSpec("write", "Writes.", TEXT, ToolAnnotations())
STRANGE = ToolSpec("strange", "A stranger's.", TEXT, READS, origin="town/strange")
FATES = st.sampled_from(["works", "crashes", "is refused", "times out", "cancels the run"])
CALLS = st.tuples(st.sampled_from(["read", "write", "strange", "unknown"]), FATES, st.booleans())


class Fateful:
    """A toolbox whose calls fare as their title says."""

    def __init__(self, scope: anyio.CancelScope) -> None:
        self.scope = scope
        self.made: list[str] = []

    async def specs(self) -> Sequence[ToolSpec]:
        return (READ, WRITE, STRANGE)

    async def call(self, call: ToolCall) -> ToolResult:
        assert call.arguments is not None
        self.made.append(call.id)
        match call.arguments["title"]:
            case "crashes":
                raise RuntimeError("inner detail")
            case "is refused":
                return ToolResult(call.id, call.name, "No.", is_error=True)
            case "times out":
                raise TimeoutError
            case "hangs":
                await anyio.sleep_forever()
            case "cancels the run":
                self.scope.cancel()
                await anyio.sleep_forever()
        await anyio.lowlevel.checkpoint()
        return ToolResult(call.id, call.name, "Done.")


async def play(
    calls: list[ToolCall], store: TraceStore, permissions: Any, seconds: float = 300.0
) -> tuple[Any, ...]:
    """Run one reply's calls; return the events, the toolbox and whether the run was cancelled."""

    def reply(request: ChatRequest) -> Any:
        if request.messages[-1].role == "user":
            return calls
        return '{"answer": "Done."}' if request.response_schema else "Done."

    async def approve(call: ToolCall, reason: str) -> bool:
        del reason
        return bool(permissions[call.id])

    events: list[Any] = []
    with anyio.fail_after(30), anyio.CancelScope() as scope:
        box = Fateful(scope)
        servers = (ServerDefinition("town", command="unused"),)
        who = agent(tools=("read", "write"), servers=servers, limits=Limits(seconds=seconds))
        model, recorder = ScriptedModel(reply), Recorder(store)
        async for event in run(
            who, "?", model=model, toolbox=box, recorder=recorder, approve=approve
        ):
            events.append(event)  # noqa: PERF401  what came before a cancellation counts too
    return events, box, scope.cancelled_caught


@settings(max_examples=30)
@given(st.lists(CALLS, min_size=1, max_size=5), st.data())
def test_under_any_schedule_each_call_gets_one_result(drawn, data):
    calls, permissions = [], {}
    for number, (name, fate, fits) in enumerate(drawn):
        identifier = f"c{number}"
        calls.append(ToolCall(identifier, name, {"title": fate} if fits else {"titel": fate}))
        permissions[identifier] = data.draw(st.booleans())
    with tempfile.TemporaryDirectory() as folder, capture_logs():
        store = TraceStore(Path(folder) / "traces.sqlite")
        try:
            events, box, cancelled = anyio.run(play, calls, store, permissions)
            (summary,) = store.list()
            trace = store.get(summary.id)
        finally:
            store.close()
    wanted = [call.id for call in calls]
    recorded = [seen.result.call_id for step in trace.steps for seen in step.observations]
    assert sorted(recorded) == wanted  # side by side, the first to end is recorded first
    assert [event.call.id for event in events if isinstance(event, ToolCalled)] == wanted
    returned = [event.result.call_id for event in events if isinstance(event, ToolReturned)]
    assert returned == wanted[: len(returned)]
    assert len(set(box.made)) == len(box.made)
    by_id = {call.id: call for call in calls}
    assert all(by_id[made].name != "unknown" for made in box.made)
    assert all(
        "title" in (by_id[made].arguments or {})
        for made in box.made
        if by_id[made].name == "strange"
    )
    if cancelled:
        assert trace.status == "cancelled"
        return
    assert isinstance(events[-1], RunFinished)
    assert returned == wanted
    shown = [m.tool_call_id for m in events[-1].messages if m.role == "tool"]
    assert shown == wanted
    assert all(permissions[made] for made in box.made if by_id[made].name == "write")


@pytest.mark.anyio
async def test_writes_are_made_one_after_another_in_order(tmp_path):
    store = TraceStore(tmp_path / "traces.sqlite")
    calls = [ToolCall(f"c{n}", "write", {"title": "works"}) for n in range(4)]
    _, box, _ = await play(calls, store, dict.fromkeys(("c0", "c1", "c2", "c3"), True))
    store.close()
    assert box.made == ["c0", "c1", "c2", "c3"]


@pytest.mark.anyio
async def test_a_write_that_outlasts_the_run_is_not_said_to_have_failed(tmp_path):
    store = TraceStore(tmp_path / "traces.sqlite")
    call = ToolCall("c0", "write", {"title": "hangs"})
    events, _, _ = await play([call], store, {"c0": True}, seconds=2.0)
    store.close()
    (returned,) = [event for event in events if isinstance(event, ToolReturned)]
    assert "Whether it was done is not known." in returned.result.content
    assert events[-1].stop_reason == "seconds"
