"""Turns a tool function's signature into a pydantic model, and that into a lean JSON Schema."""

from __future__ import annotations

import inspect
import json
import re
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args, get_origin

from pydantic import BaseModel, BeforeValidator, ConfigDict, create_model

if TYPE_CHECKING:
    from collections.abc import Callable

    from hades_mcp.types import JsonObject


_KEPT_INSIDE = frozenset(
    {
        "title",
        "default",
        "additionalProperties",
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "minLength",
        "maxLength",
        "minItems",
        "maxItems",
        "pattern",
    }
)
"""What a schema says that a call is checked for all the same, and told of when it does not fit."""


class Arguments(BaseModel):
    """What a call may carry: nothing but the declared parameters."""

    # Small models write keys such as 42 unquoted where a string is wanted.
    model_config = ConfigDict(extra="forbid", coerce_numbers_to_str=True)


def argument_model(function: Callable[..., Any]) -> type[Arguments]:
    """Return the model of a tool function's arguments; its first parameter is the workspace."""
    parameters = list(inspect.signature(function).parameters.values())[1:]
    fields: dict[str, Any] = {
        parameter.name: (
            lenient(parameter.annotation),
            ... if parameter.default is parameter.empty else parameter.default,
        )
        for parameter in parameters
    }
    return fields_model(function.__name__, fields)


def fields_model(name: str, fields: dict[str, Any]) -> type[Arguments]:
    """Return a model with the given fields: name to (type, default)."""
    return create_model(name, __base__=Arguments, **fields)


def lean_schema(model: type[BaseModel]) -> JsonObject:
    """Return the model's JSON Schema as a language model should see it.

    It is in the prompt of every request, so it says what a good call needs: names, types, choices,
    which are required. Titles repeat the names; bounds and defaults are checked and filled in
    anyway; the `null` beside an optional type says what leaving it out says, and some clients
    refuse `anyOf`. An argument of the type `SkipJsonSchema[…]` (pydantic's) is taken and checked,
    but not told: what a model rarely needs, and can be told of in a hint when it does.
    """
    raw = model.model_json_schema()
    properties = {name: _lean(part) for name, part in raw.get("properties", {}).items()}
    # In the order MCP's SDK sends them, which is a token less than with the type first.
    required = {"required": raw["required"]} if "required" in raw else {}
    return {"properties": properties, **required, "type": "object"}


def _lean(part: Any) -> Any:
    if isinstance(part, list):
        return [_lean(item) for item in part]
    if not isinstance(part, dict):
        return part
    kept = {key: _lean(value) for key, value in part.items() if key not in _KEPT_INSIDE}
    if "const" in kept:  # of a Literal with one choice; not every host knows the word
        kept["enum"] = [kept.pop("const")]
    choices = [choice for choice in kept.get("anyOf", ()) if choice.get("type") != "null"]
    if len(choices) == 1:
        del kept["anyOf"]
        kept = choices[0] | kept
    first = {key: kept[key] for key in ("type", "description") if key in kept}
    return first | kept


def lenient(annotation: Any) -> Any:
    """Take what is clear though in another dress.

    An array or object may come as JSON text, as some clients send it; one text for a list of texts,
    commas between them or not; a choice in other spelling (`page_rank`, `both`).
    """
    dress = _container(annotation) or _choices(annotation)
    if not dress:
        return annotation
    undress = _chosen(dress) if isinstance(dress, tuple) else _unpacked(annotation)
    return Annotated[annotation, BeforeValidator(undress)]


_ALSO_SAID = {
    "both": "any",
    "in": "inbound",
    "incoming": "inbound",
    "out": "outbound",
    "outgoing": "outbound",
}


def _chosen(choices: tuple[str, ...]) -> Callable[[Any], Any]:
    spelt = {_bare(choice): choice for choice in choices}

    def choose(value: Any) -> Any:
        if not isinstance(value, str) or value in choices:
            return value
        said = _bare(value)
        return spelt.get(_ALSO_SAID.get(said, said), value)

    return choose


def _bare(text: str) -> str:
    return re.sub(r"[\s_-]", "", text).lower()


def _unpacked(annotation: Any) -> Callable[[Any], Any]:
    wanted, texts = _container(annotation), _inner(annotation) == list[str]

    def unpack(value: Any) -> Any:
        if not isinstance(value, str) or wanted is None:
            return value
        try:
            parsed = json.loads(value)
        except ValueError:
            parsed = None
        if isinstance(parsed, wanted):
            return parsed
        return [part.strip() for part in value.split(",") if part.strip()] if texts else value

    return unpack


def _choices(annotation: Any) -> tuple[str, ...]:
    """Return the texts to choose from, or nothing."""
    inner = _inner(annotation)
    found = get_args(inner) if get_origin(inner) is Literal else ()
    return found if all(isinstance(choice, str) for choice in found) else ()


def _container(annotation: Any) -> type | None:
    """Return list or dict when the annotation takes that and no text."""
    inner = _inner(annotation)
    origin = get_origin(inner) or inner
    return origin if isinstance(origin, type) and origin in {list, dict} else None


def _inner(annotation: Any) -> Any:
    """Return the type without what is annotated to it, and without `None` beside it."""
    if get_origin(annotation) is Annotated:
        return _inner(get_args(annotation)[0])
    parts = [part for part in get_args(annotation) if part is not type(None)]
    alone = len(parts) == 1 and type(None) in get_args(annotation)
    return _inner(parts[0]) if alone else annotation
