"""Checks a call's arguments, and words what is wrong so that the next call is right."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from hades_mcp.errors import InvalidArgument, did_you_mean
from hades_mcp.tools.other_names import known_names

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from hades_mcp.tools.definition import Tool

_LONGEST_SHOWN = 60


def check(tool: Tool, arguments: Any) -> dict[str, Any]:
    """Return the arguments of a call, checked and converted, ready to be passed on.

    Args:
        tool: The tool that is called.
        arguments: As they came: an object, or its JSON text.

    Raises:
        InvalidArgument: They do not fit; all that is wrong is said at once.
    """
    given = known_names(_whole(_object(tool, arguments)), tool.arguments.model_fields)
    try:
        model = tool.arguments.model_validate(given)
    except ValidationError as error:
        raise _refusal(tool, error.errors(include_url=False, include_context=False)) from None
    return {name: getattr(model, name) for name in tool.arguments.model_fields}


def _object(tool: Tool, arguments: Any) -> dict[str, Any]:
    if arguments is None:
        return {}
    if isinstance(arguments, str):
        try:
            arguments = json.loads(arguments)
        except ValueError as error:
            raise InvalidArgument(
                f"The arguments of {tool.name} are not JSON: {error}.", hint=_usage(tool)
            ) from None
    if not isinstance(arguments, dict):
        kind = type(arguments).__name__
        raise InvalidArgument(
            f"The arguments of {tool.name} are a JSON {kind}, not an object.", hint=_usage(tool)
        )
    return arguments


def _whole(value: Any) -> Any:
    """Return a value without halves of surrogate pairs: whoever cuts an emoji in two sends one."""
    match value:
        case str():
            return value.encode("utf-8", "replace").decode()
        case dict():
            return {_whole(name): _whole(inner) for name, inner in value.items()}
        case list():
            return [_whole(item) for item in value]
        case _:
            return value


def _refusal(tool: Tool, problems: list[ErrorDetails]) -> InvalidArgument:
    known = list(tool.arguments.model_fields)
    said, hints = [], []
    for problem in problems:
        path = ".".join(str(part) for part in problem["loc"])
        match problem["type"]:
            case "extra_forbidden":
                said.append(f"{tool.name} has no argument {path!r}.")
                hints.append(did_you_mean(path, known) if known else "It takes no arguments.")
            case "missing":
                said.append(f"{tool.name} needs the argument {path!r}.")
                hints.append(_described(tool, path))
            case "dict_type":
                said.append(f"{path!r} is not an object: {_shown(problem['input'])}.")
                hints.append(f'For example {{"{path}": {{"name": "value"}}}}')
            case _:
                said.append(f"{path!r}: {problem['msg']}, not {_shown(problem['input'])}.")
    return InvalidArgument(" ".join(said), hint=" ".join(dict.fromkeys(hints)).strip())


def _described(tool: Tool, name: str) -> str:
    field = tool.arguments.model_fields.get(name)
    return f"{name}: {field.description}." if field is not None and field.description else ""


def _usage(tool: Tool) -> str:
    return f"It takes an object with: {', '.join(tool.arguments.model_fields) or 'nothing'}."


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"
