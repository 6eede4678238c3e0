"""Drives Ollama by its own API, where the context window, schemas and loading can be asked for.

Its OpenAI-compatible API ignores the window (`num_ctx`), and a prompt that is longer loses its
front, system prompt and tools first, without a word. Source: Ollama's docs/api.md, api/types.go.
"""

from __future__ import annotations

import json
import uuid
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from hades_mcp.errors import ConfigError, HadesError, LimitReached, NotFound, Unavailable
from hades_mcp.messages import Message, ToolCall, Usage
from hades_mcp.models import faults
from hades_mcp.models.base import NO_ADAPTER, ChatResponse, Done, TextDelta
from hades_mcp.models.deadline import Deadline
from hades_mcp.models.wire import tool_body
from hades_mcp.prompts.chat import DEFAULT_SYSTEM, render, tools_text
from hades_mcp.tokens import count_tokens

try:
    import httpx
    import ollama
except ImportError:
    raise ConfigError(
        "The package ollama is missing; HADES speaks to Ollama through it.",
        hint='Run: pip install "hades-mcp[models]"',
    ) from None

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator
    from types import TracebackType

    from hades_mcp.models.base import ChatEvent, ChatRequest
    from hades_mcp.types import Json, JsonObject

OVERCOUNT = 1.35
"""How far `count_tokens` may lie above the tokenizer's own count."""


class OllamaModel:
    """One model of one Ollama server.

    Closing the stream closes the connection, on which the server stops working.

    Args:
        url: The server's address, without a path.
        name: The model to ask for.
        context: Tokens of prompt and reply that the server is to make room for.
        timeout: Seconds one response may take, from first to last byte.
        keep_alive: How long the model stays loaded afterwards.
        api_key: Sent as bearer token unless empty.
    """

    def __init__(
        self,
        url: str,
        name: str,
        *,
        context: int = 8192,
        timeout: float = 120.0,
        keep_alive: str = "5m",
        api_key: str = "",
    ) -> None:
        self._url = url
        self._name = name
        self._context = context
        self._timeout = timeout
        self._keep_alive = keep_alive
        headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._client = _Client(url, timeout=timeout, headers=headers)

    @property
    def name(self) -> str:
        """The model's name, as its server knows it."""
        return self._name

    @property
    def context_window(self) -> int | None:
        """What the server is asked to make room for."""
        return self._context

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        close: Callable[[], Awaitable[None]] = self._client.close  # the package leaves it untyped
        await close()

    async def stream(self, request: ChatRequest) -> AsyncIterator[ChatEvent]:
        """Ask, and give the reply piece by piece; see `ChatModel.stream`.

        Raises:
            LimitReached: The prompt is longer than `context`; Ollama would drop its front.
        """
        body = self._body(request)
        reply = _Reply()
        deadline = Deadline(self._url, self._timeout)
        with explained(self._url, self._name):
            parts = await self._client.converse(body)
            try:
                while (part := await deadline.wait(anext(parts, None))) is not None:
                    text = reply.take(part)
                    if text:
                        yield TextDelta(text)
            finally:
                await parts.aclose()
        if not reply.finish_reason:
            raise faults.broken_off(self._url)
        yield Done(reply.response(body))

    async def load(self) -> None:
        """Bring the model into memory, with the window that requests will ask for.

        Raises:
            Unavailable: No server answers.
            NotFound: It has no such model.
        """
        with explained(self._url, self._name):
            await self._client.generate(
                self._name, keep_alive=self._keep_alive, options={"num_ctx": self._context}
            )

    async def unload(self) -> None:
        """Free the model's memory now; as `load`."""
        with explained(self._url, self._name):
            await self._client.generate(self._name, keep_alive=0)

    async def pull(self) -> AsyncIterator[tuple[str, int, int]]:
        """Have the server fetch the model; gives what it does, with bytes done and in all.

        Raises:
            Unavailable: No server answers, or the library does not.
        """
        with explained(self._url, self._name):
            async for part in await self._client.pull(self._name, stream=True):
                yield part.status or "", part.completed or 0, part.total or 0

    def _body(self, request: ChatRequest) -> JsonObject:
        if request.grammar:
            raise ConfigError("Ollama takes no grammar.", hint="Give a response schema instead.")
        if request.adapter not in {None, NO_ADAPTER}:
            raise ConfigError(
                "Ollama chooses no adapter by request.",
                hint="Make a model of base and ADAPTER (ollama create), and ask for that model.",
            )
        least = count_tokens(render(request.messages, request.tools)) / OVERCOUNT
        if least > self._context:
            raise LimitReached(
                f"The conversation does not fit the {self._context} tokens asked for: it has "
                f"{least:.0f} or more.",
                hint="Ask something shorter, or set HADES_MODEL_CONTEXT higher.",
            )
        return {**request_body(request, self._name, self._context), "keep_alive": self._keep_alive}


class _Client(ollama.AsyncClient):
    """The official client, with a chat whose body is ours.

    Its own `chat` cannot say `truncate` and `shift` (so prompts lose their front unseen), and
    leaves out call ids and whatever of a tool's schema its types do not name.
    """

    async def converse(self, body: JsonObject) -> AsyncGenerator[dict[str, Any], None]:
        """Return the parts of a streamed reply, as they are on the wire."""
        sent: Any = {"json": body, "stream": True}
        parts: Any = await self._request(dict, "POST", "/api/chat", **sent)
        stream: AsyncGenerator[dict[str, Any], None] = parts
        return stream


def request_body(request: ChatRequest, model: str, context: int) -> JsonObject:
    """Return the body of a streaming `/api/chat` request.

    A schema and tools do not combine there (ollama#11185): with a schema the tools are told in the
    system message, as our own template tells them.
    """
    told = request.response_schema is not None and bool(request.tools)
    messages: list[Json] = [message_body(message) for message in request.messages]
    if told:
        messages = _with_tools(messages, tools_text(request.tools))
    options: JsonObject = {
        "num_ctx": context,
        "num_predict": request.max_tokens,
        "temperature": request.temperature,
    }
    if request.seed is not None:
        options["seed"] = request.seed
    if request.stop:
        options["stop"] = list(request.stop)
    # Without these two a prompt that does not fit is cut at its front, behind a status of 200.
    body: JsonObject = {"truncate": False, "shift": False}
    if request.response_schema is not None:
        body["format"] = request.response_schema
    elif request.tools:
        body["tools"] = [tool_body(spec) for spec in request.tools]
    return {"model": model, "messages": messages, "stream": True, "options": options, **body}


def message_body(message: Message) -> JsonObject:
    """Return one message as the wire has it: arguments are an object there."""
    body: JsonObject = {"role": message.role, "content": message.content}
    if message.tool_calls:
        body["tool_calls"] = [
            {"id": call.id, "function": {"name": call.name, "arguments": call.arguments or {}}}
            for call in message.tool_calls
        ]
    if message.tool_call_id is not None:
        body["tool_call_id"] = message.tool_call_id
    if message.name is not None:
        body["tool_name"] = message.name
    return body


def _with_tools(messages: list[Json], tools: str) -> list[Json]:
    first = messages[0] if messages else None
    if isinstance(first, dict) and first["role"] == "system":
        return [{**first, "content": f"{first['content']}{tools}"}, *messages[1:]]
    return [{"role": "system", "content": f"{DEFAULT_SYSTEM}{tools}"}, *messages]


@dataclass(slots=True)
class _Reply:
    """A reply while it arrives."""

    text: list[str] = field(default_factory=list)
    thinking: list[str] = field(default_factory=list)
    calls: list[ToolCall] = field(default_factory=list)
    finish_reason: str = ""
    last: JsonObject = field(default_factory=dict)

    def take(self, part: dict[str, Any]) -> str:
        """Add one part; return the text in it."""
        message = part.get("message") or {}
        self.thinking.append(message.get("thinking") or "")
        for call in message.get("tool_calls") or ():
            self.calls.append(_call(call))
        if part.get("done"):
            self.finish_reason = part.get("done_reason") or "stop"
            self.last = {key: value for key, value in part.items() if key != "message"}
        text: str = message.get("content") or ""
        self.text.append(text)
        return text

    def response(self, body: JsonObject) -> ChatResponse:
        """Return the whole reply."""
        message = Message("assistant", "".join(self.text), tuple(self.calls))
        usage = Usage(_count(self.last, "prompt_eval_count"), _count(self.last, "eval_count"))
        raw: JsonObject = {
            "content": message.content,
            "thinking": "".join(self.thinking),
            "tool_calls": [[call.id, call.name, call.raw_arguments] for call in self.calls],
            **self.last,
        }
        return ChatResponse(message, usage, self.finish_reason, body, raw)


def _call(call: dict[str, Any]) -> ToolCall:
    function = call.get("function") or {}
    arguments = function.get("arguments")
    known = arguments if isinstance(arguments, dict) else None
    raw = json.dumps(arguments, ensure_ascii=False)
    identifier = call.get("id") or f"call_{uuid.uuid4().hex}"
    return ToolCall(identifier, str(function.get("name") or ""), known, raw)


def _count(facts: JsonObject, key: str) -> int:
    value = facts.get(key)
    return value if isinstance(value, int) else 0


@contextmanager
def explained(url: str, model: str) -> Iterator[None]:
    """Turn the library's errors into ours."""
    try:
        yield
    except ollama.ResponseError as error:
        raise _refusal(error, url, model) from error
    except httpx.TimeoutException as error:
        raise faults.TooSlow(
            f"The model server at {url} did not answer in time.",
            hint="Ask for less, or allow more with HADES_MODEL_TIMEOUT.",
        ) from error
    except (httpx.ConnectError, ConnectionError) as error:
        raise faults.gone(url) from error
    except (httpx.TransportError, ValueError) as error:  # ValueError: half a line of JSON
        raise faults.broken_off(url) from error


def _refusal(error: ollama.ResponseError, url: str, model: str) -> HadesError:
    text = str(error.error)
    match error.status_code:
        case 404:
            return NotFound(
                f"Ollama at {url} has no model {model!r}.",
                hint=f"Fetch it with: hades models pull ollama:{model}",
            )
        case _ if "context" in text.lower():
            return LimitReached(
                f"The conversation does not fit the model's context window: {text}",
                hint="Ask something shorter, or set HADES_MODEL_CONTEXT higher.",
            )
        case 401 | 403:
            return ConfigError(
                f"The model server at {url} refuses the key: {text}",
                hint="Set HADES_MODEL_API_KEY.",
            )
        case 429 | 503:
            return faults.Busy(
                f"The model server at {url} has no room now: {text}", hint="Ask again soon."
            )
        case code if code == -1 or code >= 500:  # noqa: PLR2004  -1: inside a stream
            return Unavailable(f"The model server at {url} failed: {text}", hint="Ask again.")
        case code:
            return ConfigError(f"The model server at {url} refuses the request ({code}): {text}")
