"""Schema validation: the JSON Schema a collection may hold its documents to.

Source: ArangoDB manual, "Schema validation": rule, level (none, new, moderate, strict), message;
system attributes are invisible to the rule.
"""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

import orjson

from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.storage.records import SYSTEM_ATTRIBUTES, Document

if TYPE_CHECKING:
    from collections.abc import Callable

    Validate = Callable[[Document | None, Document], None]

_FAILED, _BAD = 1620, 1621
_LEVELS = frozenset({"none", "new", "moderate", "strict"})


def check_schema(schema: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return a schema definition completed, or None for none; 1621 if it makes no sense."""
    if not schema:
        return None
    if not isinstance(schema, dict) or schema.get("type", "json") != "json":
        raise ArangoError(_BAD)
    level = schema.get("level", "strict")
    if not isinstance(level, str) or level not in _LEVELS:
        raise ArangoError(_BAD)
    complete = {
        "message": schema.get("message", ""),
        "level": level,
        "type": "json",
        "rule": schema.get("rule"),
    }
    if not isinstance(complete["rule"], dict) or not isinstance(complete["message"], str):
        raise ArangoError(_BAD)
    _compile(orjson.dumps(complete["rule"]))
    return complete


def validator(schema: dict[str, Any] | None) -> Validate | None:
    """Return what raises 1620 for a document that breaks the rule; None if nothing can."""
    if not schema or schema["level"] == "none":
        return None
    level, accepts = schema["level"], _compile(orjson.dumps(schema["rule"]))

    def validate(old: Document | None, new: Document) -> None:
        if accepts(_visible(new)) or (old is not None and level == "new"):
            return
        if old is not None and level == "moderate" and not accepts(_visible(old)):
            return  # it was invalid before: moderate lets it be
        raise ArangoError(_FAILED, schema["message"])

    return validate


def _visible(document: Document) -> Document:
    return {name: value for name, value in document.items() if name not in SYSTEM_ATTRIBUTES}


@lru_cache(maxsize=64)
def _compile(rule: bytes) -> Callable[[Document], bool]:
    jsonschema = import_module("jsonschema")  # slow to import, and few collections have a schema
    parsed = orjson.loads(rule)
    _refuse_remote(parsed)
    try:
        jsonschema.Draft4Validator.check_schema(parsed)
    except jsonschema.SchemaError as error:
        raise ArangoError(_BAD, f"invalid schema validation parameter: {error.message}") from error
    is_valid = jsonschema.Draft4Validator(parsed).is_valid
    unresolvable = import_module("referencing.exceptions").Unresolvable

    def accepts(document: Document) -> bool:
        try:
            return bool(is_valid(document))
        except (unresolvable, RecursionError) as error:  # a rule may refer to itself
            raise ArangoError(_BAD, f"invalid schema validation parameter: {error}") from error

    accepts({})  # finds a reference to nothing, if it is not too deep inside
    return accepts


def _refuse_remote(rule: Any) -> None:
    """Refuse rules that refer to others: the validator would fetch them from the network.

    ArangoDB refuses remote schemas for the same reason.
    """
    for name, part in rule.items() if isinstance(rule, dict) else ():
        if name == "$ref" and isinstance(part, str) and not part.startswith("#"):
            raise ArangoError(
                _BAD, f"invalid schema validation parameter: remote schema {part!r} not supported"
            )
        _refuse_remote(part)
    for part in rule if isinstance(rule, list) else ():
        _refuse_remote(part)
