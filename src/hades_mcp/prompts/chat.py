"""The chat format: how tools, calls and results are put into words, for serving and for training.

`render` gives byte for byte what `prompts/qwen2_5.serving.jinja` gives in a model server; tests
hold them together. Calls are marked with ordinary text (a ```` ```json ```` fence): Qwen2.5-Coder
never
learned the special token `<tool_call>` (its embedding row is untrained), and cannot write it.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hades_mcp import assets

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from pathlib import Path

    from hades_mcp.messages import Message, ToolCall, ToolSpec
    from hades_mcp.types import Json, JsonObject

SERVING_TEMPLATE = "qwen2_5.serving.jinja"
TRAINING_TEMPLATE = "qwen2_5.training.jinja"
DEFAULT_SYSTEM = "You are a helpful assistant."
QUERIED = "rows"
"""The key of a result that holds what a query returned."""

START, END = "<|im_start|>", "<|im_end|>\n"
_TOOLS_INTRODUCED = (
    "\n\n# Tools\n\nYou may call one or more functions to assist with the user query.\n\n"
    "You are provided with function signatures within <tools></tools> XML tags:\n<tools>"
)
_CALLS_EXPLAINED = (
    "\n</tools>\n\nFor each function call, return a json object with function name and arguments "
    'in a json block:\n```json\n{"name": <function-name>, "arguments": <args-json-object>}\n```'
)
_KINDS = {
    "string": "str",
    "integer": "int",
    "number": "float",
    "boolean": "bool",
    "object": "dict",
}


def signature(spec: ToolSpec) -> str:
    """Return a tool in one line: `name(needed: type, other?: type = default) - description`.

    A quarter of the tokens of its JSON Schema, and the untuned models choose better from it.
    """
    properties = spec.parameters.get("properties")
    required = spec.parameters.get("required")
    needed = required if isinstance(required, list) else []
    shown = [
        _parameter(name, schema if isinstance(schema, dict) else {}, optional=name not in needed)
        for name, schema in (properties.items() if isinstance(properties, dict) else ())
    ]
    return f"{spec.name}({', '.join(shown)}) - {spec.description}"


def tools_text(specs: Sequence[ToolSpec]) -> str:
    """Return what the system message says of the tools; empty without any."""
    if not specs:
        return ""
    lines = "".join(f"\n{signature(spec)}" for spec in specs)
    return f"{_TOOLS_INTRODUCED}{lines}{_CALLS_EXPLAINED}"


def call_text(call: ToolCall) -> str:
    """Return a call as the model is to write it."""
    arguments = json.dumps(call.arguments or {}, ensure_ascii=False)
    return f'```json\n{{"name": "{call.name}", "arguments": {arguments}}}\n```'


def result_text(content: str, hidden: Collection[str] = ()) -> str:
    """Return a tool's result as the model reads it: JSON without the keys it has no use for.

    Args:
        content: What the tool returned; text that is no JSON stays as it is.
        hidden: Keys whose plain values are left out, at every depth: ids, scores and paths, say,
            cost a small model attention and time. The trace keeps them. What a query returned
            stays whole: its keys are the user's own, or were asked for.
    """
    if not hidden:
        return content
    try:
        value = json.loads(content)
    except ValueError:
        return content
    return _json(_without(value, hidden))


def response_text(content: str) -> str:
    """Return a tool's result as it stands in a user's turn."""
    return f"<tool_response>\n{content}\n</tool_response>"


def user_text(question: str, facts: str = "") -> str:
    """Return a user's message: the question, and what may change from day to day behind it.

    Volatile facts stand last, so that everything before them stays in the server's cache.
    """
    return f"{question}\n\n{facts}" if facts else question


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a rendered chat.

    Args:
        text: The piece.
        learned: Whether the model writes it, so that training scores it.
    """

    text: str
    learned: bool


def render(
    messages: Sequence[Message], tools: Sequence[ToolSpec] = (), *, reply: bool = True
) -> str:
    """Return a chat as the one text a model reads.

    Args:
        messages: The conversation.
        tools: What the model may call.
        reply: Whether the model speaks next.
    """
    return "".join(segment.text for segment in segments(messages, tools, reply=reply))


def segments(
    messages: Sequence[Message], tools: Sequence[ToolSpec] = (), *, reply: bool = False
) -> Iterator[Segment]:
    """Yield a chat in pieces: what the model reads, and what it writes."""
    rest = list(messages)
    system = rest.pop(0).content if rest and rest[0].role == "system" else DEFAULT_SYSTEM
    yield Segment(f"{START}system\n{system}{tools_text(tools)}{END}", learned=False)
    for index, message in enumerate(rest):
        match message.role:
            case "assistant":
                yield Segment(f"{START}assistant\n", learned=False)
                yield Segment(f"{_said(message)}{END}", learned=True)
            case "tool":
                first = index == 0 or rest[index - 1].role != "tool"
                last = index + 1 == len(rest) or rest[index + 1].role != "tool"
                yield Segment(_returned(message, first=first, last=last), learned=False)
            case "user" | "system":
                yield Segment(f"{START}{message.role}\n{message.content}{END}", learned=False)
    if reply:
        yield Segment(f"{START}assistant\n", learned=False)


def template_hash(home: Path, name: str = SERVING_TEMPLATE) -> str:
    """Return 16 hex digits of a chat template, stamped on traces and datasets.

    Raises:
        UnknownName: There is no such template.
    """
    text = assets.find(home, "prompts", name).read_bytes()
    return hashlib.sha256(text).hexdigest()[:16]


def text_hash(parts: Iterable[str]) -> str:
    """Return 16 hex digits of some words."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def _said(message: Message) -> str:
    parts = [message.content] if message.content else []
    return "\n".join([*parts, *(call_text(call) for call in message.tool_calls)])


def _returned(message: Message, *, first: bool, last: bool) -> str:
    opening = f"{START}user" if first else ""
    return f"{opening}\n{response_text(message.content)}{END if last else ''}"


def _parameter(name: str, schema: JsonObject, *, optional: bool) -> str:
    default = schema.get("default")
    shown = f" = {_json(default)}" if default is not None and default != "" else ""
    return f"{name}{'?' if optional else ''}: {_kind(schema)}{shown}"


def _kind(schema: JsonObject) -> str:
    choices = schema.get("enum")
    if isinstance(choices, list):
        return "|".join(_json(choice) for choice in choices)
    kind = schema.get("type")
    if kind == "array":
        items = schema.get("items")
        return f"list[{_kind(items) if isinstance(items, dict) else 'any'}]"
    return _KINDS.get(kind, "any") if isinstance(kind, str) else "any"


def _without(value: Json, hidden: Collection[str]) -> Json:
    if isinstance(value, list):
        return [_without(item, hidden) for item in value]
    if isinstance(value, dict):
        return {
            key: item if key == QUERIED else _without(item, hidden)
            for key, item in value.items()
            if key not in hidden or isinstance(item, list | dict)
        }
    return value


def _json(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False)
