"""Gets one reply out of a model, and the calls out of the reply: native, constrained or recovered.

A reply that is free is shown while it is written, calls left out; what it says after a call is
dropped, for it was written before the result was known. A reply that a schema holds is shown when
it is whole.
"""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import anyio

from hades_mcp.agents.events import TextDelta
from hades_mcp.errors import ConfigError, Unavailable
from hades_mcp.messages import Message, Usage
from hades_mcp.models.base import ChatRequest, Done, close, complete
from hades_mcp.models.constrained import (
    ANSWER_SCHEMA,
    call_schema,
    read_constrained_answer,
    read_constrained_call,
)
from hades_mcp.models.reading import ReplyStream, read

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Sequence

    from hades_mcp.agents.definition import AgentDefinition
    from hades_mcp.agents.measures import Measures
    from hades_mcp.agents.recording import Recording
    from hades_mcp.agents.repairing import Asking
    from hades_mcp.messages import ToolSpec
    from hades_mcp.models.base import ChatEvent, ChatModel, ChatResponse
    from hades_mcp.types import JsonObject

WITHOUT_SCHEMA = 0.4
"""Temperature where a failure should lead to a schema, and the server has none."""


SEED = 7
"""A reply that is sampled is the same the next time."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the model said in the end, its calls read, and what that cost.

    Args:
        message: The message, as the conversation keeps it.
        usage: What it cost.
        usable: Whether it is a call or an answer at all.
        attempted: Whether it is not, but looks like a call that went wrong.
    """

    message: Message
    usage: Usage
    usable: bool = True
    attempted: bool = False


class Speaker:
    """Asks one model on behalf of one agent.

    Args:
        agent: Who speaks.
        model: Whom to ask.
        tools: What may be called.
        record: Where requests are recorded.
        measures: Which of schemas and reading are used.
        left: How many seconds there are.
    """

    def __init__(
        self,
        agent: AgentDefinition,
        model: ChatModel,
        tools: Sequence[ToolSpec],
        record: Recording,
        measures: Measures,
        left: Callable[[], float],
    ) -> None:
        self._agent = agent
        self._model = model
        self._tools = tuple(tools)
        self._record = record
        self._recovers = measures.recovery
        self._schemas = measures.constraint
        self._left = left

    async def reply(
        self, messages: Sequence[Message], asking: Asking
    ) -> AsyncGenerator[TextDelta | Reply, None]:
        """Give the reply's text as it comes, and at the end the reply.

        Args:
            messages: The conversation so far.
            asking: How the model is asked.

        Raises:
            TimeoutError: No seconds are left.
        """
        facts: JsonObject = {"repair": asking.repair} if asking.repair else {}
        request = self._request(messages, asking.temperature)
        held = await self._held(request, asking, facts) if asking.tools else None
        if held is not None:
            if held.usable and held.message.content:
                yield TextDelta(held.message.content)
            yield held
            return
        if asking.tools and asking.repair:
            request = replace(request, temperature=max(WITHOUT_SCHEMA, request.temperature))
        async with aclosing(self._free(request, facts)) as events:
            async for event in events:
                yield event

    async def answer(self, messages: Sequence[Message]) -> Reply:
        """Ask for an answer and nothing else; where there are schemas, one leaves no room for more.

        Raises:
            TimeoutError: No seconds are left.
        """
        request = self._request(messages, None)
        if self._schemas:
            held = replace(request, response_schema=ANSWER_SCHEMA)
            try:
                return await self._ask(held, _only_answer, {"constrained": True})
            except ConfigError:
                self._schemas = False
        return await self._ask(request, self._without_calls, {})

    async def _held(self, request: ChatRequest, asking: Asking, facts: JsonObject) -> Reply | None:
        """Return a reply that a schema holds; None where there are no schemas."""
        if not self._schemas:
            return None

        def read_held(response: ChatResponse) -> Reply:
            text = response.message.content
            call = read_constrained_call(text, asking.tools)
            if call is not None and not response.message.tool_calls:
                return Reply(Message("assistant", "", (call,)), response.usage)
            answer = read_constrained_answer(text)
            if asking.answer and answer != text:
                return Reply(Message("assistant", answer), response.usage)
            return self._read(response)  # from a server that ignores schemas

        schema = call_schema(asking.tools, answer=asking.answer)
        held = replace(request, response_schema=schema)
        try:
            return await self._ask(held, read_held, facts | {"constrained": True})
        except ConfigError:  # a server without schemas refuses them
            self._schemas = False
            return None

    async def _ask(
        self, request: ChatRequest, read_it: Callable[[ChatResponse], Reply], facts: JsonObject
    ) -> Reply:
        with self._record.llm(request, self._model.name) as keep:
            with anyio.fail_after(self._left()):
                response = await complete(self._model, request)
            reply = read_it(response)
            keep(response, reply.message, facts if reply.usable else facts | {"superseded": True})
        return reply

    async def _free(
        self, request: ChatRequest, facts: JsonObject
    ) -> AsyncGenerator[TextDelta | Reply, None]:
        stream = ReplyStream(self._tools)
        shown = ""
        with self._record.llm(request, self._model.name) as keep:
            async with aclosing(self._events(request)) as events:
                async for event in events:
                    if isinstance(event, Done):
                        response = event.response
                        continue
                    ready = stream.feed(event.text) if self._recovers else event.text
                    if ready:
                        shown += ready
                        yield TextDelta(ready)
            reply = self._read(response)
            keep(response, reply.message, facts if reply.usable else facts | {"superseded": True})
        # A filter may have changed what was written; then what was shown cannot be gone on with.
        said = reply.message.content
        if reply.usable and said.startswith(shown) and said != shown:
            yield TextDelta(said[len(shown) :])
        yield reply

    async def _events(self, request: ChatRequest) -> AsyncGenerator[ChatEvent, None]:
        """Give the model's events, each within what is left of the time; the last is `Done`."""
        events = self._model.stream(request)
        try:
            while True:
                with anyio.fail_after(self._left()):
                    event = await anext(events, None)
                if event is None:
                    name = self._model.name
                    raise Unavailable(f"The reply of {name} broke off.", hint="Ask again.")
                yield event
                if isinstance(event, Done):
                    return
        finally:
            await close(events)

    def _read(self, response: ChatResponse) -> Reply:
        """Read a free reply: its native calls, or those its text makes."""
        message, usage = response.message, response.usage
        reading = read(message.content, self._tools) if self._recovers else None
        if message.tool_calls:
            if reading is not None and reading.calls:  # said twice
                message = replace(message, content=message.content[: reading.places[0][0]])
            return Reply(message, usage)
        if reading is not None and reading.calls:
            # The call takes its text's place, or the history would say it twice.
            before = message.content[: reading.places[0][0]]
            return Reply(Message("assistant", before.rstrip(), reading.calls), usage)
        attempted = reading is not None and reading.attempted
        usable = bool(message.content.strip()) and not attempted
        return Reply(message, usage, usable, attempted)

    def _without_calls(self, response: ChatResponse) -> Reply:
        said = read(response.message.content, self._tools).text if self._recovers else None
        text = response.message.content if said is None else said
        return Reply(Message("assistant", text), response.usage)

    def _request(self, messages: Sequence[Message], temperature: float | None) -> ChatRequest:
        sampled = temperature is not None
        return ChatRequest(
            messages=tuple(messages),
            tools=self._tools,
            max_tokens=self._agent.max_tokens,
            temperature=temperature if temperature is not None else self._agent.temperature,
            seed=SEED if sampled else None,
        )


def _only_answer(response: ChatResponse) -> Reply:
    text = read_constrained_answer(response.message.content)
    return Reply(Message("assistant", text), response.usage)
