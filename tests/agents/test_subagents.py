"""Agents call agents as tools: bounded, heard, recorded inside the call, and ended with it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import anyio
import pytest
from tests.agents.boxes import Shelf, agent, call

from hades_mcp.agents.approval import ApprovalPolicy, approve_all
from hades_mcp.agents.events import (
    AgentSpoke,
    ApprovalNeeded,
    RunFinished,
    RunStarted,
    ToolCalled,
    ToolReturned,
)
from hades_mcp.agents.limits import Limits
from hades_mcp.agents.run import run
from hades_mcp.agents.subagents import colleague_specs
from hades_mcp.messages import Message, ToolCall, Usage
from hades_mcp.models.base import ChatResponse
from hades_mcp.models.scripted import ScriptedModel
from hades_mcp.prompts.chat import signature
from hades_mcp.traces.recorder import Recorder
from hades_mcp.traces.store import TraceStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Any

    from hades_mcp.agents.events import RunEvent

pytestmark = pytest.mark.anyio
CLERK = agent(name="clerk", description="Knows the shelves.", tools=("find", "lend"))
BOSS = agent(name="boss", tools=("find",), agents=(CLERK,))
ASK = ToolCall("a1", "ask_clerk", {"question": "How many Rivers?"})


@pytest.fixture
def store(tmp_path: Path) -> Iterator[TraceStore]:
    store = TraceStore(tmp_path / "traces.sqlite")
    yield store
    store.close()


async def heard(who: Any, script: list[Any], shelf: Shelf, **given: Any) -> list[RunEvent]:
    model = given.pop("model", None) or ScriptedModel(script)
    with anyio.fail_after(30):
        return [one async for one in run(who, "Ask.", model=model, toolbox=shelf, **given)]


def last(events: list[RunEvent]) -> RunFinished:
    assert isinstance(events[-1], RunFinished)
    return events[-1]


def test_an_agent_is_told_in_one_line():
    (spec,) = colleague_specs([CLERK])
    assert signature(spec) == "ask_clerk(question: str) - Knows the shelves."


async def test_a_called_agent_answers_and_is_heard_while_it_works():
    model = ScriptedModel([ASK, call("find"), "There are 3 Rivers.", "Three."])
    events = await heard(BOSS, [], Shelf(), model=model)
    started = events[0]
    assert isinstance(started, RunStarted)
    assert started.tools == ("find", "ask_clerk")
    inner = [one for one in events if isinstance(one, AgentSpoke)]
    assert {(one.agent, one.call_id) for one in inner} == {("clerk", "a1")}
    assert isinstance(inner[0].event, RunStarted)
    assert isinstance(inner[-1].event, RunFinished)
    (returned,) = [one.result for one in events if isinstance(one, ToolReturned)]
    assert returned.call_id == "a1"
    assert json.loads(returned.content)["answer"] == "There are 3 Rivers."
    assert last(events).answer == "Three."
    kinds = [type(one) for one in events]
    assert kinds.index(ToolCalled) < kinds.index(AgentSpoke) < kinds.index(ToolReturned)
    # the clerk has its own conversation: its prompt, the question, nothing of the boss's
    said = [message.content for message in model.requests[1].messages]
    assert said == ["You read.", "How many Rivers?"]


async def test_what_a_called_agent_costs_its_caller_pays():
    def reply(text: str, *calls: ToolCall) -> ChatResponse:
        return ChatResponse(Message("assistant", text, calls), Usage(10, 1))

    script = [reply("", ASK), reply("", call("find")), reply("3."), reply("Three.")]
    assert last(await heard(BOSS, script, Shelf())).usage == Usage(40, 4)
    # the clerk may spend what the boss has left, and no more
    poor = replace(BOSS, limits=Limits(tokens=30))
    script = [reply("", ASK), *[reply("", call("find", str(n), f"c{n}")) for n in range(5)]]
    events = await heard(poor, script, Shelf())
    (inner,) = [
        one.event
        for one in events
        if isinstance(one, AgentSpoke) and isinstance(one.event, RunFinished)
    ]
    assert inner.stop_reason == "tokens"
    assert last(events).stop_reason == "tokens"


async def test_a_write_of_a_called_agent_asks_the_same_person_who_hears_for_whom():
    asked: list[str] = []

    async def person(made: ToolCall, reason: str) -> bool:
        asked.append(f"{made.name}: {reason}")
        return True

    shelf = Shelf()
    eager = replace(BOSS, approval=ApprovalPolicy(writes="auto"))
    script = [ASK, call("lend"), "Lent.", "Done."]
    events = await heard(eager, script, shelf, approve=person)
    assert asked == ["lend: clerk: lend deletes or overwrites."]
    assert shelf.books["Rivers"] == 2
    needed = [one.event for one in events if isinstance(one, AgentSpoke)]
    assert any(isinstance(one, ApprovalNeeded) for one in needed)


async def test_the_policy_may_deny_calling_an_agent():
    strict = replace(BOSS, approval=ApprovalPolicy(tools={"ask_clerk": "deny"}))
    events = await heard(strict, [ASK, "I may not."], Shelf(), approve=approve_all)
    assert not [one for one in events if isinstance(one, AgentSpoke)]
    (returned,) = [one for one in events if isinstance(one, ToolReturned)]
    assert not returned.approved


async def test_a_call_without_a_question_is_answered_with_the_way_to_write_it():
    events = await heard(BOSS, [ToolCall("a1", "ask_clerk", {"q": 1}), "Sorry."], Shelf())
    (returned,) = [one.result for one in events if isinstance(one, ToolReturned)]
    assert returned.is_error
    assert "ask_clerk(question: str)" in returned.content


async def test_an_agent_whose_model_is_gone_is_an_error_and_not_the_end():
    def script(request: Any) -> Any:
        if request.messages[-1].content == "How many Rivers?":
            return next(iter(()), None) or _gone()
        return ASK if request.messages[-1].role == "user" else "It did not answer."

    events = await heard(BOSS, [], Shelf(), model=ScriptedModel(script))
    (returned,) = [one.result for one in events if isinstance(one, ToolReturned)]
    assert returned.is_error
    assert "has left" in returned.content
    assert last(events).answer == "It did not answer."


def _gone() -> Any:
    from hades_mcp.errors import Unavailable

    raise Unavailable("The model has left.")


async def test_its_record_is_its_own_and_names_the_call(store: TraceStore):
    script = [ASK, call("find"), "3.", "Three."]
    events = await heard(BOSS, script, Shelf(), recorder=Recorder(store))
    inner = next(
        one.event.trace_id
        for one in events
        if isinstance(one, AgentSpoke) and isinstance(one.event, RunStarted)
    )
    outer = last(events).trace_id
    child, parent = store.get(inner), store.get(outer)
    assert child.header.hades["parent"] == {"trace": outer, "call": "a1"}
    assert child.header.session == parent.header.session
    assert child.header.agent == "clerk"
    assert [one.result.call_id for step in parent.steps for one in step.observations] == ["a1"]
    assert {child.status, parent.status} == {"finished"}


async def test_a_cancelled_run_ends_the_run_of_the_agent_it_called(store: TraceStore):
    waiter = agent(name="waiter", tools=("wait",))
    boss = agent(name="boss", tools=("find",), agents=(waiter,))
    shelf = Shelf(readers=2)
    model = ScriptedModel([ToolCall("a1", "ask_waiter", {"question": "Wait."}), call("wait")])
    stream = run(boss, "Go.", model=model, toolbox=shelf, recorder=Recorder(store))
    traces: list[str] = []

    async def listen() -> None:
        async for event in stream:
            said = event.event if isinstance(event, AgentSpoke) else event
            if isinstance(said, RunStarted):
                traces.append(said.trace_id)

    with anyio.fail_after(30):
        async with anyio.create_task_group() as group:
            group.start_soon(listen)
            await shelf.entered.wait()
            group.cancel_scope.cancel()
    assert [store.get(one).status for one in traces] == ["cancelled", "cancelled"]
    (result,) = [one for step in store.get(traces[0]).steps for one in step.observations]
    assert result.result.content == "Cancelled."


async def test_a_run_closed_early_ends_the_one_below(store: TraceStore):
    model = ScriptedModel([ASK, call("find"), "3.", "Three."])
    stream = run(BOSS, "Go.", model=model, toolbox=Shelf(), recorder=Recorder(store))
    traces: list[str] = []
    with anyio.fail_after(30):
        async for event in stream:
            said = event.event if isinstance(event, AgentSpoke) else event
            if isinstance(said, RunStarted):
                traces.append(said.trace_id)
            if isinstance(event, AgentSpoke) and isinstance(event.event, ToolCalled):
                break
        await stream.aclose()
    assert [store.get(one).status for one in traces] == ["cancelled", "cancelled"]


async def test_an_agent_below_an_agent_speaks_through_both():
    middle = agent(name="middle", tools=("find",), agents=(CLERK,))
    boss = agent(name="boss", tools=("find",), agents=(middle,))
    first = ToolCall("m1", "ask_middle", {"question": "Ask the clerk."})
    script = [first, ASK, call("find"), "3.", "The clerk says 3.", "Three."]
    events = await heard(boss, script, Shelf())
    nested = [
        (one.agent, one.event.agent)
        for one in events
        if isinstance(one, AgentSpoke) and isinstance(one.event, AgentSpoke)
    ]
    assert set(nested) == {("middle", "clerk")}
    assert last(events).answer == "Three."
