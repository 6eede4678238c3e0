"""Values compared with attributes: equality and ranges, each type with its own postings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.aql.search.scene import bad
from hades_mcp.embedded.storage.search.filters import Filter, Has, Or, Range, Term
from hades_mcp.embedded.storage.search.terms import (
    BOOL,
    NULL,
    NUMBER,
    Field,
    text_term,
    typed_term,
)

if TYPE_CHECKING:
    from hades_mcp.embedded.aql.search.scene import Scene

_ORDER = (NULL, BOOL, NUMBER)


def equality(path: str, value: Any, scene: Scene) -> Filter:
    """Return the filter for an attribute that equals a value; 10 for an array or an object."""
    field, term = located(path, value, scene)
    return Term(field, scene.boost, term)


def located(path: str, value: Any, scene: Scene) -> tuple[Field, bytes]:
    """Return the field that would hold a value, and its term; 10 for an array or an object."""
    if isinstance(value, str):
        return scene.text_field(path), text_term(value)
    typed = typed_term(value)
    if typed is None:
        raise bad("unsupported type")
    return Field(path, typed[0]), typed[1]


def half_range(path: str, operator: str, value: Any, scene: Scene) -> Filter:
    """Return the filter for a range with one bound.

    SEARCH finds values of the bound's own type; FILTER those of greater or lesser types as well,
    as it does without an index.
    """
    field, term = located(path, value, scene)
    greater, inclusive = operator in (">", ">="), operator in (">=", "<=")
    bound = (
        Range(field, scene.boost, low=term, low_inclusive=inclusive)
        if greater
        else Range(field, scene.boost, high=term, high_inclusive=inclusive)
    )
    if scene.searching:
        return bound
    kinds = [*_ORDER, scene.text_field(path).kind]
    at = kinds.index(field.kind)
    others = kinds[at + 1 :] if greater else kinds[:at]
    return Or((bound, *(Has(path, kind) for kind in others)), boost=scene.boost)


def whole_range(
    path: str, ends: tuple[Any, Any], inclusive: tuple[bool, bool], scene: Scene
) -> Filter:
    """Return the filter for a range between two values of one type; 10 for two types."""
    low_field, low = located(path, ends[0], scene)
    high_field, high = located(path, ends[1], scene)
    if low_field != high_field:
        raise bad("Failed to build range query, lower boundary mismatches upper boundary. ")
    return Range(low_field, scene.boost, low, inclusive[0], high, inclusive[1])
