"""How an index would serve the conditions on a document, and how well."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from hades_mcp.embedded.aql.nodes import ArrayLiteral, Constant
from hades_mcp.embedded.aql.plan import IndexCondition, IndexLookup, Span
from hades_mcp.embedded.storage.indexes import BOX_TYPES

if TYPE_CHECKING:
    from hades_mcp.embedded.aql.nodes import Expression
    from hades_mcp.embedded.aql.rules.conditions import Comparison
    from hades_mcp.embedded.storage.indexes import Index

SORTED = frozenset({"persistent", "hash", "skiplist", "ttl"})
_KEY, _UNIQUE, _EDGE, _FIELD, _BOUND = 1000, 500, 5, 10, 2
_SHORT = 100
_WORSE, _BETTER, _UNKNOWN = 10, 3, 0.02  # guesses: a field left open, a bound, no estimate


@dataclass(frozen=True, slots=True)
class Candidate:
    """A way to use an index.

    Attributes:
        score: The higher the fewer documents are expected: unique and long matches come first.
        lookup: What to look up.
        covers: The conditions, as the filters have them, that the lookup checks by itself.
    """

    score: int
    lookup: IndexLookup
    covers: tuple[Expression, ...]

    @property
    def is_unique(self) -> bool:
        """Whether a lookup of one value finds one document at most."""
        return self.score >= _UNIQUE - 1

    def documents(self, selectivity: float | None) -> float:
        """Guess how many documents are found, for comparison with other indexes.

        Args:
            selectivity: The share of the index's entries that differ, if there is an estimate.
        """
        condition, fields = self.lookup.condition, len(self.lookup.fields)
        bounds = (condition.low is not None) + (condition.high is not None)
        alike = 1 / (selectivity or _UNKNOWN)
        left_open = fields - len(condition.equal)
        return float(alike * _WORSE**left_open * _BETTER ** (len(condition.many) - bounds))


def candidate(index: Index, comparisons: list[Comparison]) -> Candidate | None:
    """Return how an index would serve conditions that must all hold; None if it cannot."""
    match index.type:
        case "primary":
            return _point(index, comparisons, "primary", ("_key", "_id"), _KEY)
        case "edge":
            return _point(index, comparisons, "edge", ("_from", "_to"), _EDGE)
        case kind if kind in SORTED:
            return _sorted(index, comparisons)
        case kind if kind in BOX_TYPES:
            return _box(index, comparisons)
        case _:
            return None


def _point(
    index: Index,
    comparisons: list[Comparison],
    kind: Literal["primary", "edge"],
    fields: tuple[str, ...],
    score: int,
) -> Candidate | None:
    for operator in ("==", "IN"):
        for condition in comparisons:
            if condition.operator == operator and condition.path in fields:
                many = (0,) if operator == "IN" else ()
                asked = IndexCondition((condition.value,), many)
                lookup = IndexLookup(index.id, kind, (condition.path,), asked)
                return Candidate(score - len(many), lookup, (condition.source,))
    return None


def _sorted(index: Index, comparisons: list[Comparison]) -> Candidate | None:
    equal, many = _equalities(index.fields, comparisons)
    ranged = index.fields[len(equal)] if len(equal) < len(index.fields) else None
    low = _first(comparisons, ranged, (">", ">="))
    high = _first(comparisons, ranged, ("<", "<="))
    used = [*equal, *(bound for bound in (low, high) if bound is not None)]
    if not used or (index.sparse and not _excludes_null(index, equal, low)):
        return None
    if any("[*]" in field for field in index.fields[len(equal) :]):
        return None  # has no entry of a document without such an array
    condition = IndexCondition(
        tuple(item.value for item in equal),
        many,
        None if low is None else low.value,
        low is None or low.operator == ">=",
        None if high is None else high.value,
        high is None or high.operator == "<=",
    )
    score = _FIELD * len(equal) + _BOUND * (len(used) - len(equal)) - len(many)
    if index.unique and len(equal) == len(index.fields):
        score += _UNIQUE
    lookup = IndexLookup(index.id, "persistent", index.fields, condition)
    return Candidate(score, lookup, tuple(item.source for item in used))


def _box(index: Index, comparisons: list[Comparison]) -> Candidate | None:
    """Return how a multi-dimensional index would serve; the filters stay, as bounds are rounded."""
    prefix = tuple(index.options.get("prefixFields", ()))
    equal = [_first(comparisons, path, ("==",)) for path in prefix]
    lows = [_first(comparisons, path, ("==", ">=", ">")) for path in index.fields]
    highs = [_first(comparisons, path, ("==", "<=", "<")) for path in index.fields]
    bounds = sum(bound is not None for bound in (*lows, *highs))
    fixed = [each for each in equal if each is not None]
    if not bounds or len(fixed) < len(prefix):
        return None
    if index.sparse and not all(map(_excludes, (*fixed, *lows))):
        return None
    box = tuple(
        Span(
            None if low is None else low.value,
            low is None or low.operator != ">",
            None if high is None else high.value,
            high is None or high.operator != "<",
        )
        for low, high in zip(lows, highs, strict=True)
    )
    condition = IndexCondition(tuple(each.value for each in fixed), box=box)
    lookup = IndexLookup(index.id, "mdi", (*prefix, *index.fields), condition)
    return Candidate(_FIELD * len(fixed) + _BOUND * bounds, lookup, ())


def _equalities(
    fields: tuple[str, ...], comparisons: list[Comparison]
) -> tuple[list[Comparison], tuple[int, ...]]:
    """Return the conditions that fix the leading fields, and which of them to many values.

    Lists multiply: a second one is taken only if it is written out and short.
    """
    equal: list[Comparison] = []
    many: list[int] = []
    for at, path in enumerate(fields):
        found = _first(comparisons, path, ("==",))
        if found is None:
            found = _first(comparisons, path, ("IN",))
            if found is None or (many and not _is_short(found.value)):
                break
            many.append(at)
        equal.append(found)
    return equal, tuple(many)


def _is_short(value: Expression) -> bool:
    return isinstance(value, ArrayLiteral) and len(value.items) <= _SHORT


def _first(
    comparisons: list[Comparison], path: str | None, operators: tuple[str, ...]
) -> Comparison | None:
    for condition in comparisons:
        if condition.path == path and condition.operator in operators:
            return condition
    return None


def _excludes_null(index: Index, equal: list[Comparison], low: Comparison | None) -> bool:
    """Tell whether no document a sparse index leaves out could match: those hold a null."""
    excluded = sum(_is_something(item) for item in equal)
    excluded += _excludes(low)
    return excluded == len(index.fields)


def _excludes(bound: Comparison | None) -> bool:
    """Tell whether a bound, from below or from both sides, leaves out what has null there."""
    return bound is not None and (bound.operator == ">" or _is_something(bound))


def _is_something(comparison: Comparison) -> bool:
    """Tell whether a value, or each of several, is known not to be null."""
    value = comparison.value
    if comparison.operator == "IN":
        return isinstance(value, ArrayLiteral) and all(map(_is_not_null, value.items))
    return _is_not_null(value)


def _is_not_null(value: Expression) -> bool:
    return isinstance(value, Constant) and value.value is not None
