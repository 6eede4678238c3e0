"""Gets one reply out of a model, and the calls out of the reply: native, constrained or recovered.

Native calls come first; a call the model wrote as text is read from it; a call that went wrong is
asked for again with a schema that allows nothing else. Where nothing but a call will do, the schema
comes first: the untuned 0.5B would answer from memory in four cases of ten.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hades_mcp.agents.events import TextDelta
from hades_mcp.errors import ConfigError, Unavailable
from hades_mcp.messages import Message, Usage
from hades_mcp.models.base import ChatRequest, Done, complete
from hades_mcp.models.constrained import (
    ANSWER_SCHEMA,
    call_schema,
    read_constrained_answer,
    read_constrained_call,
)
from hades_mcp.models.reading import read

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence
    from typing import TypeAlias

    from hades_mcp.agents.definition import AgentDefinition
    from hades_mcp.agents.recording import Recording
    from hades_mcp.messages import ToolCall, ToolSpec
    from hades_mcp.models.base import ChatModel, ChatResponse
    from hades_mcp.types import JsonObject

    Reader: TypeAlias = Callable[[str], tuple[str, tuple[ToolCall, ...]]]


@dataclass(frozen=True, slots=True)
class Reply:
    """What the model said in the end, its calls read, and what that cost."""

    message: Message
    usage: Usage


class Speaker:
    """Asks one model on behalf of one agent.

    Args:
        agent: Who speaks.
        model: Whom to ask.
        tools: What may be called.
        record: Where requests are recorded.
    """

    def __init__(
        self,
        agent: AgentDefinition,
        model: ChatModel,
        tools: Sequence[ToolSpec],
        record: Recording,
    ) -> None:
        self._agent = agent
        self._model = model
        self._tools = tuple(tools)
        self._record = record

    async def reply(
        self, messages: Sequence[Message], *, call_due: bool
    ) -> AsyncIterator[TextDelta | Reply]:
        """Give the reply's text as it comes, and at the end the reply.

        Args:
            messages: The conversation so far.
            call_due: Whether an answer without any call would not do.
        """
        if call_due:
            constrained = await self._constrained_call(messages)
            if constrained is not None:
                yield constrained
                return
        request = self._request(messages)
        response: ChatResponse | None = None
        with self._record.llm(request, self._model.name) as keep:
            async for event in self._model.stream(request):
                if isinstance(event, Done):
                    response = event.response
                else:
                    yield TextDelta(event.text)
            if response is None:
                raise Unavailable(f"The reply of {self._model.name} broke off.", hint="Ask again.")
            message, broken = self._read(response)
            keep(response, message, {"superseded": True} if broken else {})
        usage = response.usage
        constrained = await self._constrained_call(messages) if broken else None
        if constrained is not None:
            usage += constrained.usage
            message = constrained.message
        yield Reply(message, usage)

    async def answer(self, messages: Sequence[Message]) -> Reply:
        """Ask for an answer and nothing else; the schema leaves no room for a call."""
        request = replace(self._request(messages), response_schema=ANSWER_SCHEMA)
        response, message = await self._ask(
            request, lambda text: (read_constrained_answer(text), ())
        )
        return Reply(message, response.usage)

    async def _constrained_call(self, messages: Sequence[Message]) -> Reply | None:
        request = replace(self._request(messages), response_schema=call_schema(self._tools))

        def read(text: str) -> tuple[str, tuple[ToolCall, ...]]:
            call = read_constrained_call(text, self._tools)
            return ("", (call,)) if call is not None else (text, ())

        try:
            response, message = await self._ask(request, read)
        except ConfigError:  # a server without schemas refuses them: what was said first stands
            return None
        return Reply(message, response.usage) if message.tool_calls else None

    async def _ask(self, request: ChatRequest, read: Reader) -> tuple[ChatResponse, Message]:
        with self._record.llm(request, self._model.name) as keep:
            response = await complete(self._model, request)
            message = response.message
            if not message.tool_calls:  # a server that ignores schemas may still call natively
                message = Message("assistant", *read(message.content))
            facts: JsonObject = {"constrained": True}
            keep(response, message, facts)
        return response, message

    def _read(self, response: ChatResponse) -> tuple[Message, bool]:
        """Return the message with the calls its text makes, and whether a call in it went wrong."""
        message = response.message
        if message.tool_calls:
            return message, False
        reading = read(message.content, self._tools)
        if reading.calls:
            # The call takes the text's place, or the history would say it twice.
            return Message("assistant", "", reading.calls), False
        return message, reading.attempted

    def _request(self, messages: Sequence[Message]) -> ChatRequest:
        return ChatRequest(
            messages=tuple(messages),
            tools=self._tools,
            max_tokens=self._agent.max_tokens,
            temperature=self._agent.temperature,
        )
