"""Measures every request to a model server: how long, how soon the first word, how many tokens."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from hades_mcp.models.base import Done, close

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from hades_mcp.models.base import ChatEvent, ChatModel, ChatRequest, ChatResponse
    from hades_mcp.traces.metrics import Metrics


class MeasuredModel:
    """A driver whose requests are measured, by the names of OpenTelemetry's GenAI conventions.

    Args:
        model: Who is asked.
        metrics: Where the figures go.
        server: The server's address, told with each figure.
    """

    def __init__(self, model: ChatModel, metrics: Metrics, server: str) -> None:
        self._model = model
        self._metrics = metrics
        self._facts = {
            "gen_ai.operation.name": "chat",
            "gen_ai.request.model": model.name,
            "server.address": server,
        }

    @property
    def name(self) -> str:
        """See `ChatModel.name`."""
        return self._model.name

    @property
    def context_window(self) -> int | None:
        """See `ChatModel.context_window`."""
        return self._model.context_window

    async def stream(self, request: ChatRequest) -> AsyncIterator[ChatEvent]:
        """See `ChatModel.stream`."""
        started = time.monotonic()
        first: float | None = None
        outcome = {"error.type": "cancelled"}
        events = self._model.stream(request)
        try:
            async for event in events:
                if first is None:
                    first = time.monotonic() - started
                    self._metrics.first_token.record(first, self._facts)
                if isinstance(event, Done):
                    outcome = {}
                    self._count(event.response)
                yield event
        except Exception as error:
            outcome = {"error.type": type(error).__name__}
            raise
        finally:
            seconds = time.monotonic() - started
            self._metrics.model_seconds.record(seconds, self._facts | outcome)
            await close(events)

    def _count(self, response: ChatResponse) -> None:
        usage = response.usage
        for kind, tokens in (
            ("input", usage.prompt_tokens),
            ("cached", usage.cached_tokens),
            ("output", usage.completion_tokens),
        ):
            self._metrics.model_tokens.record(tokens, self._facts | {"gen_ai.token.type": kind})
