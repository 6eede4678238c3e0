"""Summarising: the gist of some texts, from the model the settings name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio

from hades_mcp.errors import Unavailable
from hades_mcp.messages import Message
from hades_mcp.models.base import ChatRequest, complete
from hades_mcp.models.registry import open_model
from hades_mcp.prompts.library import load_prompt

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hades_mcp.config import Settings
    from hades_mcp.models.base import ChatModel

PROMPT = "summary"


def summariser(settings: Settings) -> Callable[[Sequence[str]], str]:
    """Return a function from texts, the oldest first, to what is worth keeping of them.

    It raises Unavailable when no model server answers.
    """

    def summarise(texts: Sequence[str]) -> str:
        return anyio.run(_open_and_ask, settings, texts)

    return summarise


async def gist(model: ChatModel, instructions: str, texts: Sequence[str], most: int) -> str:
    """Ask a model for the gist of some texts.

    Args:
        model: Who is asked.
        instructions: What a good summary is.
        texts: The oldest first.
        most: Tokens of the summary, at most.

    Raises:
        Unavailable: It says nothing.
    """
    messages = (Message("system", instructions), Message("user", "\n".join(texts)))
    response = await complete(model, ChatRequest(messages, max_tokens=most))
    text = response.message.content.strip()
    if not text:
        raise Unavailable(f"{model.name} said nothing.", hint="Try another model.")
    return text


async def _open_and_ask(settings: Settings, texts: Sequence[str]) -> str:
    instructions = load_prompt(settings.home, PROMPT).text
    async with open_model(settings) as model:
        return await gist(model, instructions, texts, settings.model_max_tokens)
