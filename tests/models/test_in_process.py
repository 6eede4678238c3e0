"""A transformers model in this process: a real one, random and tiny, with real adapters."""

from __future__ import annotations

import json
import sys
import threading
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from tests.models.tiny import make_adapter, make_model

from hades_mcp.config import load_settings
from hades_mcp.errors import ConfigError, LimitReached, NotFound
from hades_mcp.messages import Message, ToolSpec
from hades_mcp.models import ChatRequest, Done, TextDelta, complete
from hades_mcp.models.base import NO_ADAPTER
from hades_mcp.models.faults import TooSlow
from hades_mcp.models.fenced import read_fenced
from hades_mcp.models.registry import describe_server, open_model

if TYPE_CHECKING:
    from pathlib import Path

    from hades_mcp.models.in_process import InProcessModel

pytestmark = [
    pytest.mark.anyio,
    # of torch and transformers themselves, on the newest Pythons
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning"),
]
ASK = ChatRequest((Message("system", "S"), Message("user", "Hello")), max_tokens=24)
SEARCH = ToolSpec("search", "Find.", {"type": "object", "properties": {}})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    for package in ("torch", "transformers", "peft"):
        pytest.importorskip(package, reason="the extra train is not installed")
    return make_model(tmp_path_factory.mktemp("tiny") / "tiny.qwen2")


@pytest.fixture(scope="module")
def adapters(folder: Path) -> list[str]:
    return [str(make_adapter(folder, folder.parent / f"a{seed}.1", seed)) for seed in (1, 2)]


@pytest.fixture
def model(folder: Path) -> InProcessModel:
    from hades_mcp.models.in_process import InProcessModel

    return InProcessModel(folder, bits=32)


async def say(model: Any, request: ChatRequest) -> str:
    return (await complete(model, request)).message.content


@pytest.mark.slow
async def test_pieces_make_up_the_reply_and_it_is_the_same_each_time(model):
    events = [event async for event in model.stream(ASK)]
    assert isinstance(events[-1], Done)
    response = events[-1].response
    pieces = [event.text for event in events if isinstance(event, TextDelta)]
    assert "".join(pieces) == response.message.content
    assert len(pieces) > 1
    assert (response.usage.completion_tokens, response.finish_reason) == (24, "length")
    assert await say(model, ASK) == response.message.content


@pytest.mark.slow
async def test_an_adapter_changes_what_is_said_and_leaves_the_model_as_it_was(model, adapters):
    bare = await say(model, ASK)
    first, second = [await say(model, replace(ASK, adapter=name)) for name in adapters]
    assert len({bare, first, second}) == 3
    assert await say(model, replace(ASK, adapter=adapters[0])) == first
    assert await say(model, replace(ASK, adapter=NO_ADAPTER)) == bare
    with pytest.raises(NotFound, match="Name a folder that peft saved"):
        await say(model, replace(ASK, adapter="none/such"))


@pytest.mark.slow
async def test_a_prompt_that_only_grew_is_computed_once_and_says_the_same(model, folder):
    from hades_mcp.models.in_process import InProcessModel

    first = await complete(model, ASK)
    grown = replace(ASK, messages=(*ASK.messages, first.message, Message("user", "And?")))
    second = await complete(model, grown)
    assert second.usage.cached_tokens >= first.usage.prompt_tokens
    fresh = await complete(InProcessModel(folder, bits=32), grown)
    assert fresh.usage.cached_tokens == 0
    assert fresh.message.content == second.message.content


@pytest.mark.slow
async def test_a_reply_is_held_to_its_schema(model):
    pytest.importorskip("llguidance")
    choices = {"enum": ["search", "graph_traverse"]}
    schema: Any = {
        "type": "object",
        "properties": {"name": choices, "sure": {"type": "boolean"}},
        "required": ["name", "sure"],
        "additionalProperties": False,
    }
    reply = json.loads(await say(model, replace(ASK, response_schema=schema, max_tokens=80)))
    assert reply["name"] in choices["enum"]
    assert isinstance(reply["sure"], bool)
    said = await say(model, replace(ASK, grammar='root ::= "yes" | "no"'))
    assert said in {"yes", "no"}


@pytest.mark.slow
async def test_a_stop_text_ends_the_reply_and_does_not_belong_to_it(model):
    whole = await say(model, ASK)
    stop = whole[5:8]
    events = [event async for event in model.stream(replace(ASK, stop=(stop,)))]
    assert isinstance(events[-1], Done)
    cut = events[-1].response
    assert cut.message.content == whole[: whole.index(stop)]
    assert cut.finish_reason == "stop"
    pieces = [event.text for event in events if isinstance(event, TextDelta)]
    assert "".join(pieces) == cut.message.content


@pytest.mark.slow
async def test_closing_the_stream_stops_the_generation(model):
    async with aclosing(model.stream(replace(ASK, max_tokens=400))) as events:
        await anext(events)
    assert not [one for one in threading.enumerate() if one.name == "generation"]
    assert model._kept is not None
    assert len(model._kept[1]) < 300


@pytest.mark.slow
async def test_cancelling_the_task_stops_the_generation(model):
    with anyio.move_on_after(30) as scope:
        async for _ in model.stream(replace(ASK, max_tokens=400)):
            scope.cancel()
    assert scope.cancelled_caught
    assert not [one for one in threading.enumerate() if one.name == "generation"]


@pytest.mark.slow
async def test_a_request_that_is_given_up_while_it_waits_takes_no_turn(model):
    first = model.stream(replace(ASK, max_tokens=400))
    await anext(first)
    with anyio.move_on_after(0.2) as scope:
        await complete(model, ASK)
    assert scope.cancelled_caught
    async with aclosing(first):
        pass
    assert await say(model, ASK)


@pytest.mark.slow
async def test_what_is_too_slow_or_too_long_is_said(model, folder):
    from hades_mcp.models.in_process import InProcessModel

    with pytest.raises(TooSlow):
        await complete(InProcessModel(folder, bits=32, timeout=1e-9), ASK)
    with pytest.raises(LimitReached, match="window 512"):
        await complete(model, replace(ASK, messages=(Message("user", "x" * 600),)))


@pytest.mark.slow
async def test_the_settings_open_a_folder_with_its_adapter(folder, adapters, model):
    settings = load_settings(
        model_driver="transformers",
        model_name=str(folder),
        model_adapter=adapters[0],
        model_bits=32,
    )
    async with open_model(settings) as opened:
        assert opened.name == "tiny.qwen2"
        assert await say(opened, ASK) == await say(model, replace(ASK, adapter=adapters[0]))
    assert await describe_server(settings) == f"{folder} in this process"


@pytest.mark.slow
async def test_fewer_bits_need_their_package(folder, monkeypatch):
    from hades_mcp.models.in_process import InProcessModel

    monkeypatch.setitem(sys.modules, "bitsandbytes", None)
    with pytest.raises(ConfigError, match="pip install bitsandbytes"):
        InProcessModel(folder, bits=4)
    with pytest.raises(ConfigError, match="no transformers model"):
        InProcessModel(folder / "none")


@pytest.mark.slow
@pytest.mark.parametrize("bits", [8, 4])
async def test_fewer_bits_take_less_memory(folder, model, bits):
    pytest.importorskip("bitsandbytes")
    from hades_mcp.models.in_process import InProcessModel

    small = InProcessModel(folder, bits=bits)
    assert small._model.get_memory_footprint() < model._model.get_memory_footprint() / 2
    assert await say(small, ASK)


def test_calls_written_to_the_letter_are_calls():
    block = '```json\n{"name": "search", "arguments": {"text": "a"}}\n```'
    text, calls = read_fenced(f"I look.\n{block}\n{block}", [SEARCH])
    assert text == "I look."
    assert [(call.name, call.arguments, call.channel) for call in calls] == [
        ("search", {"text": "a"}, "native")
    ] * 2


@pytest.mark.parametrize(
    "text",
    [
        '```json\n{"name": "search", "arguments": {}}\n```\nis how you would call it.',
        '```json\n{"name": "wipe", "arguments": {}}\n```',
        '```json\n{"name": "search", "arguments": "a"}\n```',
        '```json\n{"name": "search"}\n```',
        '```json\n{"name": "search", "arguments": {}\n```',
        '{"name": "search", "arguments": {}}',
    ],
)
def test_whatever_else_stays_text(text):
    assert read_fenced(text, [SEARCH]) == (text, ())
