"""A run goes on from an earlier one: nothing of what was said before is said differently."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from tests.agents.library import ask, library, reader, search

from hades_mcp.agents.definition import Example
from hades_mcp.agents.events import RunFinished
from hades_mcp.agents.examples import handed_over
from hades_mcp.agents.limits import Limits
from hades_mcp.messages import Message
from hades_mcp.models import ScriptedModel
from hades_mcp.prompts.chat import render, response_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hades_mcp.workspace import Workspace

pytestmark = pytest.mark.anyio
WHO = reader(examples=(Example("What is sand?", "search", {"text": "sand"}, "[]", "Grains."),))


@pytest.fixture(scope="module")
def workspace(tmp_path_factory) -> Iterator[Workspace]:
    with library(tmp_path_factory.mktemp("home")) as opened:
        yield opened


async def finish(workspace: Workspace, model: ScriptedModel, prompt: str, **given: Any):
    finished = (await ask(workspace, model, prompt, **{"who": WHO, **given}))[-1]
    assert isinstance(finished, RunFinished)
    return finished


async def test_the_next_question_begins_with_the_bytes_of_the_first_run(workspace):
    model = ScriptedModel([search("rivers"), "Water.", search("lakes"), "Still water."])
    first = await finish(workspace, model, "What are rivers?")
    second = await finish(workspace, model, "And lakes?", history=first.messages)
    texts = [render(request.messages, request.tools) for request in model.requests]
    assert all(after.startswith(before) for before, after in pairwise(texts))
    assert render(second.messages).startswith(render(first.messages, reply=False))
    assert [message.content for message in second.messages if message.role == "user"][-1] == (
        "And lakes?"
    )


async def test_a_run_that_ended_at_a_limit_can_be_gone_on_with(workspace):
    model = ScriptedModel([search("rivers"), "Still water."])
    short = reader(limits=Limits(tokens=2))
    first = await finish(workspace, model, "What are rivers?", who=short)
    assert first.stop_reason == "tokens"
    assert first.messages[-1].role == "assistant"
    second = await finish(workspace, model, "And lakes?", history=first.messages)
    assert second.answer == "Still water."


async def test_another_agent_brings_its_own_system_prompt(workspace):
    model = ScriptedModel(["Water.", "Still water."])
    first = await finish(workspace, model, "What are rivers?")
    other = reader(instructions="You write.")
    await finish(workspace, model, "And lakes?", history=first.messages, who=other)
    asked = model.requests[-1].messages
    assert asked[0].content == "You write."
    assert asked[1:-1] == first.messages[1:]


async def test_another_agent_learns_from_its_own_examples(workspace):
    model = ScriptedModel([search("rivers"), "Water.", search("lakes"), "Still water."] * 2)
    first = await finish(workspace, model, "What are rivers?")
    own = Example("What is clay?", "search", {"text": "clay"}, "[]", "Fine grains.")
    other = reader(examples=(own,))
    said = handed_over(first.messages, WHO)
    assert said[0] == Message("user", "What are rivers?")
    second = await finish(workspace, model, "And lakes?", history=said, who=other)
    assert [one.content for one in second.messages if one.role == "user"] == [
        "What is clay?", response_text("[]"), "What are rivers?", "And lakes?",
    ]  # fmt: skip
    third = await finish(workspace, model, "And seas?", history=second.messages, who=other)
    assert third.messages[: len(second.messages)] == second.messages


async def test_the_trace_tells_earlier_turns_from_this_run(workspace):
    model = ScriptedModel([search("rivers"), "Water.", "Still water."])
    first = await finish(workspace, model, "What are rivers?", session="tour")
    second = await finish(workspace, model, "And lakes?", history=first.messages, session="tour")
    trace = workspace.traces.get(second.trace_id)
    assert trace.header.session == "tour"
    earlier = [step for step in trace.steps if step.hades.get("earlier")]
    assert [step.source for step in earlier] == ["user", "agent", "agent"]
    assert [seen.result.name for step in earlier for seen in step.observations] == ["search"]
    assert [step.message for step in trace.steps if step.source == "user"][-1] == "And lakes?"
    examples = [step for step in trace.steps if step.hades.get("example")]
    assert len(examples) == 4
