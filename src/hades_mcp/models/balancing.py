"""Several servers of one model as one model: work is shared, and one stands in for another."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hades_mcp.errors import HadesError, Unavailable
from hades_mcp.models.base import Done, close
from hades_mcp.models.breaker import Breaker
from hades_mcp.models.faults import Busy, heals

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    from hades_mcp.models.base import ChatEvent, ChatModel, ChatRequest

SAME_CONVERSATION = 2
"""Messages that tell a conversation from others: a system prompt, and the first words said."""


@dataclass(slots=True)
class _Server:
    url: str
    model: ChatModel
    breaker: Breaker
    under_way: int = field(default=0)

    def rank(self, conversation: str) -> tuple[int, str]:
        mark = hashlib.sha256(f"{conversation}\0{self.url}".encode()).hexdigest()
        return self.under_way, mark


class BalancedModel:
    """Asks the server with the least to do; of equals, the one that knows the conversation.

    Requests of one conversation meet the same server while it is as free as the others, so that
    its cache of the prompt holds. A server that fails before a reply begins is stood in for by the
    next, and left alone for a while when it keeps failing (`Breaker`).

    Args:
        models: By address, drivers of the same model.
        breaker: Makes the circuit breaker of one server.
    """

    def __init__(
        self, models: Mapping[str, ChatModel], *, breaker: Callable[[], Breaker] = Breaker
    ) -> None:
        self._servers = [_Server(url, model, breaker()) for url, model in models.items()]

    @property
    def name(self) -> str:
        """See `ChatModel.name`."""
        return self._servers[0].model.name

    @property
    def context_window(self) -> int | None:
        """The smallest of the servers', so that what fits one fits all."""
        windows = (server.model.context_window for server in self._servers)
        return min((window for window in windows if window is not None), default=None)

    def health(self) -> dict[str, str]:
        """Return the state of each server's breaker, by address."""
        return {server.url: server.breaker.state for server in self._servers}

    async def stream(self, request: ChatRequest) -> AsyncIterator[ChatEvent]:
        """See `ChatModel.stream`.

        Raises:
            Busy: All servers failed lately and are left alone; it says for how long.
        """
        said = "\0".join(message.content for message in request.messages[:SAME_CONVERSATION])
        allowed = [server for server in self._servers if server.breaker.allows]
        if not allowed:
            raise self._resting()
        for last, server in _counted(sorted(allowed, key=lambda one: one.rank(said))):
            begun = False
            events = _watched(server, request)
            try:
                async for event in events:
                    begun = True
                    yield event
            except Unavailable as error:
                if begun or last or not heals(error):
                    raise
            else:
                return
            finally:
                await close(events)

    def _resting(self) -> Busy:
        wait = min(server.breaker.wait for server in self._servers)
        urls = ", ".join(server.url for server in self._servers)
        return Busy(
            f"The model server at {urls} failed several times and is left alone for "
            f"{wait:.0f} seconds.",
            hint="Look at it with: hades models list",
            retry_after=wait,
        )


async def _watched(server: _Server, request: ChatRequest) -> AsyncIterator[ChatEvent]:
    """Ask one server, and keep count of what it does."""
    server.breaker.asked()
    server.under_way += 1
    events = server.model.stream(request)
    try:
        async for event in events:
            if isinstance(event, Done):  # nobody has to read on from here
                server.breaker.worked()
            yield event
    except Unavailable:
        server.breaker.failed()
        raise
    except HadesError:
        server.breaker.worked()  # it answered: the request was wrong, the server is well
        raise
    except BaseException:
        server.breaker.gave_up()
        raise
    finally:
        server.under_way -= 1
        await close(events)


def _counted(servers: list[_Server]) -> list[tuple[bool, _Server]]:
    """Return each server with whether it is the last."""
    return [(server is servers[-1], server) for server in servers]
