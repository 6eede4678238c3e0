"""The registry tells what servers say of themselves; bodies are recorded or from their docs."""

from __future__ import annotations

import socket

import pytest

from hades_mcp import assets
from hades_mcp.config import load_settings
from hades_mcp.errors import ConfigError, Unavailable
from hades_mcp.models.registry import choose, describe_server, look_at_servers, served_models
from hades_mcp.models.served import Adapter, ServedModel
from hades_mcp.models.servers import Server, addresses
from hades_mcp.prompts.chat import SERVING_TEMPLATE, template_hash

pytestmark = pytest.mark.anyio

# recorded from llama-server b10434 with one adapter, shortened
LLAMA_MODEL = {
    "id": "qwen2.5-coder-0.5b",
    "object": "model",
    "owned_by": "llamacpp",
    "meta": {
        "n_ctx": 16384,
        "n_ctx_train": 32768,
        "n_params": 630167424,
        "size": 485452288,
        "ftype": "Q4_K - Medium",
    },
}
PROPS = {"default_generation_settings": {"n_ctx": 8192}, "total_slots": 2}
LORA = [
    {"id": 0, "path": "adapters/graph.gguf", "scale": 1.0, "task_name": "", "prompt_prefix": ""}
]
# documented in Ollama's docs/api.md
TAGS = {
    "models": [
        {
            "name": "qwen2.5-coder:1.5b",
            "model": "qwen2.5-coder:1.5b",
            "size": 986061892,
            "details": {"parameter_size": "1.5B", "quantization_level": "Q4_K_M"},
        },
        {"name": "small:latest", "model": "small:latest", "size": 1, "details": {}},
    ]
}
PS = {"models": [{"name": "small:latest", "model": "small:latest", "context_length": 4096}]}
SHOW = {
    "parameters": 'num_ctx                        16384\nstop                           "x"',
    "model_info": {"general.architecture": "qwen2", "qwen2.context_length": 32768},
}


async def test_llama_server_tells_its_true_window_and_its_adapters(wire):
    wire.lists(LLAMA_MODEL)
    wire.says("/props", PROPS)
    wire.says("/lora-adapters", LORA)
    (server,) = await look_at_servers(load_settings(model_url=wire.url))
    assert (server.kind, server.state) == ("llama-server", "ready")
    (model,) = server.models
    assert model == ServedModel(
        "qwen2.5-coder-0.5b",
        context_window=8192,  # of one slot: what a conversation really has
        trained_window=32768,
        loaded=True,
        size_bytes=485452288,
        parameters="630M",
        quantization="Q4_K - Medium",
        adapters=(Adapter("0", "graph", 1.0),),
    )


async def test_llama_server_tells_the_hash_of_its_chat_template(wire, tmp_path):
    text = assets.find(tmp_path, "prompts", SERVING_TEMPLATE).read_text("utf-8").rstrip()
    wire.lists(LLAMA_MODEL)
    wire.says("/props", PROPS | {"chat_template": text})
    (model,) = await served_models(load_settings(model_url=wire.url))
    assert model.template == template_hash(tmp_path)


async def test_a_router_tells_which_of_its_models_are_in_memory(wire):
    wire.lists(
        {"id": "a", "owned_by": "llamacpp", "status": {"value": "loaded"}},
        {"id": "b", "owned_by": "llamacpp", "status": {"value": "unloaded"}},
    )
    models = await served_models(load_settings(model_url=wire.url))
    assert [(model.name, model.loaded) for model in models] == [("a", True), ("b", False)]


async def test_ollama_tells_the_window_it_runs_with_and_the_one_it_would_run_with(wire):
    wire.lists({"id": "small:latest", "object": "model", "owned_by": "library"})
    wire.says("/api/version", {"version": "0.12.6"})
    wire.says("/api/tags", TAGS)
    wire.says("/api/ps", PS)
    wire.says("/api/show", SHOW | {"capabilities": ["completion", "tools"]})
    (server,) = await look_at_servers(load_settings(model_url=wire.url))
    assert server.kind == "ollama"
    coder, small = server.models
    assert (coder.loaded, coder.context_window, coder.trained_window) == (False, 16384, 32768)
    assert (coder.size_bytes, coder.parameters, coder.quantization) == (
        986061892,
        "1.5B",
        "Q4_K_M",
    )
    assert (small.loaded, small.context_window) == (True, 4096)


async def test_a_model_of_ollamas_that_just_went_does_not_spoil_the_list(wire):
    wire.lists({"id": "small:latest", "object": "model", "owned_by": "library"})
    wire.says("/api/version", {"version": "0.12.6"})
    wire.says("/api/tags", TAGS)
    wire.says("/api/show", {"error": "model not found"}, 404)
    models = await served_models(load_settings(model_url=wire.url))
    assert [model.context_window for model in models] == [None, None]


async def test_a_model_of_ollamas_that_only_embeds_is_no_model_that_chats(wire):
    wire.lists({"id": "nomic:latest", "object": "model", "owned_by": "library"})
    wire.says("/api/version", {"version": "0.12.6"})
    wire.says("/api/tags", {"models": [{"model": "nomic:latest"}]})
    wire.says("/api/show", {"capabilities": ["embedding"]})
    assert await served_models(load_settings(model_url=wire.url)) == []


async def test_lm_studio_tells_what_is_loaded(wire):
    wire.lists({"id": "qwen2.5-coder-1.5b", "owned_by": "organization_owner"})
    entry = {"id": "qwen2.5-coder-1.5b", "type": "llm", "max_context_length": 32768}
    embeds = {"id": "nomic", "type": "embeddings", "state": "loaded"}
    loaded = {"state": "loaded", "loaded_context_length": 4096}
    wire.says("/api/v0/models", {"data": [{**entry, **loaded}, embeds]})
    (server,) = await look_at_servers(load_settings(model_url=wire.url))
    assert server.kind == "lmstudio"
    (model,) = server.models
    assert (model.loaded, model.context_window, model.trained_window) == (True, 4096, 32768)


async def test_vllm_serves_adapters_as_models_and_each_knows_its_base(wire):
    base = {"id": "qwen", "owned_by": "vllm", "parent": None, "max_model_len": 32768}
    wire.lists(base, {"id": "sql", "owned_by": "vllm", "parent": "qwen"})
    own, adapter = await served_models(load_settings(model_url=wire.url))
    assert own.adapters == (Adapter("sql", "sql"),)
    assert adapter.base == "qwen"


async def test_a_server_that_still_loads_is_loading_and_one_that_is_gone_is_down(wire):
    wire.refuses(503, {"error": {"message": "Loading model"}}, "/models")
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        gone = f"http://127.0.0.1:{unused.getsockname()[1]}"
        settings = load_settings(model_url=f"{wire.url}, {gone}")
        servers = await look_at_servers(settings)
        with pytest.raises(Unavailable, match="Loading model"):
            await served_models(settings)
    assert [server.state for server in servers] == ["loading", "down"]
    assert "Loading model" in servers[0].problem
    assert gone in servers[1].problem


async def test_a_wrong_key_is_for_a_person(wire):
    wire.refuses(401, {"error": {"message": "Invalid API Key"}}, "/models")
    with pytest.raises(ConfigError, match="HADES_MODEL_API_KEY"):
        await served_models(load_settings(model_url=wire.url))


async def test_a_page_that_is_no_json_is_no_model_server(wire):
    wire.answers["/v1/models"] = (200, "text/html", b"<html>welcome</html>")
    with pytest.raises(ConfigError, match="is no model server"):
        await served_models(load_settings(model_url=wire.url))


async def test_the_line_for_people_names_model_server_and_window(wire):
    wire.lists(LLAMA_MODEL)
    wire.says("/props", PROPS)
    described = await describe_server(load_settings(model_url=wire.url))
    assert described.startswith("qwen2.5-coder-0.5b at http://127.0.0.1:")
    assert described.endswith("(llama-server), 8192 tokens of context")


def test_the_model_in_memory_is_taken_when_none_is_named():
    models = (ServedModel("a", loaded=False), ServedModel("b", loaded=True))
    assert choose("", [Server("u", "ready", "ollama", models)]) == "b"


def test_a_model_of_ollamas_may_be_named_without_its_tag():
    server = Server("u", "ready", "ollama", (ServedModel("small:latest"),))
    assert choose("small", [server]) == "small:latest"


def test_addresses_are_read_with_and_without_the_path_of_their_api():
    assert addresses("http://a:1/v1, http://b:2/ ,") == ["http://a:1", "http://b:2"]
