"""The Ollama driver over real HTTP, against exchanges documented in Ollama's docs/api.md."""

from __future__ import annotations

import json
import socket
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import anyio.to_thread
import pytest

from hades_mcp.config import load_settings
from hades_mcp.errors import ConfigError, LimitReached, NotFound, Unavailable
from hades_mcp.messages import Message, ToolCall, ToolSpec
from hades_mcp.models import ChatRequest, Done, TextDelta, complete
from hades_mcp.models.faults import Busy, TooSlow
from hades_mcp.models.ollama import OllamaModel
from hades_mcp.models.registry import open_model

pytestmark = pytest.mark.anyio
SCHEMA: Any = {
    "type": "object",
    "properties": {"text": {"type": "string", "default": "x"}},
    "required": ["text"],
}
SEARCH = ToolSpec("search", "Find.", SCHEMA)
ASK = ChatRequest((Message("system", "S"), Message("user", "U")), (SEARCH,), seed=7, stop=("#",))
AT = {"model": "m", "created_at": "2025-07-07T20:22:19.184789Z"}
LAST = {
    **AT,
    "message": {"role": "assistant", "content": ""},
    "done_reason": "stop",
    "done": True,
    "total_duration": 182242375,
    "load_duration": 41295167,
    "prompt_eval_count": 169,
    "prompt_eval_duration": 24573166,
    "eval_count": 15,
    "eval_duration": 115959084,
}


def part(**message: Any) -> dict[str, Any]:
    return {**AT, "message": {"role": "assistant", "content": "", **message}, "done": False}


async def test_text_arrives_in_pieces_and_whole_with_what_it_cost(wire):
    wire.says_lines("/api/chat", part(content="The "), part(content="sky"), LAST)
    async with OllamaModel(wire.root, "m") as model:
        events = [event async for event in model.stream(ASK)]
    assert [event.text for event in events if isinstance(event, TextDelta)] == ["The ", "sky"]
    assert isinstance(events[-1], Done)
    response = events[-1].response
    assert response.message == Message("assistant", "The sky")
    assert (response.usage.prompt_tokens, response.usage.completion_tokens) == (169, 15)
    assert response.finish_reason == "stop"
    assert response.raw_response["load_duration"] == 41295167


async def test_calls_keep_their_ids_and_get_one_where_the_server_gives_none(wire):
    call = {"function": {"name": "search", "arguments": {"text": "a"}}}
    wire.says_lines("/api/chat", part(tool_calls=[call, {"id": "call_7", **call}]), LAST)
    async with OllamaModel(wire.root, "m") as model:
        calls = (await complete(model, ASK)).message.tool_calls
    assert [call.arguments for call in calls] == [{"text": "a"}] * 2
    assert calls[0].id
    assert calls[1].id == "call_7"
    assert {call.channel for call in calls} == {"native"}


async def test_the_request_asks_for_a_window_and_forbids_cutting_the_prompt(wire):
    wire.says_lines("/api/chat", LAST)
    call = ToolCall("c1", "search", {"text": "ü"})
    result = Message("tool", "[]", (), "c1", name="search")
    history = (*ASK.messages, Message("assistant", "", (call,)), result)
    driver = OllamaModel(wire.root, "m", context=4096, keep_alive="1h", api_key="secret")
    async with driver as model:
        await complete(model, replace(ASK, messages=history))
    body = wire.bodies[0]
    assert body["options"] == {
        "num_ctx": 4096,
        "num_predict": 512,
        "temperature": 0.0,
        "seed": 7,
        "stop": ["#"],
    }
    assert (body["truncate"], body["shift"], body["keep_alive"]) == (False, False, "1h")
    assert body["tools"][0]["function"]["parameters"] == SCHEMA  # the default too
    sent, returned = body["messages"][2:]
    assert sent["tool_calls"] == [
        {"id": "c1", "function": {"name": "search", "arguments": {"text": "ü"}}}
    ]
    assert (returned["tool_call_id"], returned["tool_name"]) == ("c1", "search")
    assert wire.headers[0]["authorization"] == "Bearer secret"


async def test_with_a_schema_the_tools_are_told_in_the_system_message(wire):
    wire.says_lines("/api/chat", LAST)
    async with OllamaModel(wire.root, "m") as model:
        await complete(model, replace(ASK, response_schema=SCHEMA))
    body = wire.bodies[0]
    assert body["format"] == SCHEMA
    assert "tools" not in body
    assert body["messages"][0]["content"].startswith("S\n\n# Tools")
    assert 'search(text: str = "x") - Find.' in body["messages"][0]["content"]


async def test_a_prompt_longer_than_the_window_is_refused_before_it_is_cut(wire):
    long = ChatRequest((Message("user", "word " * 900),))
    async with OllamaModel(wire.root, "m", context=512) as model:
        with pytest.raises(LimitReached, match="HADES_MODEL_CONTEXT"):
            await complete(model, long)
    assert not wire.asked


@pytest.mark.parametrize(
    ("status", "message", "error"),
    [
        (404, "model 'm' not found", NotFound),
        (400, "the input length exceeds the context length", LimitReached),
        (400, "m does not support tools", ConfigError),
        (401, "unauthorized", ConfigError),
        (503, "server busy, please try again. maximum pending requests exceeded", Busy),
        (500, "llama runner process has terminated", Unavailable),
    ],
)
async def test_refusals_become_errors_that_say_whose_turn_it_is(wire, status, message, error):
    wire.says("/api/chat", {"error": message}, status)
    async with OllamaModel(wire.root, "m") as model:
        with pytest.raises(error):
            await complete(model, ASK)


async def test_an_error_inside_the_stream_is_told(wire):
    wire.says_lines("/api/chat", part(content="The"), {"error": "out of memory"})
    async with OllamaModel(wire.root, "m") as model:
        with pytest.raises(Unavailable, match="out of memory"):
            await complete(model, ASK)


@pytest.mark.parametrize("half", ['{"model": "m", "mess', json.dumps(part(content="x")) + "\n"])
async def test_a_stream_that_is_hung_up_on_is_unavailable(wire, half):
    wire.breaks_off("/api/chat", half.encode())
    async with OllamaModel(wire.root, "m") as model:
        with pytest.raises(Unavailable, match="broke off"):
            await complete(model, ASK)


async def test_closing_the_stream_ends_the_servers_work(wire):
    wire.never_ends("/api/chat", f"{json.dumps(part(content='x'))}\n".encode())
    async with OllamaModel(wire.root, "m") as model:
        async with aclosing(model.stream(ASK)) as events:  # type: ignore[type-var]
            assert await anext(events) == TextDelta("x")
        assert await anyio.to_thread.run_sync(wire.left.wait, 20)


async def test_a_server_that_never_ends_is_given_up_on(wire):
    wire.never_ends("/api/chat", f"{json.dumps(part(content='x'))}\n".encode())
    async with OllamaModel(wire.root, "m", timeout=0.2) as model:
        with pytest.raises(TooSlow):
            await complete(model, ASK)


async def test_nobody_there_says_how_to_start_one():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        async with OllamaModel(url, "m") as model:
            with pytest.raises(Unavailable, match="No model server answers"):
                await complete(model, ASK)


async def test_load_asks_for_the_window_and_unload_frees_the_memory(wire):
    wire.says("/api/generate", {**AT, "response": "", "done": True})
    async with OllamaModel(wire.root, "m", context=4096, keep_alive="1h") as model:
        await model.load()
        await model.unload()
    load, unload = wire.bodies
    assert (load["keep_alive"], load["options"]["num_ctx"]) == ("1h", 4096)
    assert unload["keep_alive"] == 0


async def test_pull_tells_how_far_the_server_is(wire):
    digest = {"status": "pulling aeda25e63ebd", "digest": "sha256:aeda", "total": 10}
    wire.says_lines(
        "/api/pull",
        {"status": "pulling manifest"},
        {**digest, "completed": 4},
        {"status": "success"},
    )
    async with OllamaModel(wire.root, "m") as model:
        steps = [step async for step in model.pull()]
    assert steps == [("pulling manifest", 0, 0), ("pulling aeda25e63ebd", 4, 10), ("success", 0, 0)]


async def test_a_server_that_is_an_ollama_is_spoken_to_as_one(wire):
    wire.lists({"id": "m:latest", "object": "model", "owned_by": "library"})
    wire.says("/api/version", {"version": "0.12.6"})
    wire.says("/api/tags", {"models": [{"name": "m:latest", "model": "m:latest"}]})
    wire.says("/api/ps", {"models": []})
    wire.says("/api/show", {})
    wire.says_lines("/api/chat", part(content="Yes."), LAST)
    async with open_model(load_settings(model_url=wire.url, model_name="m")) as model:
        assert (await complete(model, ASK)).message.content == "Yes."
    assert wire.bodies[-1]["model"] == "m:latest"


async def test_what_ollama_does_not_have_is_said_before_it_is_asked(wire):
    async with OllamaModel(wire.root, "m") as model:
        with pytest.raises(ConfigError, match="grammar"):
            await complete(model, replace(ASK, grammar='root ::= "a"'))
        with pytest.raises(ConfigError, match="adapter"):
            await complete(model, replace(ASK, adapter="graph"))
    assert not wire.asked
