"""Schemas that hold a model's whole reply to one tool call, or to one answer, and their readers."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

from hades_mcp.messages import ToolCall

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hades_mcp.messages import ToolSpec
    from hades_mcp.types import Json, JsonObject

ANSWER_SCHEMA: JsonObject = {
    "type": "object",
    "properties": {"answer": {"type": "string"}},
    "required": ["answer"],
    "additionalProperties": False,
}
"""A reply that must be an answer."""


def call_schema(tools: Sequence[ToolSpec], *, answer: bool = False) -> JsonObject:
    """Return the schema of a reply that is exactly one call of one of the tools.

    Args:
        tools: What may be called.
        answer: Leave room for an answer instead, as `ANSWER_SCHEMA` has it.
    """
    calls: list[Json] = [_one_call(spec) for spec in tools]
    return {"oneOf": [*calls, ANSWER_SCHEMA] if answer else calls}


def _one_call(spec: ToolSpec) -> JsonObject:
    properties: JsonObject = {"name": {"const": spec.name}, "arguments": _arguments(spec)}
    return {
        "type": "object",
        "properties": properties,
        "required": ["name", "arguments"],
        "additionalProperties": False,
    }


def _arguments(spec: ToolSpec) -> JsonObject:
    """Return a tool's argument schema without the optional objects that have no shape.

    Inside the grammar of an object whose keys are open the 0.5B rambles to its token limit.
    """
    properties = spec.parameters.get("properties")
    required = spec.parameters.get("required")
    wanted = required if isinstance(required, list) else []
    kept: JsonObject = {
        name: schema
        for name, schema in (properties.items() if isinstance(properties, dict) else ())
        if name in wanted or not _open_object(schema)
    }
    return {
        "type": "object",
        "properties": kept,
        "required": list(wanted),
        "additionalProperties": False,
        **{key: value for key, value in spec.parameters.items() if key == "$defs"},
    }


def _open_object(schema: Json) -> bool:
    if not isinstance(schema, dict):
        return False
    choices = schema.get("anyOf")
    if isinstance(choices, list):
        return any(_open_object(choice) for choice in choices)
    return schema.get("type") == "object" and not schema.get("properties")


def read_constrained_call(text: str, tools: Sequence[ToolSpec]) -> ToolCall | None:
    """Return the call a constrained reply is; None if it was cut off or breaks the schema."""
    value = _read(text)
    if not isinstance(value, dict):
        return None
    name, arguments = value.get("name"), value.get("arguments")
    if name not in {spec.name for spec in tools} or not isinstance(arguments, dict):
        return None
    return ToolCall(f"call_{uuid.uuid4().hex}", str(name), arguments, text, channel="constrained")


def read_constrained_answer(text: str) -> str:
    """Return the answer a constrained reply holds, or the text when it is none."""
    value = _read(text)
    answer = value.get("answer") if isinstance(value, dict) else None
    return answer if isinstance(answer, str) else text


def _read(text: str) -> Any:
    """Return the JSON a reply is; None if it was cut off, for half a call must not run."""
    try:
        return json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return None
