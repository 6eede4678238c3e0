"""A real llama-server with our chat template gives the real 0.5B's calls natively."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import anyio
import httpx2
import pytest
from tests.models.lora_file import write_lora
from tests.tools.fetch_model import FetchImpossible
from tests.tools.model_server import model_server

from hades_mcp.agents.definition import choose_tools, load_agent
from hades_mcp.agents.examples import example_messages, nearest_examples
from hades_mcp.config import load_settings
from hades_mcp.errors import LimitReached
from hades_mcp.messages import Message, ToolCall
from hades_mcp.models import ChatRequest, complete
from hades_mcp.models.base import NO_ADAPTER
from hades_mcp.models.constrained import call_schema, read_constrained_call
from hades_mcp.models.registry import look_at_servers, open_model, served_models
from hades_mcp.models.servers import root
from hades_mcp.models.wire import message_body, tool_body
from hades_mcp.prompts.chat import render
from hades_mcp.tools.catalog import BUILT_IN

if TYPE_CHECKING:
    from pathlib import Path

    from hades_mcp.agents.definition import AgentDefinition

pytestmark = [pytest.mark.anyio, pytest.mark.slow]
QUESTION = "What does module arango.http import?"


@pytest.fixture
def librarian(tmp_path: Path) -> AgentDefinition:
    return load_agent(tmp_path, "librarian")


def request(agent: AgentDefinition, **more: Any) -> ChatRequest:
    """Return the librarian's request with examples of calls only."""
    near = nearest_examples(agent.examples, QUESTION, 5)
    calls = [message for example in near for message in example_messages([example])[:2]]
    messages = (Message("system", agent.instructions), *calls, Message("user", QUESTION))
    tools = choose_tools(agent, [tool.spec for tool in BUILT_IN])
    return ChatRequest(messages, tools, max_tokens=128, **more)


async def test_a_call_comes_back_in_the_tool_calls_field(model_url, librarian):
    async with open_model(load_settings(model_url=model_url)) as model:
        response = await complete(model, request(librarian))
    (call,) = response.message.tool_calls
    assert call.channel == "native"
    assert call.name == "graph_traverse"
    assert call.arguments is not None
    assert call.arguments["start"] == "arango.http"


async def test_a_reply_can_be_held_to_one_call(model_url, librarian):
    asked = request(librarian)
    async with open_model(load_settings(model_url=model_url)) as model:
        held = request(librarian, response_schema=call_schema(asked.tools))
        response = await complete(model, held)
    call = read_constrained_call(response.message.content, asked.tools)
    assert call is not None
    assert call.name == "graph_traverse"


async def test_a_prompt_that_only_grew_is_mostly_cached(model_url, librarian):
    asked = request(librarian)
    async with open_model(load_settings(model_url=model_url)) as model:
        first = await complete(model, asked)
        grown = (*asked.messages, first.message, Message("user", "And arango.graph?"))
        second = await complete(model, ChatRequest(grown, asked.tools, max_tokens=8))
    assert second.usage.cached_tokens >= 0.9 * first.usage.prompt_tokens


async def test_the_server_renders_what_our_renderer_renders(model_url, librarian):
    asked = request(librarian)
    call = ToolCall("c1", "graph_traverse", {"start": "ä", "depth": 2, "edges": ["imports"]})
    messages = (
        *asked.messages,
        Message("assistant", "", (call,)),
        Message("tool", '{"nodes": []}', (), "c1"),
    )
    body = {
        "messages": [message_body(message) for message in messages],
        "tools": [tool_body(spec) for spec in asked.tools],
    }
    async with httpx2.AsyncClient() as client:
        url = model_url.removesuffix("/v1") + "/apply-template"
        rendered = (await client.post(url, json=body)).json()["prompt"]
    assert rendered == render(messages, asked.tools)


async def test_the_server_says_its_context_window(model_url):
    (served,) = await served_models(load_settings(model_url=model_url))
    assert served.name == "qwen2.5-coder-0.5b"
    assert served.context_window == 8192
    async with open_model(load_settings(model_url=model_url)) as model:
        assert model.context_window == 8192


async def test_a_conversation_too_long_for_the_window_is_refused(model_url):
    async with open_model(load_settings(model_url=model_url)) as model:
        with pytest.raises(LimitReached, match="context window"):
            await complete(model, ChatRequest((Message("user", "word " * 9000),), max_tokens=8))


async def test_a_reply_can_be_held_to_a_grammar(model_url):
    asked = (Message("user", "Is water wet?"),)
    async with open_model(load_settings(model_url=model_url)) as model:
        response = await complete(model, ChatRequest(asked, grammar='root ::= "yes" | "no"'))
    assert response.message.content in {"yes", "no"}


async def test_closing_the_stream_ends_the_servers_work(model_url):
    asked = ChatRequest((Message("user", "Count from 1 to 5000."),), max_tokens=4000)
    async with open_model(load_settings(model_url=model_url)) as model:
        async with aclosing(model.stream(asked)) as events:  # type: ignore[type-var]
            await anext(events)
        with anyio.fail_after(60):
            async with httpx2.AsyncClient() as client:
                while (await client.get(f"{root(model_url)}/slots")).json()[0]["is_processing"]:
                    pass


async def test_the_server_tells_its_window_and_that_it_holds_no_adapter(model_url):
    (server,) = await look_at_servers(load_settings(model_url=model_url))
    (model,) = server.models
    assert (server.kind, model.loaded) == ("llama-server", True)
    assert (model.context_window, model.trained_window) == (8192, 32768)
    assert model.adapters == ()


async def test_each_request_chooses_its_adapter_and_the_list_tells_them(tmp_path):
    files = [write_lora(tmp_path / f"{name}.gguf", seed) for seed, name in enumerate("ab")]
    extra = [word for file in files for word in ("--lora", str(file))]
    asked = ChatRequest((Message("user", "Name three colours."),), max_tokens=12)
    try:
        with model_server(extra=tuple(extra)) as url:
            (server,) = await look_at_servers(load_settings(model_url=url))
            assert [one.name for one in server.models[0].adapters] == ["a", "b"]
            async with open_model(load_settings(model_url=url)) as model:
                said = [
                    (await complete(model, replace(asked, adapter=name))).message.content
                    for name in (NO_ADAPTER, "a", "b", NO_ADAPTER)
                ]
    except FetchImpossible as error:
        pytest.skip(f"no real model here: {error}")
    bare, first, second, again = said
    assert len({bare, first, second}) == 3
    assert again == bare
