"""What leaks is masked and what harms is withheld, before anybody sees a word of it."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from tests.models.conftest import chunk

from hades_mcp.agents.recording import Recording
from hades_mcp.config import load_settings
from hades_mcp.errors import ConfigError, Unavailable
from hades_mcp.messages import Message, ToolCall
from hades_mcp.models import ChatRequest, ChatResponse, Done, ScriptedModel, TextDelta, complete
from hades_mcp.models.filtering import (
    WITHHELD,
    AskJudge,
    BlockPattern,
    CutLength,
    FilteredModel,
    MaskPattern,
    MaskSecrets,
    rules_of,
)
from hades_mcp.models.registry import open_model
from hades_mcp.traces.otel import Tracing
from hades_mcp.traces.recorder import Recorder
from hades_mcp.traces.store import TraceStore

pytestmark = pytest.mark.anyio
ASK = ChatRequest((Message("user", "U"),))
KEY = "sk-" + "a1b2c3d4" * 4


async def filtered(reply: Any, *rules: Any) -> ChatResponse:
    return await complete(FilteredModel(ScriptedModel([reply]), rules), ASK)


async def test_secrets_are_masked_in_text_and_in_the_arguments_of_calls():
    call = ToolCall("c", "context_add", {"content": [f"key {KEY}"], "limit": 3}, "{}")
    response = await filtered(Message("assistant", f"It is {KEY}.", (call,)), MaskSecrets())
    assert response.message.content == "It is [REDACTED:api_key]."
    (masked,) = response.message.tool_calls
    assert masked.arguments == {"content": ["key [REDACTED:api_key]"], "limit": 3}
    assert KEY not in masked.raw_arguments


async def test_no_piece_of_a_reply_is_shown_before_it_was_checked():
    model = FilteredModel(ScriptedModel([f"The key is {KEY}, keep it."]), [MaskSecrets()])
    events = [event async for event in model.stream(ASK)]
    assert [type(event) for event in events] == [TextDelta, Done]
    assert isinstance(events[0], TextDelta)
    assert events[0].text == "The key is [REDACTED:api_key], keep it."


async def test_a_pattern_masks_what_it_matches_and_says_so():
    response = await filtered("Call 555-1234 now.", MaskPattern(re.compile(r"\d{3}-\d{4}")))
    assert response.message.content == "Call [MASKED] now."
    assert response.guardrail is not None
    assert response.guardrail.verdict == "masked"
    assert response.raw_response == {}  # it held the number


@pytest.mark.parametrize(
    "reply",
    [
        "Wipe it with rm -rf /.",
        ToolCall("c", "shell", {"command": "rm -rf /"}),
        ToolCall("c", "s", None, "rm -rf /"),
    ],
)
async def test_a_blocked_reply_keeps_neither_text_nor_calls(reply):
    response = await filtered(reply, BlockPattern(re.compile(r"rm -rf")))
    assert response.message == Message("assistant", WITHHELD)
    assert response.finish_reason == "content_filter"
    assert response.guardrail is not None
    assert response.guardrail.verdict == "blocked"


async def test_a_long_text_is_cut_and_a_long_call_is_not():
    call = ToolCall("c", "context_add", {"content": "x" * 99})
    response = await filtered(Message("assistant", "y" * 99, (call,)), CutLength(10))
    assert response.message.content == "y" * 9 + "…"
    assert response.message.tool_calls == (call,)


async def test_a_reply_that_passes_is_left_as_it_is():
    response = await filtered(
        "Bees make honey.", *rules_of(secrets=True, mask=["x"], block=["z"], characters=99)
    )
    assert response.message.content == "Bees make honey."
    assert response.guardrail is not None
    assert (response.guardrail.verdict, response.guardrail.findings) == ("passed", ())


@pytest.mark.parametrize(("harmful", "shown"), [(True, WITHHELD), (False, "Mix both.")])
async def test_a_judge_decides_what_no_pattern_can(harmful, shown):
    judge = ScriptedModel([json.dumps({"harmful": harmful})], name="guard")
    response = await filtered("Mix both.", AskJudge(judge))
    assert response.message.content == shown
    assert "Mix both." in judge.requests[0].messages[-1].content
    assert judge.requests[0].response_schema is not None


@pytest.mark.parametrize("said", ["I think it is fine", "{}", '{"harmful": "no"}'])
async def test_a_judge_without_a_verdict_lets_nothing_pass(said):
    with pytest.raises(Unavailable, match="no verdict"):
        await filtered("Mix both.", AskJudge(ScriptedModel([said])))


async def test_what_was_found_is_a_guardrail_span_inside_the_request(tmp_path):
    store, spans = TraceStore(tmp_path / "traces.sqlite"), InMemorySpanExporter()
    recorder = Recorder(store, Tracing(SimpleSpanProcessor(spans)))
    model = FilteredModel(ScriptedModel([f"It is {KEY}."]), [MaskSecrets()])
    with recorder.run("librarian", model="m") as run, Recording(run).llm(ASK, "m") as keep:
        response = await complete(model, ASK)
        keep(response, response.message, {})
    trace = store.get(run.trace_id)
    recorder.close()
    store.close()
    by_name = {span.name: span for span in spans.get_finished_spans()}
    guardrail, chat = by_name["apply_guardrail"], by_name["chat m"]
    assert guardrail.parent is not None
    assert guardrail.parent.span_id == chat.context.span_id
    attributes = dict(guardrail.attributes or {})
    assert attributes["openinference.span.kind"] == "GUARDRAIL"
    assert attributes["hades.guardrail.verdict"] == "masked"
    assert attributes["hades.guardrail.rules"] == "masked: secrets"
    assert guardrail.start_time is not None
    assert guardrail.end_time is not None
    assert guardrail.start_time <= guardrail.end_time
    assert KEY not in repr(trace)


async def test_the_settings_switch_the_filter_on(wire):
    wire.lists({"id": "m", "owned_by": "vllm"}, {"id": "guard", "owned_by": "vllm"})
    wire.streams(chunk({"content": f'{{"harmful": false}} {KEY}'}, "stop"))
    settings = load_settings(model_url=wire.url, filter_secrets=True, filter_mask="harm\\w+")
    async with open_model(settings) as model:
        reply = (await complete(model, ASK)).message.content
    assert reply == '{"[MASKED]": false} [REDACTED:api_key]'
    judged = load_settings(model_url=wire.url, filter_model="guard")
    wire.streams(chunk({"content": '{"harmful": true}'}, "stop"))
    async with open_model(judged) as model:
        assert (await complete(model, ASK)).message.content == WITHHELD
    assert [body["model"] for body in wire.bodies] == ["m", "m", "guard"]


def test_a_pattern_that_does_not_compile_is_a_setting_that_does_not_fit():
    with pytest.raises(ConfigError, match=r"'\(' is no regular expression"):
        load_settings(filter_block=("(",))
