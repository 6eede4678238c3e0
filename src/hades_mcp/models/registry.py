"""Says what the configured servers hold, and opens the model the settings name."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import anyio

from hades_mcp.errors import Unavailable, UnknownName
from hades_mcp.models.balancing import BalancedModel
from hades_mcp.models.faults import START_HINT
from hades_mcp.models.filtering import AskJudge, FilteredModel, rules_of
from hades_mcp.models.measuring import MeasuredModel
from hades_mcp.models.retrying import RetryingModel
from hades_mcp.models.servers import addresses, look_at_server, read_server
from hades_mcp.traces.metrics import open_metrics

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from contextlib import AbstractAsyncContextManager

    from hades_mcp.config import Settings
    from hades_mcp.models.base import ChatModel
    from hades_mcp.models.filtering import OutputRule
    from hades_mcp.models.served import ServedModel
    from hades_mcp.models.servers import Server


IN_PROCESS = "transformers"
"""The driver that needs no server."""


async def look_at_servers(settings: Settings) -> list[Server]:
    """Return how each configured server is, in their order."""
    urls = list(dict.fromkeys(addresses(settings.model_url)))
    found: dict[str, Server] = {}

    async def look(url: str) -> None:
        found[url] = await look_at_server(url, _key(settings))

    async with anyio.create_task_group() as group:
        for url in urls:
            group.start_soon(look, url)
    return [found[url] for url in urls]


async def ready_servers(settings: Settings) -> list[Server]:
    """Return the configured servers that can be asked now.

    Raises:
        Unavailable: None can; what the first said is told.
        ConfigError: None can, and the first wants another key, or is no model server.
    """
    servers = await look_at_servers(settings)
    ready = [server for server in servers if server.state == "ready"]
    if ready:
        return ready
    first = servers[0].url if servers else ""
    # Asked again for its own error, hint and all: it knows best what is wrong.
    return [await read_server(first, _key(settings))]


async def served_models(settings: Settings) -> list[ServedModel]:
    """Return what the configured servers offer, each model once.

    Raises:
        Unavailable: No server answers.
        ConfigError: One wants another key, or is no such API.
    """
    offered: dict[str, ServedModel] = {}
    for server in await ready_servers(settings):
        for model in server.models:
            offered.setdefault(model.name, model)
    return list(offered.values())


@asynccontextmanager
async def open_model(settings: Settings) -> AsyncIterator[ChatModel]:
    """Open the model the settings name (the servers' first when they name none).

    Raises:
        Unavailable: No server answers, or none has a model loaded.
        UnknownName: None has a model of that name.
        ConfigError: A package is missing, or the folder to load holds no model.
    """
    async with AsyncExitStack() as stack:
        metrics = open_metrics(settings.otlp_endpoint)
        stack.callback(metrics.close)
        if settings.model_driver == IN_PROCESS:
            here = await stack.enter_async_context(_in_process(settings))
            measured = MeasuredModel(here, metrics, "localhost")
            rules = _rules(settings)
            yield FilteredModel(measured, rules) if rules else measured
            return
        servers = await ready_servers(settings)
        name = choose(settings.model_name, servers)
        drivers: dict[str, ChatModel] = {}
        for server in servers:
            if any(model.name == name for model in server.models):
                driver = _driver(settings, server, name, adapter=settings.model_adapter)
                opened = await stack.enter_async_context(driver)
                drivers[server.url] = MeasuredModel(opened, metrics, server.url)
        balanced = RetryingModel(BalancedModel(drivers), retries=settings.model_retries)
        rules = _rules(settings)
        if settings.filter_model:
            judge = choose(settings.filter_model, servers)
            server = next(one for one in servers if judge in {model.name for model in one.models})
            asked = await stack.enter_async_context(_driver(settings, server, judge))
            # Before what is masked or cut: a judge is to see the whole.
            rules.insert(len(settings.filter_block), AskJudge(asked))
        yield FilteredModel(balanced, rules) if rules else balanced


def choose(wanted: str, servers: Sequence[Server]) -> str:
    """Return the name to ask for: the wanted one, or else a model that is in memory.

    Raises:
        Unavailable: No server has any model.
        UnknownName: None has a model of that name.
    """
    models = [model for server in servers for model in server.models]
    names = [model.name for model in models]
    if not names:
        where = ", ".join(server.url for server in servers)
        raise Unavailable(f"The model server at {where} has no model loaded.", hint=START_HINT)
    if not wanted:
        return next((model.name for model in models if model.loaded), names[0])
    # Ollama calls a model without a tag `NAME:latest`, and takes either.
    found = next((name for name in (wanted, f"{wanted}:latest") if name in names), None)
    if found is None:
        raise UnknownName("model", wanted, names)
    return found


async def describe_server(settings: Settings) -> str:
    """Return one line on the model that would be asked, for people.

    Raises:
        Unavailable: No server answers, or it has no model loaded.
        UnknownName: It has no model of the configured name.
    """
    if settings.model_driver == IN_PROCESS:
        return f"{settings.model_name} in this process"
    servers = await ready_servers(settings)
    name = choose(settings.model_name, servers)
    server, model = next(
        (server, model) for server in servers for model in server.models if model.name == name
    )
    room = f", {model.context_window} tokens of context" if model.context_window else ""
    return f"{name} at {server.url} ({server.kind}){room}"


def _rules(settings: Settings) -> list[OutputRule]:
    return rules_of(
        secrets=settings.filter_secrets,
        mask=settings.filter_mask,
        block=settings.filter_block,
        characters=settings.filter_characters,
    )


def _in_process(settings: Settings) -> AbstractAsyncContextManager[ChatModel]:
    """Return the model of a folder, in memory; torch is loaded only here."""
    from hades_mcp.models.in_process import InProcessModel  # noqa: PLC0415

    return InProcessModel(
        Path(settings.model_name).expanduser(),
        bits=settings.model_bits,
        adapter=settings.model_adapter,
        timeout=settings.model_timeout,
    )


def _key(settings: Settings) -> str:
    return settings.model_api_key.get_secret_value()


def _driver(
    settings: Settings, server: Server, name: str, *, adapter: str = ""
) -> AbstractAsyncContextManager[ChatModel]:
    """Return the driver of one model on one server; its package is loaded only here."""
    if _is_ollama(settings, server):
        from hades_mcp.models.ollama import OllamaModel  # noqa: PLC0415

        return OllamaModel(
            server.url,
            name,
            context=settings.model_context,
            timeout=settings.model_timeout,
            keep_alive=settings.model_keep_alive,
            api_key=_key(settings),
        )
    from hades_mcp.models.openai_compatible import OpenAICompatibleModel  # noqa: PLC0415

    model = next(model for model in server.models if model.name == name)
    return OpenAICompatibleModel(
        f"{server.url}/v1",
        name,
        api_key=_key(settings),
        timeout=settings.model_timeout,
        kind=server.kind or "openai",
        adapters=model.adapters,
        adapter=adapter,
        context_window=model.context_window,
    )


def _is_ollama(settings: Settings, server: Server) -> bool:
    if settings.model_driver == "auto":
        return server.kind == "ollama"
    return settings.model_driver == "ollama"
