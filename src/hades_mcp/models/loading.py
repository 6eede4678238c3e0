"""Brings a model into a server's memory, or out of it, where the server can do that when asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio

from hades_mcp.errors import ConfigError, HadesError, Unavailable
from hades_mcp.models.faults import slow
from hades_mcp.models.registry import choose, ready_servers
from hades_mcp.models.servers import Asking, read_server

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from hades_mcp.config import Settings
    from hades_mcp.models.servers import Server

_OTHERWISE = {
    "vllm": "vLLM holds the model it was started with.",
    "lmstudio": "Use LM Studio's own command: lms load NAME, lms unload NAME.",
    "openai": "The server offers no way to ask for that.",
}


async def load(
    settings: Settings, name: str, *, sleep: Callable[[float], Awaitable[None]] = anyio.sleep
) -> str:
    """Bring a model into memory, and return where.

    Args:
        settings: Name the servers.
        name: The model.
        sleep: Waits between looks at a server that loads.

    Raises:
        UnknownName: No server has such a model.
        ConfigError: The server cannot do it when asked; the hint says what does it.
        Unavailable: No server answers, or it could not load the model.
        TooSlow: It took longer than the settings allow.
    """
    server, found = await _held_by(settings, name)
    match server.kind:
        case "ollama":
            from hades_mcp.models.ollama import OllamaModel  # noqa: PLC0415  optional package

            async with OllamaModel(
                server.url,
                found,
                context=settings.model_context,
                timeout=settings.model_timeout,
                keep_alive=settings.model_keep_alive,
                api_key=settings.model_api_key.get_secret_value(),
            ) as model:
                await model.load()
        case "llama-server":
            await _switch(settings, server, found, on=True, sleep=sleep)
        case _:
            raise _cannot(server)
    return server.url


async def unload(
    settings: Settings, name: str, *, sleep: Callable[[float], Awaitable[None]] = anyio.sleep
) -> str:
    """Take a model out of memory, and return where; as `load`."""
    server, found = await _held_by(settings, name)
    match server.kind:
        case "ollama":
            from hades_mcp.models.ollama import OllamaModel  # noqa: PLC0415  optional package

            async with OllamaModel(server.url, found, timeout=settings.model_timeout) as model:
                await model.unload()
        case "llama-server":
            await _switch(settings, server, found, on=False, sleep=sleep)
        case _:
            raise _cannot(server)
    return server.url


async def _held_by(settings: Settings, name: str) -> tuple[Server, str]:
    servers = await ready_servers(settings)
    found = choose(name, servers)
    for server in servers:
        if any(model.name == found for model in server.models):
            return server, found
    raise AssertionError(found)  # choose took it from one of them


async def _switch(
    settings: Settings,
    server: Server,
    name: str,
    *,
    on: bool,
    sleep: Callable[[float], Awaitable[None]],
) -> None:
    """Load or unload at a llama-server that is a router (`--models-dir`), and wait until it is."""
    key = settings.model_api_key.get_secret_value()
    if _is_loaded(server, name) is on:
        return
    async with Asking(server.url, key, settings.model_timeout) as asking:
        try:
            await asking.post(f"/models/{'load' if on else 'unload'}", {"model": name})
        except ConfigError as error:
            raise ConfigError(
                f"The llama-server at {server.url} holds the one model it was started with.",
                hint="Start one that loads when asked: hades models serve DIR",
            ) from error
    try:
        with anyio.fail_after(settings.model_timeout):
            while _is_loaded(now := await read_server(server.url, key), name) is not on:
                if on and _status_failed(now, name):
                    raise Unavailable(
                        f"{server.url} could not load {name}.", hint="Its log says why."
                    )
                await sleep(0.1)
    except TimeoutError as error:
        raise slow(server.url, settings.model_timeout) from error


def _is_loaded(server: Server, name: str) -> bool | None:
    return next((model.loaded for model in server.models if model.name == name), None)


def _status_failed(server: Server, name: str) -> bool:
    return any(model.name == name and model.failed for model in server.models)


def _cannot(server: Server) -> HadesError:
    return ConfigError(
        f"The server at {server.url} ({server.kind}) loads no model when asked.",
        hint=_OTHERWISE[server.kind or "openai"],
    )
