"""Checks calls before they are made, and shows the call that would have been right."""

from __future__ import annotations

import json
from importlib import import_module
from typing import TYPE_CHECKING, Any

from hades_mcp.errors import nearest
from hades_mcp.prompts.chat import signature

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hades_mcp.messages import ToolSpec
    from hades_mcp.types import Json, JsonObject


def problem(arguments: JsonObject, spec: ToolSpec) -> str | None:
    """Return what is wrong with a call's arguments by the tool's JSON Schema; None if they fit."""
    jsonschema = import_module("jsonschema")  # slow to import, and only strangers' tools need it
    validator = jsonschema.Draft202012Validator(spec.parameters)
    error = jsonschema.exceptions.best_match(validator.iter_errors(arguments))
    if error is None:
        return None
    where = ".".join(str(part) for part in error.absolute_path)
    return (
        f"The arguments of {spec.name} are wrong: {f'{where}: ' if where else ''}{error.message}."
    )


def taught(content: str, arguments: JsonObject | None, spec: ToolSpec) -> str:
    """Return an error with the call that would fit, or with the tool's signature.

    As it came if the arguments fit the tool: then it is something else that was wrong.

    Args:
        content: The error, as JSON or in words.
        arguments: What the tool was called with; None if that was no object.
        spec: The tool.
    """
    given = arguments or {}
    if arguments is not None and _fit(given, spec):
        return content
    fixed = corrected(given, spec)
    # Without its description: that is in the prompt already.
    usage: Json = signature(spec).partition(" - ")[0]
    call: Json = usage if fixed is None else {"name": spec.name, "arguments": fixed}
    try:
        said: Any = json.loads(content)
    except ValueError:
        said = None
    if isinstance(said, dict):
        return json.dumps(said | {"write": call}, ensure_ascii=False)
    words = call if isinstance(call, str) else json.dumps(call, ensure_ascii=False)
    return f"{content} Write: {words}"


def corrected(arguments: JsonObject, spec: ToolSpec) -> JsonObject | None:
    """Return arguments as they would fit: known names, the right types; None if some are missing.

    Nobody calls with them: a model is shown what it might have meant.
    """
    properties = _properties(spec)
    fixed: JsonObject = {}
    for name, value in arguments.items():
        free = [each for each in properties if each not in arguments and each not in fixed]
        known = name if name in properties else nearest(name, free)
        if known is not None:
            fixed[known] = _dressed(value, properties[known])
    return fixed if all(name in fixed for name in _required(spec)) else None


def _fit(arguments: JsonObject, spec: ToolSpec) -> bool:
    return corrected(arguments, spec) == arguments


def _properties(spec: ToolSpec) -> Mapping[str, Json]:
    properties = spec.parameters.get("properties")
    return properties if isinstance(properties, dict) else {}


def _required(spec: ToolSpec) -> list[str]:
    required = spec.parameters.get("required")
    return [str(name) for name in required] if isinstance(required, list) else []


def _dressed(value: Json, schema: Json) -> Json:
    """Return a value in the type a schema wants, where that is plain to see."""
    if not isinstance(schema, dict):
        return value
    choices = schema.get("enum")
    if isinstance(choices, list) and isinstance(value, str) and value not in choices:
        return nearest(value, [one for one in choices if isinstance(one, str)]) or value
    match schema.get("type"):
        case "string" if isinstance(value, int | float) and not isinstance(value, bool):
            return str(value)
        case "integer" if isinstance(value, str) and value.strip().lstrip("-").isdecimal():
            return int(value)
        case "boolean" if isinstance(value, str) and value.lower() in {"true", "false"}:
            return value.lower() == "true"
        case "array" if not isinstance(value, list):
            return [value]
        case _:
            return value
