"""Whatever a model calls and however it goes wrong, each call gets exactly one result, in order."""

from __future__ import annotations

from typing import Any

import anyio
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs
from tests.agents.boxes import Shelf, agent

from hades_mcp.agents.events import RunFinished, ToolCalled, ToolReturned
from hades_mcp.agents.limits import Limits
from hades_mcp.agents.run import run
from hades_mcp.messages import ToolCall
from hades_mcp.models import ChatRequest, ScriptedModel

names = st.sampled_from(["find", "lend", "crash", "unknown", "finds", ""])
arguments = st.one_of(
    st.none(),
    st.builds(lambda title: {"title": title}, st.sampled_from(["Rivers", "Lakes", "Seas"])),
    st.just({}),
)
replies = st.lists(st.lists(st.tuples(names, arguments), min_size=1, max_size=4), max_size=5)


@settings(deadline=None, max_examples=80)  # a busy machine is no failure
@given(replies, st.lists(st.sampled_from([True, False, None]), min_size=1))
def test_each_call_gets_exactly_one_result_in_order(script, permissions):
    calls = [
        [ToolCall(f"c{step}-{n}", name, given) for n, (name, given) in enumerate(reply)]
        for step, reply in enumerate(script)
    ]
    pending: list[Any] = [*calls]
    asked = 0

    def reply(request: ChatRequest) -> Any:
        _paired(request)
        if request.response_schema is not None or not pending:
            return '{"answer": "Done."}'
        return pending.pop(0)

    async def approve(call: ToolCall, reason: str) -> bool:
        nonlocal asked
        asked += 1
        allowed = permissions[asked % len(permissions)]
        if allowed is None:
            raise RuntimeError("nobody there")
        return bool(allowed)

    with capture_logs():
        events = anyio.run(_play, ScriptedModel(reply), approve)
    called = [event.call.id for event in events if isinstance(event, ToolCalled)]
    returned = [event.result.call_id for event in events if isinstance(event, ToolReturned)]
    assert called == returned
    assert len(set(called)) == len(called)
    assert isinstance(events[-1], RunFinished)


async def _play(model: ScriptedModel, approve: Any) -> list[Any]:
    who = agent(limits=Limits(steps=8))
    stream = run(who, "?", model=model, toolbox=Shelf(), approve=approve)
    return [event async for event in stream]


def _paired(request: ChatRequest) -> None:
    """Every request holds, for each call before it, exactly one result."""
    made = [call.id for message in request.messages for call in message.tool_calls]
    results = [m.tool_call_id for m in request.messages if m.role == "tool"]
    assert made == results
