"""A model that asks again when asking again can help, and only then."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import anyio

from hades_mcp.errors import Unavailable
from hades_mcp.models.base import close
from hades_mcp.models.faults import Busy, heals

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from hades_mcp.models.base import ChatEvent, ChatModel, ChatRequest

FIRST_WAIT = 0.5
"""Seconds before the first repetition; each further one waits twice as long."""
LONGEST_WAIT = 10.0
"""Seconds; a server that asks for more is told of instead of waited for."""


class RetryingModel:
    """Repeats a request that failed in a way that may heal, with growing pauses.

    What has begun to arrive is never asked for again: its text is already shown, and saying it
    twice would be worse than an error.

    Args:
        model: Who is asked.
        retries: How often a request is repeated at most.
        sleep: Waits some seconds; tests wait for nothing.
    """

    def __init__(
        self,
        model: ChatModel,
        *,
        retries: int = 2,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
    ) -> None:
        self._model = model
        self._retries = retries
        self._sleep = sleep

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
        for attempt in range(self._retries + 1):
            begun = False
            events = self._model.stream(request)
            try:
                async for event in events:
                    begun = True
                    yield event
            except Unavailable as error:
                wait = _pause(attempt, error)
                if begun or attempt == self._retries or not heals(error) or wait > LONGEST_WAIT:
                    raise
            else:
                return
            finally:
                await close(events)
            await self._sleep(wait)


def _pause(attempt: int, error: Unavailable) -> float:
    """Return how long to wait: as the server says, else twice as long each time, not in step."""
    if isinstance(error, Busy) and error.retry_after is not None:
        return error.retry_after
    apart = random.uniform(0.75, 1.25)  # noqa: S311  no secret
    return min(LONGEST_WAIT, FIRST_WAIT * 2.0**attempt) * apart
