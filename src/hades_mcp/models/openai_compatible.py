"""Drives any server that speaks OpenAI's chat API: llama-server, Ollama, vLLM, LM Studio."""

from __future__ import annotations

import time
import uuid
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self, cast

from hades_mcp.errors import ConfigError, LimitReached, Unavailable, UnknownName
from hades_mcp.messages import Message, Usage
from hades_mcp.models.base import ChatResponse, Done, TextDelta
from hades_mcp.models.wire import read_call, read_usage, request_body

try:
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
    from hades_mcp.types import JsonObject

START_HINT = (
    "Start one (`hades doctor` says how) or name its address in HADES_MODEL_URL, "
    "for instance http://127.0.0.1:11434/v1 for Ollama."
)


class OpenAICompatibleModel:
    """One model on one server.

    Args:
        url: Base URL of the API, with its `/v1`.
        name: The model to ask for.
        api_key: Sent as bearer token; empty sends a placeholder, as local servers want none.
        timeout: Seconds one response may take, from first to last byte.
    """

    def __init__(self, url: str, name: str, *, api_key: str = "", timeout: float = 120.0) -> None:
        self._name = name
        self._url = url
        self._timeout = timeout
        # The library's own retries hide what happened and repeat what cannot heal.
        self._client = openai.AsyncOpenAI(
            base_url=url, api_key=api_key or "none", max_retries=0, timeout=timeout
        )

    @property
    def name(self) -> str:
        """The model's name, as its server knows it."""
        return self._name

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._client.close()

    async def describe(self) -> list[JsonObject]:
        """Return what the server says of each model it offers, in its own words.

        Raises:
            Unavailable: The server is not there.
            ConfigError: It wants another key, or is no such API.
        """
        with explained(self._url, self._name):
            page = await self._client.models.list()
        return [cast("JsonObject", model.model_dump()) for model in page.data]

    async def stream(self, request: ChatRequest) -> AsyncIterator[ChatEvent]:
        """Ask, and give the reply piece by piece; see `ChatModel.stream`."""
        body = request_body(request, self._name)
        reply = _Reply()
        deadline = time.monotonic() + self._timeout
        with explained(self._url, self._name):
            create: Any = self._client.chat.completions.create
            async with await create(**body) as chunks:
                async for chunk in chunks:
                    text = reply.take(chunk)
                    if text:
                        yield TextDelta(text)
                    if time.monotonic() > deadline:
                        raise slow(self._url, self._timeout)
        yield Done(reply.response(body))


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


def slow(url: str, timeout: float) -> Unavailable:
    """Return the error of a server that takes too long."""
    return Unavailable(
        f"The model server at {url} did not answer within {timeout:g} seconds.",
        hint="Ask again, or allow more with HADES_MODEL_TIMEOUT.",
    )


@contextmanager
def explained(url: str, model: str) -> Iterator[None]:
    """Turn the library's errors into ours."""
    try:
        yield
    except openai.APITimeoutError as error:
        raise Unavailable(
            f"The model server at {url} did not answer in time.",
            hint="Ask again, or allow more with HADES_MODEL_TIMEOUT.",
        ) from error
    except openai.APIConnectionError as error:
        raise Unavailable(f"No model server answers at {url}.", hint=START_HINT) from error
    except openai.APIStatusError as error:
        raise _status(error, url, model) from error
    except openai.APIError as error:
        raise Unavailable(
            f"The model server at {url} broke off: {error.message}", hint="Ask again."
        ) from error


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
