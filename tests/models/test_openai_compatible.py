"""The driver speaks the chat completions API, over real HTTP, and explains what goes wrong."""

from __future__ import annotations

import json
import socket
import sys
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import anyio
import pytest

from hades_mcp.config import load_settings
from hades_mcp.errors import ConfigError, LimitReached, Unavailable, UnknownName
from hades_mcp.messages import Message, ToolCall, ToolSpec
from hades_mcp.models import ChatRequest, Done, TextDelta, complete
from hades_mcp.models.base import NO_ADAPTER
from hades_mcp.models.faults import Busy, TooSlow, heals
from hades_mcp.models.openai_compatible import OpenAICompatibleModel
from hades_mcp.models.registry import describe_server, open_model, served_models
from hades_mcp.models.served import Adapter

pytestmark = pytest.mark.anyio
SCHEMA: Any = {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}
SEARCH = ToolSpec("search", "Find.", SCHEMA)
ASK = ChatRequest((Message("system", "S"), Message("user", "U")), (SEARCH,), seed=7, stop=("#",))
USAGE = {
    "prompt_tokens": 12,
    "completion_tokens": 3,
    "total_tokens": 15,
    "prompt_tokens_details": {"cached_tokens": 8},
}


def _call(index: int, **function: str) -> dict[str, Any]:
    return {"tool_calls": [{"index": index, "type": "function", "function": function}]}


async def test_text_arrives_in_pieces_and_whole(wire, make_chunk):
    wire.streams(
        make_chunk({"role": "assistant", "content": None}),
        make_chunk({"content": "There "}),
        make_chunk({"content": "are 3."}),
        make_chunk({}, "stop"),
        make_chunk({}) | {"choices": [], "usage": USAGE},
    )
    async with OpenAICompatibleModel(wire.url, "m") as model:
        events = [event async for event in model.stream(ASK)]
    assert [event.text for event in events if isinstance(event, TextDelta)] == ["There ", "are 3."]
    assert isinstance(events[-1], Done)
    response = events[-1].response
    assert response.message == Message("assistant", "There are 3.")
    assert (response.usage.prompt_tokens, response.usage.cached_tokens) == (12, 8)
    assert response.finish_reason == "stop"


async def test_the_request_carries_messages_tools_and_options(wire, make_chunk):
    wire.streams(make_chunk({"content": "x"}, "stop"))
    call = ToolCall("c1", "search", {"text": "ü"})
    history = (*ASK.messages, Message("assistant", "", (call,)), Message("tool", "[]", (), "c1"))
    async with OpenAICompatibleModel(wire.url, "m", api_key="secret") as model:
        await complete(model, ChatRequest(history, (SEARCH,), response_schema=SCHEMA, seed=7))
    body = wire.bodies[0]
    assert body["model"] == "m"
    assert [message["role"] for message in body["messages"]] == [
        "system",
        "user",
        "assistant",
        "tool",
    ]
    assert body["messages"][2]["tool_calls"][0]["function"]["arguments"] == '{"text": "ü"}'
    assert body["messages"][3]["tool_call_id"] == "c1"
    assert body["tools"][0]["function"]["name"] == "search"
    assert body["response_format"]["json_schema"]["schema"] == SCHEMA
    assert (body["seed"], body["temperature"], body["max_tokens"]) == (7, 0.0, 512)
    assert wire.headers[0]["authorization"] == "Bearer secret"


async def test_calls_split_over_chunks_are_put_together(wire, make_chunk):
    wire.streams(
        make_chunk(_call(0, name="search", arguments="") | {}),
        make_chunk(_call(0, arguments='{"text": ')),
        make_chunk(_call(0, arguments='"a"}')),
        make_chunk(_call(1, name="search", arguments='{"text": "b"}')),
        make_chunk({}, "tool_calls"),
    )
    async with OpenAICompatibleModel(wire.url, "m") as model:
        message = (await complete(model, ASK)).message
    assert [call.arguments for call in message.tool_calls] == [{"text": "a"}, {"text": "b"}]
    assert {call.channel for call in message.tool_calls} == {"native"}
    assert all(call.id for call in message.tool_calls)


@pytest.mark.parametrize(
    "text", ['{"text": "a', '{"text": "a"', '{"where": {"a": 1}', "", '["a"]', '"a"']
)
async def test_arguments_that_are_no_object_are_kept_as_written(wire, make_chunk, text):
    wire.streams(make_chunk(_call(0, name="search", arguments=text)), make_chunk({}, "tool_calls"))
    async with OpenAICompatibleModel(wire.url, "m") as model:
        (call,) = (await complete(model, ASK)).message.tool_calls
    assert call.arguments is None
    assert call.raw_arguments == text


@pytest.mark.parametrize(
    "text", ['{"text": "a"}}', "{'text': 'a'}", '{"text": "a",}', '"{\\"text\\": \\"a\\"}"']
)
async def test_arguments_with_slips_are_mended_and_the_call_asks(wire, make_chunk, text):
    wire.streams(make_chunk(_call(0, name="search", arguments=text)), make_chunk({}, "tool_calls"))
    async with OpenAICompatibleModel(wire.url, "m") as model:
        (call,) = (await complete(model, ASK)).message.tool_calls
    assert call.arguments == {"text": "a"}
    assert call.channel == "recovered"
    assert call.raw_arguments == text


async def test_no_server_says_how_to_start_one():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/v1"
        settings = load_settings(model_url=url)
        with pytest.raises(Unavailable, match="HADES_MODEL_URL"):
            await served_models(settings)
        async with OpenAICompatibleModel(url, "m") as model:
            with pytest.raises(Unavailable, match="No model server answers"):
                await complete(model, ASK)


@pytest.mark.parametrize(
    ("status", "message", "error"),
    [
        (401, "Invalid API Key", ConfigError),
        (404, "model 'm' not found", UnknownName),
        (404, "File Not Found", ConfigError),
        (400, "request (9000 tokens) exceeds the available context size", LimitReached),
        (400, "Cannot use custom grammar constraints with tools.", ConfigError),
        (503, "Loading model", Busy),
        (429, "Too many requests", Busy),
        (500, "CUDA out of memory", Unavailable),
    ],
)
async def test_refusals_become_errors_that_say_whose_turn_it_is(wire, status, message, error):
    wire.refuses(status, {"error": {"code": status, "message": message, "type": "x"}})
    async with OpenAICompatibleModel(wire.url, "m") as model:
        with pytest.raises(error) as caught:
            await complete(model, ASK)
    assert message in str(caught.value) or error is UnknownName


async def test_a_stream_that_breaks_off_inside_is_unavailable(wire, make_chunk):
    wire.streams({"error": {"code": 500, "message": "out of memory", "type": "server_error"}})
    async with OpenAICompatibleModel(wire.url, "m") as model:
        with pytest.raises(Unavailable, match="out of memory"):
            await complete(model, ASK)


async def test_a_stream_that_is_hung_up_on_is_unavailable_and_may_heal(wire):
    piece = {"choices": [{"index": 0, "delta": {"content": "The"}, "finish_reason": None}]}
    wire.breaks_off("/v1/chat/completions", f"data: {json.dumps(piece)}\n\n".encode())
    async with OpenAICompatibleModel(wire.url, "m") as model:
        with pytest.raises(Unavailable, match="broke off") as caught:
            await complete(model, ASK)
    assert heals(caught.value)


async def test_a_stream_that_ends_without_a_reason_is_no_answer(wire, make_chunk):
    wire.streams(make_chunk({"content": "The"}))
    async with OpenAICompatibleModel(wire.url, "m") as model:
        with pytest.raises(Unavailable, match="broke off"):
            await complete(model, ASK)


async def test_closing_the_stream_ends_the_servers_work(wire, make_chunk):
    line = f"data: {json.dumps(make_chunk({'content': 'x'}))}\n\n"
    wire.never_ends("/v1/chat/completions", line.encode())
    async with OpenAICompatibleModel(wire.url, "m") as model:
        async with aclosing(model.stream(ASK)) as events:  # type: ignore[type-var]
            assert await anext(events) == TextDelta("x")
        assert await anyio.to_thread.run_sync(wire.left.wait, 20)


async def test_a_server_that_says_nothing_is_given_up_on():
    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"http://127.0.0.1:{mute.getsockname()[1]}/v1"
        async with OpenAICompatibleModel(url, "m", timeout=0.05) as model:
            with pytest.raises(TooSlow, match="HADES_MODEL_TIMEOUT") as caught:
                await complete(model, ASK)
    assert not heals(caught.value)


async def test_a_server_that_never_ends_is_given_up_on_though_it_speaks(wire, make_chunk):
    line = f"data: {json.dumps(make_chunk({'content': 'x'}))}\n\n"
    wire.never_ends("/v1/chat/completions", line.encode())
    async with OpenAICompatibleModel(wire.url, "m", timeout=0.2) as model:
        with pytest.raises(TooSlow):
            await complete(model, ASK)


async def test_a_server_that_is_full_says_how_long_to_wait(wire):
    wire.refuses(429, {"error": {"message": "slow down"}}, more={"Retry-After": "7"})
    async with OpenAICompatibleModel(wire.url, "m") as model:
        with pytest.raises(Busy) as caught:
            await complete(model, ASK)
    assert caught.value.retry_after == 7


HELD = (Adapter("0", "graph", 1.0), Adapter("1", "aql", 0.0))


@pytest.mark.parametrize(
    ("opened", "asked", "sent"),
    [
        ("", "aql", [{"id": 0, "scale": 0.0}, {"id": 1, "scale": 1.0}]),
        ("graph", None, [{"id": 0, "scale": 1.0}, {"id": 1, "scale": 0.0}]),
        ("graph", "1", [{"id": 0, "scale": 0.0}, {"id": 1, "scale": 1.0}]),
        ("graph", NO_ADAPTER, [{"id": 0, "scale": 0.0}, {"id": 1, "scale": 0.0}]),
        ("", None, None),
    ],
)
async def test_llama_server_is_told_the_scale_of_every_adapter(
    wire, make_chunk, opened, asked, sent
):
    wire.streams(make_chunk({"content": "x"}, "stop"))
    driver = OpenAICompatibleModel(
        wire.url, "m", kind="llama-server", adapters=HELD, adapter=opened
    )
    async with driver as model:
        await complete(model, replace(ASK, adapter=asked))
    assert wire.bodies[0].get("lora") == sent


async def test_vllm_is_asked_for_the_adapter_as_a_model(wire, make_chunk):
    wire.streams(make_chunk({"content": "x"}, "stop"))
    held = (Adapter("sql-lora", "sql-lora"),)
    async with OpenAICompatibleModel(wire.url, "m", kind="vllm", adapters=held) as model:
        await complete(model, replace(ASK, adapter="sql-lora"))
        await complete(model, replace(ASK, adapter=NO_ADAPTER))
    assert [body["model"] for body in wire.bodies] == ["sql-lora", "m"]


async def test_an_adapter_that_is_not_there_is_answered_with_the_nearest(wire):
    async with OpenAICompatibleModel(wire.url, "m", kind="llama-server", adapters=HELD) as model:
        with pytest.raises(UnknownName, match="Did you mean 'graph'"):
            await complete(model, replace(ASK, adapter="graphs"))


@pytest.mark.parametrize("what", [{"adapter": "graph"}, {"grammar": 'root ::= "a"'}])
async def test_what_a_server_does_not_have_is_said_before_it_is_asked(wire, what):
    async with OpenAICompatibleModel(wire.url, "m", kind="lmstudio") as model:
        with pytest.raises(ConfigError, match="lmstudio"):
            await complete(model, replace(ASK, **what))
    assert not wire.asked


@pytest.mark.parametrize(
    ("kind", "field"), [("llama-server", "grammar"), ("vllm", "structured_outputs")]
)
async def test_a_grammar_goes_where_each_server_looks_for_it(wire, make_chunk, kind, field):
    wire.streams(make_chunk({"content": "x"}, "stop"))
    grammar = 'root ::= "yes" | "no"'
    async with OpenAICompatibleModel(wire.url, "m", kind=kind) as model:
        await complete(model, ChatRequest(ASK.messages, grammar=grammar))
    assert wire.bodies[0][field] in (grammar, {"grammar": grammar})


async def test_the_first_model_is_taken_when_none_is_named(wire):
    wire.lists({"id": "a", "owned_by": "llamacpp", "meta": {"n_ctx": 8192}}, {"id": "b"})
    settings = load_settings(model_url=wire.url)
    async with open_model(settings) as model:
        assert model.name == "a"
    windows = [model.context_window for model in await served_models(settings)]
    assert windows == [8192, None]
    assert "8192 tokens" in await describe_server(settings)


async def test_vllm_says_its_window_in_its_own_word(wire):
    wire.lists({"id": "a", "owned_by": "vllm", "max_model_len": 32768})
    (model,) = await served_models(load_settings(model_url=wire.url))
    assert model.context_window == 32768


async def test_a_wrong_model_name_is_answered_with_the_nearest(wire):
    wire.lists({"id": "qwen2.5-coder-0.5b", "object": "model"})
    settings = load_settings(model_url=wire.url, model_name="qwen2.5-coder")
    with pytest.raises(UnknownName, match=r"Did you mean 'qwen2.5-coder-0.5b'"):
        async with open_model(settings):
            pass


async def test_a_server_without_a_model_says_so(wire):
    wire.lists()
    with pytest.raises(Unavailable, match="no model loaded"):
        async with open_model(load_settings(model_url=wire.url)):
            pass


async def test_a_missing_package_says_what_to_install():
    code = (
        "import sys; sys.modules['openai'] = None\n"
        "from hades_mcp.errors import ConfigError\n"
        "try:\n    import hades_mcp.models.openai_compatible\n"
        "except ConfigError as error:\n    print(error)"
    )
    done = await anyio.run_process([sys.executable, "-c", code])
    assert b'pip install "hades-mcp[models]"' in done.stdout
