"""Our chat vocabulary in the words of OpenAI's chat completions API, and back.

Source: https://platform.openai.com/docs/api-reference/chat, the subset that llama-server, Ollama,
vLLM and LM Studio answer.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from hades_mcp.errors import ConfigError, UnknownName
from hades_mcp.messages import ToolCall, Usage
from hades_mcp.models.base import NO_ADAPTER
from hades_mcp.models.reading import mended

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hades_mcp.messages import Channel, Message, ToolSpec
    from hades_mcp.models.base import ChatRequest
    from hades_mcp.models.served import Adapter, ServerKind
    from hades_mcp.types import Json, JsonObject


def request_body(request: ChatRequest, model: str) -> JsonObject:
    """Return the body of a streaming request."""
    body: JsonObject = {
        "model": model,
        "messages": [message_body(message) for message in request.messages],
        "max_tokens": request.max_tokens,
        "temperature": request.temperature,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    if request.tools:
        body["tools"] = [tool_body(spec) for spec in request.tools]
    if request.response_schema is not None:
        form: JsonObject = {"name": "reply", "schema": request.response_schema, "strict": True}
        body["response_format"] = {"type": "json_schema", "json_schema": form}
    if request.seed is not None:
        body["seed"] = request.seed
    if request.stop:
        body["stop"] = list(request.stop)
    return body


def grammar_body(grammar: str, kind: ServerKind) -> JsonObject:
    """Return the field that holds a reply to a grammar.

    Raises:
        ConfigError: The server has no grammars.
    """
    match kind:
        case "llama-server":
            return {"grammar": grammar}
        case "vllm":  # since v0.12; the `guided_*` fields are gone
            return {"structured_outputs": {"grammar": grammar}}
        case _:
            raise ConfigError(
                f"A server of kind {kind} takes no grammar.", hint="Give a response schema instead."
            )


def adapter_body(wanted: str, held: Sequence[Adapter], kind: ServerKind) -> JsonObject:
    """Return the fields that choose a LoRA adapter for one request.

    Args:
        wanted: Its name or id; `NO_ADAPTER` is the bare model.
        held: What the server has.
        kind: llama-server scales each of its adapters; vLLM serves each as a model.

    Raises:
        ConfigError: The server chooses no adapters by request.
        UnknownName: It has no such adapter.
    """
    if wanted != NO_ADAPTER and kind not in {"llama-server", "vllm"}:
        raise ConfigError(
            f"A server of kind {kind} chooses no adapter by request.",
            hint="Ask for the model it serves the adapter as, with HADES_MODEL_NAME.",
        )
    chosen = [one for one in held if wanted in {one.id, one.name}]
    if wanted != NO_ADAPTER and not chosen:
        raise UnknownName("adapter", wanted, [one.name or one.id for one in held])
    if kind == "llama-server" and held:
        # All are named: what the list leaves out would keep what the server was started with.
        scales: list[Json] = [{"id": int(one.id), "scale": float(one in chosen)} for one in held]
        return {"lora": scales}
    return {"model": chosen[0].id} if chosen else {}


def message_body(message: Message) -> JsonObject:
    """Return one message as the wire has it."""
    body: JsonObject = {"role": message.role, "content": message.content}
    if message.tool_calls:
        body["tool_calls"] = [call_body(call) for call in message.tool_calls]
    if message.tool_call_id is not None:
        body["tool_call_id"] = message.tool_call_id
    return body


def tool_body(spec: ToolSpec) -> JsonObject:
    """Return one tool as the wire has it."""
    function: JsonObject = {
        "name": spec.name,
        "description": spec.description,
        "parameters": spec.parameters,
    }
    return {"type": "function", "function": function}


def call_body(call: ToolCall) -> JsonObject:
    """Return one call as the wire has it: arguments are JSON text there."""
    # Servers parse the arguments of history again; malformed ones would fail the whole request.
    text = "{}" if call.arguments is None else json.dumps(call.arguments, ensure_ascii=False)
    function: JsonObject = {"name": call.name, "arguments": text}
    return {"id": call.id, "type": "function", "function": function}


def read_call(identifier: str, name: str, text: str) -> ToolCall:
    """Return a call from its wire form; arguments that are no JSON object are kept as text.

    Arguments that had to be mended make the call `recovered`, so that it asks before it writes.
    """
    try:
        arguments = json.loads(text) if text.strip() else None
    except ValueError:
        arguments = None
    if isinstance(arguments, dict):
        return ToolCall(identifier, name, arguments, raw_arguments=text)
    meant = mended(text)
    channel: Channel = "native" if meant is None else "recovered"
    return ToolCall(identifier, name, meant, text, channel)


def read_usage(usage: JsonObject) -> Usage:
    """Return what a response cost; what the server does not say is 0."""
    details = usage.get("prompt_tokens_details")
    cached = details.get("cached_tokens") if isinstance(details, dict) else 0
    counts = (usage.get("prompt_tokens"), usage.get("completion_tokens"), cached)
    return Usage(*(count if isinstance(count, int) else 0 for count in counts))
