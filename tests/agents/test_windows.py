"""A conversation is shortened before its window is full: in one cut, and never without a word."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from tests.agents.boxes import READS, TEXT, Shelf, agent, call
from tests.agents.library import ask, library, query, reader

from hades_mcp.agents.definition import Example
from hades_mcp.agents.events import Compacted, RunFinished
from hades_mcp.agents.limits import Limits
from hades_mcp.agents.measures import Measures
from hades_mcp.agents.run import run
from hades_mcp.agents.showing import Results
from hades_mcp.agents.windows import HEAD, compact, cost
from hades_mcp.errors import LimitReached
from hades_mcp.messages import Message, ToolCall, ToolResult, ToolSpec, Usage
from hades_mcp.models import ScriptedModel
from hades_mcp.models.base import ChatResponse
from hades_mcp.prompts.chat import render
from hades_mcp.tokens import count_tokens
from hades_mcp.traces.recorder import Recorder
from hades_mcp.traces.store import TraceStore

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hades_mcp.models import ChatRequest

pytestmark = pytest.mark.anyio
LONG = Limits(steps=40, tokens=10**9, repeats=99)
EXAMPLES = (Example("Which?", "find", {"title": "a"}),)


class Wordy(Shelf):
    """Returns a page of text for each book."""

    async def specs(self) -> Sequence[ToolSpec]:
        return (ToolSpec("find", "Find a book.", TEXT, READS),)

    async def call(self, call: ToolCall) -> ToolResult:
        title = str((call.arguments or {})["title"])
        return ToolResult(call.id, call.name, f"{title}: " + "water " * 120)


def reads(calls: int) -> ScriptedModel:
    """Return a model that reads so many books, answers, and counts its prompts as a server does."""
    made = iter(range(calls))

    def reply(request: ChatRequest) -> ChatResponse:
        number = next(made, None)
        said = Message("assistant", "Water.")
        if number is not None:
            said = Message("assistant", "", (call("find", f"Book {number}", f"c{number}"),))
        return ChatResponse(said, Usage(count_tokens(render(request.messages, request.tools)), 5))

    return ScriptedModel(reply, context_window=2048)


async def play(model: ScriptedModel, **given: Any) -> list[Any]:
    who = given.pop("who", None) or agent(
        tools=("find",), limits=LONG, max_tokens=128, examples=EXAMPLES
    )
    stream = run(who, "What is in them all?", model=model, toolbox=Wordy(), **given)
    return [event async for event in stream]


async def test_what_nears_the_window_becomes_a_summary_in_one_cut_and_then_only_grows():
    model = reads(16)
    events = await play(model)
    assert events[-1].answer == "Water."
    cuts = [event for event in events if isinstance(event, Compacted)]
    assert cuts
    texts = [render(request.messages, request.tools) for request in model.requests]
    grown = [after.startswith(before) for before, after in pairwise(texts)]
    assert grown.count(False) == len(cuts)
    assert all(count_tokens(text) + 128 <= 2048 for text in texts)
    opening = render(model.requests[0].messages[:3], model.requests[0].tools, reply=False)
    assert all(text.startswith(opening) for text in texts)  # system, tools, examples: cached
    for request in model.requests:
        assert request.messages[3].role == "user"
        assert request.messages[3].content.endswith("What is in them all?")
        made = [one.id for message in request.messages for one in message.tool_calls]
        assert made == [one.tool_call_id for one in request.messages if one.role == "tool"]


async def test_the_summary_tells_what_was_called_and_found():
    events = await play(reads(12))
    cut = next(event for event in events if isinstance(event, Compacted))
    assert cut.summary.startswith(HEAD)
    assert 'You called find({"title": "Book ' in cut.summary
    assert "find returned: Book" in cut.summary
    assert cut.after < cut.before
    assert cut.dropped > 0


async def test_a_cut_is_in_the_trace(tmp_path):
    store = TraceStore(tmp_path / "traces.sqlite")
    events = await play(reads(12), recorder=Recorder(store))
    trace = store.get(events[-1].trace_id)
    store.close()
    cuts = [event for event in events if isinstance(event, Compacted)]
    marked = [step for step in trace.steps if step.hades.get("compacted")]
    assert [step.message for step in marked] == [cut.summary for cut in cuts]


async def test_old_turns_give_way_to_the_question_now():
    history = [Message("system", "You read.")]
    for number in range(30):
        history.append(Message("user", f"Question {number}?"))
        history.append(Message("assistant", f"Answer {number}. " + "water " * 60))
    model = reads(0)
    events = await play(model, history=history)
    asked = model.requests[0].messages
    assert asked[-1].content.endswith("What is in them all?")
    (summary,) = [message for message in asked if message.content.startswith(HEAD)]
    assert "The user asked: Question" in summary.content
    assert isinstance(events[-1], RunFinished)
    roles = [message.role for message in asked]
    assert all(not (one == two == "user") for one, two in pairwise(roles))


async def test_without_compaction_the_server_decides():
    events = await play(reads(16), measures=Measures(compaction=False))
    assert not [event for event in events if isinstance(event, Compacted)]


async def test_a_server_that_refuses_a_long_prompt_gets_a_shorter_one():
    def reply(request: ChatRequest) -> Any:
        if count_tokens(render(request.messages, request.tools)) > 1200:
            raise LimitReached("The prompt is too long.")
        read = sum(message.role == "tool" for message in request.messages)
        return call("find", f"Book {len(model.requests)}") if read < 9 else "Water."

    model = ScriptedModel(reply)  # says nothing of its window
    steps = Limits(steps=14, tokens=10**9, repeats=99)
    events = await play(model, who=agent(tools=("find",), limits=steps))
    assert [event for event in events if isinstance(event, Compacted)]
    assert isinstance(events[-1], RunFinished)


async def test_a_question_longer_than_the_window_is_refused_in_words():
    stream = run(
        agent(tools=("find",)),
        "word " * 3000,
        model=ScriptedModel(["?"], context_window=2048),
        toolbox=Wordy(),
    )
    with pytest.raises(LimitReached, match="not even shortened"):
        _ = [event async for event in stream]


def test_a_summary_that_is_summarised_again_stays_one():
    turns = [Message("system", "You read."), Message("user", "What?")]
    for number in range(30):
        made = ToolCall(f"c{number}", "find", {"title": f"Book {number}"})
        turns.append(Message("assistant", "", (made,)))
        turns.append(Message("tool", "water " * 30, tool_call_id=made.id, name="find"))
    once, _ = compact(turns, 1, 700)
    grown = [*once, *turns[2:20]]
    twice, summary = compact(grown, 1, 700)
    assert summary.count(HEAD) == 1
    assert twice[1].content.count(HEAD) == 1
    assert twice[1].content.endswith("\n\nWhat?")
    assert sum(map(cost, twice[1:])) <= 700


async def test_a_result_too_long_for_a_small_window_is_cut_with_a_handle_to_the_rest(tmp_path):
    rows = query("FOR i IN 1..120 RETURN {number: i, text: 'the water of the river'}")

    def reply(request: ChatRequest) -> Any:
        last = request.messages[-1]
        if last.role != "tool":
            return rows
        handle = json.loads(last.content).get("next")
        if handle is None:
            return "All read."
        return ToolCall(f"m{len(request.messages)}", "more", {"next": handle})

    model = ScriptedModel(reply, context_window=3072)
    who = reader(tools=("aql_read", "more"), limits=Limits(steps=40), max_tokens=64)
    with library(tmp_path, books=False) as workspace:
        events = await ask(workspace, model, who=who)
    assert isinstance(events[-1], RunFinished)
    assert events[-1].answer == "All read."
    shown = [m for request in model.requests for m in request.messages if m.role == "tool"]
    assert all(count_tokens(message.content) <= 3072 // 4 for message in shown)
    seen = {row["number"] for message in shown for row in json.loads(message.content)["rows"]}
    assert seen == set(range(1, 121))


def test_without_a_window_or_for_a_short_result_nothing_is_cut():
    long = json.dumps({"rows": ["water"] * 5000})
    assert Results((), None, more=True).shown(long) == long
    assert Results((), 8192, more=True).shown('{"rows": [1]}') == '{"rows": [1]}'


def test_without_the_tool_more_a_cut_has_no_handle():
    cut = json.loads(Results((), 1024, more=False).shown(json.dumps({"rows": ["water"] * 5000})))
    assert cut["truncated"] is True
    assert cut["omitted"] == 5000 - len(cut["rows"])
    assert "next" not in cut
