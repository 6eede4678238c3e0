"""Says what a model server has loaded, read from the server and never guessed."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hades_mcp.errors import Unavailable, UnknownName
from hades_mcp.models.openai_compatible import START_HINT, OpenAICompatibleModel

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from hades_mcp.config import Settings
    from hades_mcp.types import JsonObject


@dataclass(frozen=True, slots=True)
class ServedModel:
    """A model as its server describes it.

    Args:
        name: What to ask for.
        context_window: Tokens of prompt and reply together; None when the server does not say.
    """

    name: str
    context_window: int | None = None


async def served_models(settings: Settings) -> list[ServedModel]:
    """Return what the configured server offers.

    Raises:
        Unavailable: No server answers.
        ConfigError: It wants another key, or is no such API.
    """
    async with _driver(settings, "") as driver:
        described = await driver.describe()
    return [ServedModel(str(one["id"]), _window(one)) for one in described]


@asynccontextmanager
async def open_model(settings: Settings) -> AsyncIterator[OpenAICompatibleModel]:
    """Open the model the settings name (the server's first when they name none).

    Raises:
        Unavailable: No server answers, or it has no model loaded.
        UnknownName: It has no model of that name.
    """
    names = [model.name for model in await served_models(settings)]
    if not names:
        raise Unavailable(
            f"The model server at {settings.model_url} has no model loaded.", hint=START_HINT
        )
    name = settings.model_name or names[0]
    if name not in names:
        raise UnknownName("model", name, names)
    async with _driver(settings, name) as driver:
        yield driver


def _driver(settings: Settings, name: str) -> OpenAICompatibleModel:
    return OpenAICompatibleModel(
        settings.model_url,
        name,
        api_key=settings.model_api_key.get_secret_value(),
        timeout=settings.model_timeout,
    )


def _window(description: JsonObject) -> int | None:
    """Return the context window in a `/v1/models` entry.

    llama-server says `meta.n_ctx` (what it was started with; `n_ctx_train` is the model's own),
    vLLM says `max_model_len`; OpenAI and Ollama say nothing.
    """
    meta = description.get("meta")
    found = (meta.get("n_ctx") if isinstance(meta, dict) else None) or description.get(
        "max_model_len"
    )
    return found if isinstance(found, int) else None


async def describe_server(settings: Settings) -> str:
    """Return one line on the model that would be asked, for people.

    Raises:
        Unavailable: No server answers, or it has no model loaded.
        UnknownName: It has no model of the configured name.
    """
    served = {model.name: model for model in await served_models(settings)}
    async with open_model(settings) as model:
        window = served[model.name].context_window
    room = f", {window} tokens of context" if window else ""
    return f"{model.name} at {settings.model_url}{room}"
