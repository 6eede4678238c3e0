"""A model that says what a script tells it: for tests of everything around a model, yours too."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from hades_mcp.errors import LimitReached
from hades_mcp.messages import Message, Usage
from hades_mcp.models.base import ChatResponse, Done, TextDelta

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable

    from hades_mcp.messages import ToolCall
    from hades_mcp.models.base import ChatEvent, ChatRequest

Reply: TypeAlias = "str | ToolCall | Message | ChatResponse | list[ToolCall]"
"""A text, one call, several calls, a message, or a whole response."""

PIECE = 8
"""Characters of one text event."""


class ScriptedModel:
    """Gives prepared replies, and keeps the requests it got in `requests`.

    Args:
        script: The replies in order, or a function from a request to its reply.
        name: What the model is called.
        context_window: What it says of its window; it reads longer prompts all the same.
    """

    def __init__(
        self,
        script: Iterable[Reply] | Callable[[ChatRequest], Reply],
        *,
        name: str = "scripted",
        context_window: int | None = None,
    ) -> None:
        self._context_window = context_window
        self.requests: list[ChatRequest] = []
        self._name = name
        self._function = script if callable(script) else None
        self._replies = iter(()) if callable(script) else iter(script)

    @property
    def name(self) -> str:
        """The model's name."""
        return self._name

    @property
    def context_window(self) -> int | None:
        """See `ChatModel.context_window`."""
        return self._context_window

    async def stream(self, request: ChatRequest) -> AsyncIterator[ChatEvent]:
        """Give the next reply in small pieces.

        Raises:
            LimitReached: The script has no more replies.
        """
        self.requests.append(request)
        response = _response(self._next(request), request)
        text = response.message.content
        for start in range(0, len(text), PIECE):
            yield TextDelta(text[start : start + PIECE])
        yield Done(response)

    def _next(self, request: ChatRequest) -> Reply:
        if self._function is not None:
            return self._function(request)
        try:
            return next(self._replies)
        except StopIteration:
            count = len(self.requests)
            raise LimitReached(
                f"The script of {self._name} ends before request {count}.", hint="Add a reply."
            ) from None


def _response(reply: Reply, request: ChatRequest) -> ChatResponse:
    match reply:
        case ChatResponse():
            return reply
        case str():
            message = Message("assistant", reply)
        case Message():
            message = replace(reply, role="assistant")
        case list():
            message = Message("assistant", "", tuple(reply))
        case _:
            message = Message("assistant", "", (reply,))
    # Words stand in for tokens: what a test needs is that longer texts cost more.
    prompt = sum(len(sent.content.split()) for sent in request.messages)
    usage = Usage(prompt, max(1, len(message.content.split())))
    return ChatResponse(message, usage, "tool_calls" if message.tool_calls else "stop")
