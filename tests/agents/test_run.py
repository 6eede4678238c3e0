"""A run is a stream of facts that ends in an answer or an honest stop."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import anyio
import pytest
from structlog.testing import capture_logs
from tests.agents.boxes import Shelf, agent, call

from hades_mcp.agents.approval import ApprovalPolicy, approve_all
from hades_mcp.agents.definition import Example
from hades_mcp.agents.events import (
    ApprovalNeeded,
    ModelResponded,
    RunFinished,
    RunStarted,
    TextDelta,
    ToolCalled,
    ToolReturned,
)
from hades_mcp.agents.limits import Limits
from hades_mcp.agents.run import run
from hades_mcp.errors import ConfigError
from hades_mcp.messages import Message, ToolCall
from hades_mcp.models import ChatModel, ChatRequest, ScriptedModel
from hades_mcp.prompts.chat import render

pytestmark = pytest.mark.anyio


async def play(model: ChatModel, box: Shelf | None = None, **given: Any) -> list[Any]:
    """Run to the end and return all facts."""
    who = given.pop("who", None) or agent()
    stream = run(who, "How many?", model=model, toolbox=box or Shelf(), **given)
    return [event async for event in stream]


def of(kind: type, events: list[Any]) -> list[Any]:
    """Return the facts of one kind."""
    return [event for event in events if isinstance(event, kind)]


def written(name: str, title: str = "Rivers") -> str:
    """Return a call as the untuned model writes it."""
    return "```json\n" + json.dumps({"name": name, "arguments": {"title": title}}) + "\n```"


async def test_a_question_is_answered_through_a_call():
    events = await play(ScriptedModel([call("find"), "There are 3."]))
    kinds = [type(event) for event in events if not isinstance(event, TextDelta)]
    assert kinds == [
        RunStarted,
        ModelResponded,
        ToolCalled,
        ToolReturned,
        ModelResponded,
        RunFinished,
    ]
    assert events[-1].answer == "There are 3."
    assert events[-1].stop_reason == "answered"
    assert "".join(event.text for event in of(TextDelta, events)) == "There are 3."
    assert json.loads(of(ToolReturned, events)[0].result.content) == {"title": "Rivers", "n": 3}


async def test_a_call_written_as_text_is_made_and_labelled():
    events = await play(ScriptedModel([written("find"), "3"]))
    (called,) = of(ToolCalled, events)
    assert called.call.channel == "recovered"
    assert events[-1].answer == "3"


async def test_each_request_begins_with_the_bytes_of_the_one_before():
    model = ScriptedModel([call("find"), written("find", "Lakes"), call("find", "?"), "3"])
    await play(model)
    texts = [render(request.messages, request.tools, reply=True) for request in model.requests]
    assert len(texts) == 4
    for before, after in pairwise(texts):
        assert after.startswith(before)


async def test_an_agent_that_must_call_is_held_to_a_call_by_schema():
    constrained = json.dumps({"name": "find", "arguments": {"title": "Rivers"}})
    model = ScriptedModel([constrained, "There are 3."])
    events = await play(model, who=agent(must_call=True))
    assert of(ToolCalled, events)[0].call.channel == "constrained"
    assert model.requests[0].response_schema is not None
    assert model.requests[1].response_schema is None
    assert model.requests[0].tools == model.requests[1].tools
    assert events[-1].answer == "There are 3."


async def test_without_schemas_on_the_server_an_agent_that_must_call_asks_freely():
    def reply(request: ChatRequest) -> Any:
        if request.response_schema is not None:
            raise ConfigError("response_format is not supported")
        return "3" if request.messages[-1].role == "tool" else call("find")

    events = await play(ScriptedModel(reply), who=agent(must_call=True))
    assert of(ToolCalled, events)[0].call.channel == "native"
    assert events[-1].answer == "3"


async def test_after_an_error_an_agent_that_must_call_is_held_to_a_better_call():
    def reply(request: ChatRequest) -> Any:
        if request.response_schema is None:
            return "Nothing found."
        titles = ["Rivrs", "Rivers"]
        tried = sum(message.role == "tool" for message in request.messages)
        return json.dumps({"name": "find", "arguments": {"title": titles[tried]}})

    events = await play(ScriptedModel(reply), who=agent(must_call=True))
    assert [event.result.is_error for event in of(ToolReturned, events)] == [True, False]


async def test_an_agent_that_must_call_gives_up_after_some_errors():
    titles = iter("abcdef")

    def reply(request: ChatRequest) -> Any:
        return json.dumps({"name": "find", "arguments": {"title": next(titles)}})

    events = await play(ScriptedModel(reply), who=agent(must_call=True))
    assert len(of(ToolReturned, events)) == 4
    assert events[-1].stop_reason == "failed"


async def test_a_denied_write_is_not_asked_for_again():
    def reply(request: ChatRequest) -> Any:
        if request.response_schema is None:
            return "It was not done."
        return json.dumps({"name": "lend", "arguments": {"title": "Rivers"}})

    events = await play(ScriptedModel(reply), who=agent(must_call=True))
    assert len(of(ApprovalNeeded, events)) == 1
    assert events[-1].answer == "It was not done."


async def test_a_server_that_ignores_schemas_may_still_call_natively():
    events = await play(ScriptedModel([call("find"), "3"]), who=agent(must_call=True))
    assert of(ToolCalled, events)[0].call.channel == "native"
    assert events[-1].answer == "3"


async def test_a_call_that_went_wrong_is_asked_for_again_by_schema():
    def reply(request: ChatRequest) -> Any:
        if request.response_schema is not None:
            return json.dumps({"name": "find", "arguments": {"title": "Rivers"}})
        return "3" if request.messages[-1].role == "tool" else '{"name": "count", "arguments": {'

    events = await play(ScriptedModel(reply))
    assert of(ToolCalled, events)[0].call.channel == "constrained"
    assert events[-1].answer == "3"


async def test_errors_are_told_to_the_model_and_the_run_goes_on():
    model = ScriptedModel([call("find", "Seas"), call("finds"), call("crash"), "None."])
    with capture_logs() as logs:
        events = await play(model)
    assert [(log["event"], log["tool"]) for log in logs] == [("tool failed", "crash")]
    contents = [event.result.content for event in of(ToolReturned, events)]
    assert "no book 'Seas'" in contents[0]
    assert "Did you mean 'find'?" in contents[1]
    assert "secret" not in contents[2]
    assert all(event.result.is_error for event in of(ToolReturned, events))
    assert events[-1].answer == "None."


async def test_malformed_arguments_are_answered_with_the_signature_and_nothing_runs():
    box = Shelf()
    broken = ToolCall("c1", "lend", None, raw_arguments='{"title": "Riv')
    events = await play(ScriptedModel([broken, "Done."]), box, approve=approve_all)
    assert "lend(title: str)" in of(ToolReturned, events)[0].result.content
    assert box.calls == []


async def test_a_write_asks_first_and_is_not_made_when_denied():
    box = Shelf()
    events = await play(ScriptedModel([call("lend"), "Not done."]), box)
    assert of(ApprovalNeeded, events)[0].reason == "lend deletes or overwrites."
    (returned,) = of(ToolReturned, events)
    assert not returned.approved
    assert "did not allow" in returned.result.content
    assert box.books["Rivers"] == 3


async def test_a_write_is_made_when_approved():
    box = Shelf()
    asked: list[str] = []

    async def approve(called: ToolCall, reason: str) -> bool:
        asked.append(f"{called.name}: {reason}")
        return True

    await play(ScriptedModel([call("lend"), "Done."]), box, approve=approve)
    assert box.books["Rivers"] == 2
    assert len(asked) == 1


async def test_a_write_read_from_text_asks_even_where_writes_run_at_once():
    who = agent(approval=ApprovalPolicy(writes="auto"))
    box = Shelf()
    events = await play(ScriptedModel([call("lend"), written("lend"), "Done."]), box, who=who)
    assert "plain text" in of(ApprovalNeeded, events)[0].reason
    assert box.books["Rivers"] == 2


async def test_when_nobody_can_be_asked_a_write_does_not_run():
    async def broken(called: ToolCall, reason: str) -> bool:
        raise OSError("no terminal")

    box = Shelf()
    with capture_logs():
        await play(ScriptedModel([call("lend"), "Not done."]), box, approve=broken)
    assert box.books["Rivers"] == 3


async def test_reads_run_side_by_side_and_return_in_order():
    box = Shelf(readers=2)  # each waits for the other: one after the other would never end
    calls = [call("wait", "Rivers", "c1"), call("wait", "Lakes", "c2")]
    with anyio.fail_after(10):
        events = await play(ScriptedModel([calls, "Both."]), box)
    assert [event.result.call_id for event in of(ToolReturned, events)] == ["c1", "c2"]


async def test_the_same_call_three_times_ends_in_an_answer():
    def reply(request: ChatRequest) -> Any:
        return '{"answer": "There are 3."}' if request.response_schema else call("find")

    events = await play(ScriptedModel(reply))
    assert len(of(ToolReturned, events)) == 3
    assert (events[-1].answer, events[-1].stop_reason) == ("There are 3.", "repeated")


async def test_the_last_step_ends_in_an_answer():
    titles = iter("abcdefgh")

    def reply(request: ChatRequest) -> Any:
        return '{"answer": "No."}' if request.response_schema else call("find", next(titles))

    events = await play(ScriptedModel(reply), who=agent(limits=Limits(steps=2)))
    assert len(of(ToolReturned, events)) == 2
    assert (events[-1].answer, events[-1].stop_reason) == ("No.", "steps")


async def test_when_tokens_are_spent_the_model_is_not_asked_again():
    model = ScriptedModel([call("find"), "never said"])
    events = await play(model, who=agent(limits=Limits(tokens=2)))
    assert len(model.requests) == 1
    assert events[-1].stop_reason == "tokens"
    assert "no answer" in events[-1].answer


async def test_a_model_that_says_nothing_is_asked_for_an_answer():
    def reply(request: ChatRequest) -> Any:
        return '{"answer": "I do not know."}' if request.response_schema else ""

    events = await play(ScriptedModel(reply))
    assert (events[-1].answer, events[-1].stop_reason) == ("I do not know.", "answered")


async def test_a_model_that_never_says_anything_ends_honestly():
    events = await play(ScriptedModel(lambda _: ""))
    assert events[-1].stop_reason == "failed"
    assert events[-1].answer.startswith("I have no answer")


async def test_a_tool_the_toolbox_lacks_is_named_with_the_nearest():
    with pytest.raises(ConfigError, match="Did you mean 'find'"):
        await play(ScriptedModel([]), who=agent(tools=("finds",)))


async def test_an_agent_fills_in_what_the_model_leaves_out():
    box = Shelf()
    bare = ToolCall("c1", "find", {})
    who = agent(defaults={"find": {"title": "Lakes"}, "lend": {"title": "Lakes"}})
    calls = [bare, call("find", "Rivers", "c2"), ToolCall("c3", "lend", {})]
    await play(ScriptedModel([calls, "Both."]), box, who=who, approve=approve_all)
    made = [call.arguments for call in box.calls]
    assert made == [{"title": "Lakes"}, {"title": "Rivers"}, {}]  # writes stay as approved


async def test_facts_stand_behind_the_question():
    model = ScriptedModel(["3"])
    await play(model, facts="Shelves: 2.")
    assert model.requests[0].messages[-1] == Message("user", "How many?\n\nShelves: 2.")


async def test_examples_near_the_question_stand_before_it():
    examples = (
        Example("Who wrote Rivers?", "find", {"title": "Rivers"}),
        Example("How many lakes?", "find", {"title": "Lakes"}),
    )
    model = ScriptedModel(["3"])
    await play(model, who=agent(examples=examples, examples_shown=1))
    contents = [message.content for message in model.requests[0].messages]
    assert contents[1] == "How many lakes?"
    assert contents[2] == '```json\n{"name": "find", "arguments": {"title": "Lakes"}}\n```'


async def test_a_run_can_be_left_early():
    stream = run(agent(), "How many?", model=ScriptedModel([call("find")]), toolbox=Shelf())
    async for event in stream:
        if isinstance(event, ToolCalled):
            break
    await stream.aclose()
