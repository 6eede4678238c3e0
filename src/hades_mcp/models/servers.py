"""Asks a model server what it is, how it is, and what it holds, over plain HTTP."""

from __future__ import annotations

from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Self

import anyio
import httpx2

from hades_mcp.errors import ConfigError, HadesError, Unavailable
from hades_mcp.models import faults
from hades_mcp.models.served import (
    ServedModel,
    ServerKind,
    from_llama_server,
    from_lm_studio,
    from_ollama,
    from_openai,
    kind_of,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

State = Literal["ready", "loading", "down"]
PATIENCE = 10.0
"""Seconds a server may take to say what it is."""


@dataclass(frozen=True, slots=True)
class Server:
    """A model server as it was found.

    Args:
        url: Its address, without `/v1`.
        state: Whether it can be asked.
        kind: Which server it is; None when it is down.
        models: What it offers.
        problem: Why it is not ready, in one sentence.
    """

    url: str
    state: State
    kind: ServerKind | None = None
    models: tuple[ServedModel, ...] = ()
    problem: str = ""


def root(url: str) -> str:
    """Return a server's address without the `/v1` of its OpenAI-compatible API."""
    return url.strip().rstrip("/").removesuffix("/v1")


def addresses(urls: str) -> list[str]:
    """Return the addresses in a comma-separated setting, each without `/v1`."""
    return [root(url) for url in urls.split(",") if url.strip()]


async def read_server(url: str, api_key: str = "", *, patience: float = PATIENCE) -> Server:
    """Ask one server what it is and what it holds.

    Raises:
        Unavailable: It does not answer, or is still loading.
        ConfigError: It wants another key, or is no model server.
    """
    async with Asking(url, api_key, patience) as asking:
        listed = _entries(await asking.get("/v1/models"), "data")
        kind = kind_of(listed) or await _probed(asking)
        models = await _models(asking, kind, listed)
    return Server(root(url), "ready", kind, tuple(models))


async def look_at_server(url: str, api_key: str = "", *, patience: float = PATIENCE) -> Server:
    """Return how a server is, whatever that is."""
    try:
        return await read_server(url, api_key, patience=patience)
    except faults.Busy as error:
        return Server(root(url), "loading", problem=error.message)
    except HadesError as error:
        return Server(root(url), "down", problem=error.message)


class Asking:
    """Asks one server for JSON.

    Args:
        url: Its address, with or without `/v1`.
        api_key: Sent as bearer token unless empty.
        patience: Seconds one answer may take.
    """

    def __init__(self, url: str, api_key: str = "", patience: float = PATIENCE) -> None:
        self.url = root(url)
        headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._patience = patience
        self._client = httpx2.AsyncClient(base_url=self.url, headers=headers, timeout=patience)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def get(self, path: str) -> Any:
        """Return what the server has at a path.

        Raises:
            Unavailable: It does not answer, or is still loading.
            ConfigError: It wants another key, or has no such path.
        """
        return await self._ask("GET", path, None)

    async def post(self, path: str, body: dict[str, Any]) -> Any:
        """Send JSON, and return what comes back; as `get`."""
        return await self._ask("POST", path, body)

    async def optional(self, path: str) -> Any:
        """Return what the server has at a path, None when it has no such path."""
        try:
            return await self.get(path)
        except HadesError:
            return None

    async def _ask(self, method: str, path: str, body: dict[str, Any] | None) -> Any:
        async with self._explained():
            response = await self._client.request(method, path, json=body)
        if response.is_success:
            try:
                return response.json() if response.content.strip() else {}
            except ValueError:
                raise ConfigError(
                    f"{self.url}{path} is no model server: it answers without JSON.",
                    hint="Name another address in HADES_MODEL_URL.",
                ) from None
        raise self._refusal(response, path)

    @asynccontextmanager
    async def _explained(self) -> AsyncIterator[None]:
        try:
            yield
        except httpx2.TimeoutException as error:
            raise faults.slow(self.url, self._patience) from error
        except httpx2.TransportError as error:
            raise faults.gone(self.url) from error
        except httpx2.InvalidURL as error:
            raise ConfigError(f"{self.url!r} is no address of a server: {error}.") from None

    def _refusal(self, response: httpx2.Response, path: str) -> HadesError:
        said = _said(response)
        match response.status_code:
            case 401 | 403:
                return ConfigError(
                    f"The model server at {self.url} refuses the key: {said}",
                    hint="Set HADES_MODEL_API_KEY.",
                )
            case 429 | 503:
                wait = faults.seconds(response.headers.get("Retry-After"))
                message = f"The model server at {self.url} is not ready: {said}"
                return faults.Busy(message, hint="Try again soon.", retry_after=wait)
            case code if code >= 500:  # noqa: PLR2004  HTTP: the server's fault
                return Unavailable(
                    f"The model server at {self.url} failed: {said}", hint="Try again."
                )
            case code:
                return ConfigError(
                    f"The model server at {self.url} refuses {path} ({code}): {said}"
                )


async def _probed(asking: Asking) -> ServerKind:
    """Tell servers apart whose lists of models look alike."""
    if await asking.optional("/api/version") is not None:
        return "ollama"
    return "lmstudio" if await asking.optional("/api/v0/models") is not None else "openai"


async def _models(
    asking: Asking, kind: ServerKind, listed: list[dict[str, Any]]
) -> list[ServedModel]:
    match kind:
        case "llama-server":
            props = await asking.optional("/props")
            adapters = await asking.optional("/lora-adapters")
            return from_llama_server(listed, props or {}, adapters or [])
        case "ollama":
            tagged = _entries(await asking.get("/api/tags"), "models")
            running = _entries(await asking.optional("/api/ps"), "models")
            names = [str(one.get("model") or one.get("name")) for one in tagged]
            return from_ollama(tagged, running, await _shown(asking, names))
        case "lmstudio":
            return from_lm_studio(_entries(await asking.get("/api/v0/models"), "data"))
        case "vllm" | "openai":
            return from_openai(listed)


async def _shown(asking: Asking, names: list[str]) -> dict[str, dict[str, Any]]:
    """Ask Ollama for each model's own facts, all at once; one that just went has none."""
    shown: dict[str, dict[str, Any]] = {}

    async def show(name: str) -> None:
        with suppress(HadesError):
            shown[name] = await asking.post("/api/show", {"model": name})

    async with anyio.create_task_group() as group:
        for name in names:
            group.start_soon(show, name)
    return shown


def _entries(body: Any, key: str) -> list[dict[str, Any]]:
    found = body.get(key) if isinstance(body, dict) else None
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _said(response: httpx2.Response) -> str:
    """Return the server's own message."""
    try:
        body: Any = response.json()
    except ValueError:
        return response.text.strip()[:200] or response.reason_phrase
    error = body.get("error", body) if isinstance(body, dict) else body
    return str(error.get("message", error) if isinstance(error, dict) else error)
