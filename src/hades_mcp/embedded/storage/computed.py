"""Computed values: attributes a collection derives from each document as it is written.

Source: ArangoDB manual, "Computed Values". Their expressions are AQL, which stands above the
storage: it installs its compiler here when it is imported.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import orjson

from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.storage.records import SYSTEM_ATTRIBUTES, Document

if TYPE_CHECKING:
    from collections.abc import Callable

    Evaluate = Callable[[Document], Any]
    Compile = Callable[[str], Callable[[Document, bool], Any]]
    """Takes an expression; gives what computes a value of a document, and whether to fail on
    warnings. Raises ArangoError for an expression that may not be."""

Event = Literal["insert", "update", "replace"]
_EVENTS: tuple[Event, ...] = ("insert", "update", "replace")
_BAD_PARAMETER, _NOT_IMPLEMENTED = 10, 9
_COMPILERS: list[Compile] = []


class _Value(NamedTuple):
    name: str
    evaluate: Evaluate
    overwrite: bool
    keep_null: bool


def install(compiler: Compile) -> None:
    """Have expressions compiled by this; the last one installed counts."""
    _COMPILERS[:] = [compiler]


def check_computed(given: object) -> list[dict[str, Any]] | None:
    """Return the definitions completed, or None for none.

    Raises:
        ArangoError: 10 for definitions that make no sense, 9 where there is no AQL.
    """
    if given is None or given == []:
        return None
    if not isinstance(given, list):
        raise ArangoError(_BAD_PARAMETER, "'computedValues' must be an array")
    complete = [_complete(each) for each in given]
    names = [each["name"] for each in complete]
    for name in names:
        if names.count(name) > 1:
            raise _bad(f"duplicate attribute name '{name}'")
    return complete


def _complete(given: object) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise _bad("expecting an object")
    name, expression = given.get("name"), given.get("expression")
    if not isinstance(name, str) or not name:
        raise _bad("invalid attribute name")
    if name in SYSTEM_ATTRIBUTES:
        raise _bad(f"'{name}' attribute cannot be computed")
    flags = {"overwrite": None, "failOnWarning": False, "keepNull": True}
    values = {flag: given.get(flag, default) for flag, default in flags.items()}
    for flag, value in values.items():
        if not isinstance(value, bool):
            raise _bad(f"'{flag}' must be a boolean")
    if not isinstance(expression, str):
        raise _bad("invalid expression")
    try:
        _compile(expression)
    except ArangoError as error:
        if error.number == _NOT_IMPLEMENTED:
            raise
        raise _bad(error.message) from error
    return {
        "name": name,
        "expression": expression,
        "computeOn": _events(given.get("computeOn", list(_EVENTS))),
        **values,
    }


def _events(given: object) -> list[Event]:
    if not isinstance(given, list) or any(event not in _EVENTS for event in given):
        raise _bad("invalid computeOn enumeration value")
    if not given:
        raise _bad("empty computeOn value")
    return [event for event in _EVENTS if event in given]


def computing(
    definitions: list[dict[str, Any]] | None, event: Event
) -> Callable[[Document, Document], Document] | None:
    """Return what completes a document that is about to be stored; None if nothing is computed.

    It takes the document as it would be stored and what the user gave, whose attributes count
    unless they are to be overwritten.
    """
    wanted = [each for each in definitions or () if event in each["computeOn"]]
    return _completing(orjson.dumps(wanted)) if wanted else None


@lru_cache(maxsize=256)
def _completing(definitions: bytes) -> Callable[[Document, Document], Document]:
    values = [
        _Value(
            each["name"],
            _evaluation(each["expression"], fail=each["failOnWarning"]),
            each["overwrite"],
            each["keepNull"],
        )
        for each in orjson.loads(definitions)
    ]

    def complete(record: Document, given: Document) -> Document:
        due = [value for value in values if value.overwrite or value.name not in given]
        computed = [(value, value.evaluate(record)) for value in due]  # none sees another's result
        completed = dict(record)
        for value, found in computed:
            completed.pop(value.name, None)  # what is computed comes last
            if found is not None or value.keep_null:
                completed[value.name] = found
        return completed

    return complete


def _evaluation(expression: str, *, fail: bool) -> Evaluate:
    compute = _compile(expression)
    return lambda record: compute(record, fail)


def _compile(expression: str) -> Callable[[Document, bool], Any]:
    if not _COMPILERS:
        raise ArangoError(_NOT_IMPLEMENTED, "not implemented: computed values without AQL")
    return _COMPILERS[0](expression)


def _bad(text: str) -> ArangoError:
    return ArangoError(_BAD_PARAMETER, f"invalid 'computedValues' entry: {text}")
