"""Sees the call in a value: the many objects models have been taught to call tools with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hades_mcp.models.reading.names import resolve
from hades_mcp.models.reading.values import loads

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hades_mcp.messages import ToolSpec
    from hades_mcp.types import JsonObject

    Tools = Mapping[str, ToolSpec]

NAME_KEYS = ("name", "tool", "tool_name", "function", "function_name", "action")
ARGUMENT_KEYS = (
    "arguments", "parameters", "args", "input", "action_input", "kwargs", "params", "tool_input",
)  # fmt: skip
_LISTS = ("tool_calls", "calls", "function_calls")
_WRAPPERS = ("tool_call", "function_call", "call")
_BESIDE = {"id", "type", "index", "call_id", "thought", "thoughts", "reason", "reasoning"}
_LEVELS = 4


@dataclass(frozen=True, slots=True)
class Written:
    """A call of a known tool, as it was written."""

    tool: ToolSpec
    arguments: JsonObject


def calls_in(value: Any, tools: Tools, level: int = 0) -> Iterator[Written]:
    """Yield the calls a value is made of, in order; a value that is data has none."""
    if level > _LEVELS:
        return
    if isinstance(value, list):
        for item in value:
            yield from calls_in(item, tools, level + 1)
    elif isinstance(value, dict):
        keys = {str(key).lower(): inner for key, inner in value.items()}
        inner = next((keys[key] for key in _LISTS if isinstance(keys.get(key), list)), None)
        if inner is None:
            inner = next((keys[key] for key in _WRAPPERS if isinstance(keys.get(key), dict)), None)
        if inner is not None:
            yield from calls_in(inner, tools, level + 1)
            return
        call = _call(keys, tools) or _named_by_key(value, tools)
        if call is not None:
            yield call


def call_shaped(value: Any) -> bool:
    """Tell whether a value is built like a call, of whatever tool."""
    if isinstance(value, list):
        return any(map(call_shaped, value[:8]))
    if not isinstance(value, dict):
        return False
    if isinstance(value.get("function"), dict):
        value = value["function"]
    named = any(isinstance(value.get(key), str) for key in NAME_KEYS)
    given = next((value[key] for key in ARGUMENT_KEYS if key in value), None)
    return named and isinstance(given, dict | str) and not _is_schema(given, {})


def fits(arguments: Mapping[str, Any], tool: ToolSpec) -> bool:
    """Tell whether arguments have only names the tool knows, and all it cannot do without."""
    return set(arguments) <= set(properties(tool)) and _required(tool) <= set(arguments)


def properties(tool: ToolSpec) -> JsonObject:
    """Return the schemas of a tool's arguments by name."""
    found = tool.parameters.get("properties")
    return found if isinstance(found, dict) else {}


def bare(tool: ToolSpec) -> JsonObject | None:
    """Return the arguments of a call that gives none: none, if the tool can do without."""
    return None if _required(tool) else {}


def _required(tool: ToolSpec) -> set[str]:
    found = tool.parameters.get("required")
    return set(map(str, found)) if isinstance(found, list) else set()


def _call(keys: dict[str, Any], tools: Tools) -> Written | None:
    inner = keys.get("function")
    if isinstance(inner, dict):
        keys = {str(key).lower(): value for key, value in inner.items()}
    named = next((key for key in NAME_KEYS if isinstance(keys.get(key), str)), None)
    if named is None:
        return None
    tool = tools.get(resolve(keys[named], tools) or "")
    if tool is None:
        return None
    given = next((key for key in ARGUMENT_KEYS if key in keys and key != named), None)
    rest = {key: value for key, value in keys.items() if key not in {named, given, *_BESIDE}}
    arguments = _arguments(keys.get(given or ""), tool)
    if given is None and rest:  # `{"tool": "search", "text": "…"}`
        flat = keys[named] in tools and fits(rest, tool)
        return Written(tool, rest) if flat else None
    if arguments is None or _is_schema(arguments, properties(tool)):
        return None
    return Written(tool, arguments)


def _arguments(given: Any, tool: ToolSpec) -> JsonObject | None:
    if isinstance(given, str) and given.strip():
        given = loads(given)
        if given is None:
            return None
    if not given and not isinstance(given, list | dict):
        return bare(tool)
    return given if isinstance(given, dict) else None


def _is_schema(arguments: Any, known: Mapping[str, Any]) -> bool:
    """Tell a tool's definition, which the 0.5B likes to repeat, from a call of it."""
    return (
        isinstance(arguments, dict)
        and arguments.get("type") == "object"
        and "properties" in arguments
        and "properties" not in known
    )


def _named_by_key(value: dict[str, Any], tools: Tools) -> Written | None:
    """Read `{"find_books": {"topic": "otters"}}`, if it can be nothing else."""
    if len(value) != 1:
        return None
    ((name, arguments),) = value.items()
    tool = tools.get(name)
    if tool is None or not isinstance(arguments, dict) or not arguments:
        return None
    return Written(tool, arguments) if fits(arguments, tool) else None
