"""Drives any server that speaks OpenAI's chat API: llama-server, vLLM, LM Studio, OpenAI's own."""

from __future__ import annotations

import uuid
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self, cast

from hades_mcp.errors import ConfigError, LimitReached, Unavailable, UnknownName
from hades_mcp.messages import Message, Usage
from hades_mcp.models import faults
from hades_mcp.models.base import ChatResponse, Done, TextDelta
from hades_mcp.models.deadline import Deadline
from hades_mcp.models.wire import (
    adapter_body,
    grammar_body,
    read_call,
    read_usage,
    request_body,
)

try:
    import httpx2
    import openai
except ImportError:
    raise ConfigError(
        "The package openai is missing; HADES speaks to model servers through it.",
        hint='Run: pip install "hades-mcp[models]"',
    ) from None

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from types import TracebackType

    from hades_mcp.messages import ToolCall
    from hades_mcp.models.base import ChatEvent, ChatRequest
    from hades_mcp.models.served import Adapter, ServerKind
    from hades_mcp.types import JsonObject


class OpenAICompatibleModel:
    """One model on one server.

    Closing the stream closes the connection, on which the server stops working.

    Args:
        url: Base URL of the API, with its `/v1`.
        name: The model to ask for.
        api_key: Sent as bearer token; empty sends a placeholder, as local servers want none.
        timeout: Seconds one response may take, from first to last byte.
        kind: Which server it is: grammars and adapters are asked for differently.
        adapters: LoRA adapters the server holds.
        adapter: The one to answer with when a request names none; empty leaves the server's choice.
        context_window: What the server said of it; None when it did not say.
    """

    def __init__(
        self,
        url: str,
        name: str,
        *,
        api_key: str = "",
        timeout: float = 120.0,
        kind: ServerKind = "openai",
        adapters: tuple[Adapter, ...] = (),
        adapter: str = "",
        context_window: int | None = None,
    ) -> None:
        self._name = name
        self._context_window = context_window
        self._url = url
        self._timeout = timeout
        self._kind: ServerKind = kind
        self._adapters = adapters
        self._adapter = adapter or None
        # The library's own retries hide what happened and repeat what cannot heal.
        self._client = openai.AsyncOpenAI(
            base_url=url, api_key=api_key or "none", max_retries=0, timeout=timeout
        )

    @property
    def name(self) -> str:
        """The model's name, as its server knows it."""
        return self._name

    @property
    def context_window(self) -> int | None:
        """See `ChatModel.context_window`."""
        return self._context_window

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._client.close()

    async def stream(self, request: ChatRequest) -> AsyncIterator[ChatEvent]:
        """Ask, and give the reply piece by piece; see `ChatModel.stream`."""
        body = self._body(request)
        reply = _Reply()
        deadline = Deadline(self._url, self._timeout)
        with explained(self._url, self._name):
            create: Any = self._client.chat.completions.create
            async with await deadline.wait(create(**body)) as chunks:
                while (chunk := await deadline.wait(anext(chunks, None))) is not None:
                    text = reply.take(chunk)
                    if text:
                        yield TextDelta(text)
        if not reply.finish_reason:
            raise faults.broken_off(self._url)
        yield Done(reply.response(body))

    def _body(self, request: ChatRequest) -> JsonObject:
        """Return the body, with what each kind of server has beyond the API of all.

        Raises:
            ConfigError: The server has no grammars, or no adapters.
            UnknownName: It has no such adapter.
        """
        body = request_body(request, self._name)
        if request.grammar:
            body["extra_body"] = {**grammar_body(request.grammar, self._kind)}
        wanted = self._adapter if request.adapter is None else request.adapter
        if wanted is not None:
            chosen = adapter_body(wanted, self._adapters, self._kind)
            body["model"] = chosen.pop("model", body["model"])
            extra = body.get("extra_body")
            body["extra_body"] = {**(extra if isinstance(extra, dict) else {}), **chosen}
        return body


@dataclass(slots=True)
class _Reply:
    """A reply while it arrives."""

    text: list[str] = field(default_factory=list)
    calls: dict[int, list[str]] = field(default_factory=dict)
    finish_reason: str = ""
    usage: Usage = field(default_factory=Usage)
    timings: JsonObject = field(default_factory=dict)

    def take(self, chunk: Any) -> str:
        """Add one chunk; return the text in it."""
        if chunk.usage is not None:
            self.usage = read_usage(chunk.usage.model_dump(exclude_none=True))
        self.timings = getattr(chunk, "timings", None) or self.timings  # llama-server's own
        if not chunk.choices:
            return ""
        choice = chunk.choices[0]
        self.finish_reason = choice.finish_reason or self.finish_reason
        for delta in choice.delta.tool_calls or ():
            self._take_call(delta)
        text: str = choice.delta.content or ""
        self.text.append(text)
        return text

    def _take_call(self, delta: Any) -> None:
        parts = self.calls.setdefault(delta.index, ["", "", ""])
        parts[0] = delta.id or parts[0]
        if delta.function is not None:
            parts[1] += delta.function.name or ""
            parts[2] += delta.function.arguments or ""

    def response(self, body: JsonObject) -> ChatResponse:
        """Return the whole reply."""
        calls = tuple(self._call(parts) for _, parts in sorted(self.calls.items()))
        message = Message("assistant", "".join(self.text), calls)
        raw: JsonObject = {
            "content": message.content,
            "tool_calls": [[call.id, call.name, call.raw_arguments] for call in calls],
            "finish_reason": self.finish_reason,
            "timings": self.timings,
        }
        return ChatResponse(message, self.usage, self.finish_reason or "stop", body, raw)

    def _call(self, parts: list[str]) -> ToolCall:
        return read_call(parts[0] or f"call_{uuid.uuid4().hex}", parts[1], parts[2])


@contextmanager
def explained(url: str, model: str) -> Iterator[None]:
    """Turn the library's errors into ours."""
    try:
        yield
    except openai.APITimeoutError as error:
        raise faults.TooSlow(
            f"The model server at {url} did not answer in time.",
            hint="Ask for less, or allow more with HADES_MODEL_TIMEOUT.",
        ) from error
    except openai.APIConnectionError as error:
        connected = not isinstance(error.__cause__, httpx2.ConnectError)
        raise (faults.broken_off(url) if connected else faults.gone(url)) from error
    except openai.APIStatusError as error:
        raise _status(error, url, model) from error
    except openai.APIError as error:
        raise faults.broken_off(url, error.message) from error


def _status(error: openai.APIStatusError, url: str, model: str) -> Exception:
    text = _words(error)
    match error.status_code:
        case 401 | 403:
            return ConfigError(
                f"The model server at {url} refuses the key: {text}",
                hint="Set HADES_MODEL_API_KEY.",
            )
        case 404 if "model" in text.lower():
            return UnknownName("model", model, ())
        case 404:
            return ConfigError(
                f"{url} is no OpenAI-compatible API: {text}", hint="Its address ends in /v1."
            )
        case 400 if "context" in text.lower():
            return LimitReached(
                f"The conversation does not fit the model's context window: {text}",
                hint="Ask something shorter, or start the server with a larger window.",
            )
        case 429 | 503:
            wait = faults.seconds(error.response.headers.get("Retry-After"))
            message = f"The model server at {url} has no room now: {text}"
            return faults.Busy(message, hint="Ask again soon.", retry_after=wait)
        case code if code >= 500:  # noqa: PLR2004  HTTP: the server's fault
            return Unavailable(f"The model server at {url} failed: {text}", hint="Ask again.")
        case code:
            return ConfigError(f"The model server at {url} refuses the request ({code}): {text}")


def _words(error: openai.APIStatusError) -> str:
    """Return the server's own message, without the library's framing."""
    body = cast("Any", error.body)
    if isinstance(body, dict):
        message = body.get("message") or body.get("error")
        return str(message or body)
    return str(error.message)
