"""What is searched for: filters as frozen dataclasses, without any knowledge of where they run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

    from hades_mcp.embedded.storage.search.terms import Field

SCORED_TERMS = 128  # of a prefix, a range or a pattern, as many as ArangoDB scores


@dataclass(frozen=True, slots=True)
class Every:
    """All documents."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """No document."""


@dataclass(frozen=True, slots=True)
class Not:
    """All documents but those."""

    filter: Filter


@dataclass(frozen=True, slots=True)
class And:
    """Documents that satisfy all filters."""

    filters: tuple[Filter, ...]
    boost: float = 1.0


@dataclass(frozen=True, slots=True)
class Or:
    """Documents that satisfy at least so many filters."""

    filters: tuple[Filter, ...]
    least: int = 1
    boost: float = 1.0


@dataclass(frozen=True, slots=True)
class Words:
    """Which terms of a field: the base of the filters that look at single terms."""

    field: Field
    boost: float = 1.0


@dataclass(frozen=True, slots=True)
class Term(Words):
    """Documents with this very term."""

    term: bytes = b""


@dataclass(frozen=True, slots=True)
class Terms(Words):
    """Documents with one of these terms."""

    terms: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Prefix(Words):
    """Documents with a term that begins so."""

    term: bytes = b""
    scored: int = SCORED_TERMS


@dataclass(frozen=True, slots=True)
class Range(Words):
    """Documents with a term in a range; an end that is None is open."""

    low: bytes | None = None
    low_inclusive: bool = True
    high: bytes | None = None
    high_inclusive: bool = True


@dataclass(frozen=True, slots=True)
class Pattern(Words):
    """Documents with a term LIKE this: `%` any text, `_` any letter, a backslash before either."""

    pattern: str = ""


@dataclass(frozen=True, slots=True)
class Similar(Words):
    """Documents with a term that few changes of letters turn into the target.

    Attributes:
        target: What follows the prefix.
        distance: The most insertions, deletions and replacements.
        transpositions: Whether two letters that change places count as one change.
        most: How many of the most similar terms are looked for; 0 for all.
        prefix: What the terms begin with.
    """

    target: str = ""
    distance: int = 0
    transpositions: bool = True
    most: int = 64
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class Grams(Words):
    """Documents with a sequence of these n-grams that is long enough."""

    grams: tuple[bytes, ...] = ()
    threshold: float = 0.7


@dataclass(frozen=True, slots=True)
class Part:
    """One place of a phrase: what stands there, and how far it is from the first place."""

    words: Term | Terms | Prefix | Range | Pattern | Similar
    at: int = 0


@dataclass(frozen=True, slots=True)
class Phrase:
    """Documents in which terms stand in this order."""

    field: Field
    parts: tuple[Part, ...]
    boost: float = 1.0


@dataclass(frozen=True, slots=True)
class Exists:
    """Documents whose attribute has a value of one of these kinds; None for any kind.

    A kind that ends with a colon means all that begin so.
    """

    path: str
    kinds: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Has:
    """Documents that have a field at all, whether its presence is kept or not."""

    path: str
    kind: str


@dataclass(frozen=True, slots=True)
class Shape:
    """Documents with a shape that passes a test.

    Attributes:
        band: The latitudes in degrees between which points can pass; None for all.
    """

    field: Field
    test: Callable[[Any], bool]
    band: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Test:
    """Documents that pass a test: what no index can answer."""

    test: Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class Objects:
    """Documents with so many objects in a nested array that satisfy a filter.

    Attributes:
        path: The array.
        filter: Asks for fields inside it.
        low: The fewest objects.
        high: The most; None for any number; -1 for all that there are.
    """

    path: str
    filter: Filter
    low: int = 1
    high: int | None = None


Filter: TypeAlias = (
    Every
    | Nothing
    | Not
    | And
    | Or
    | Term
    | Terms
    | Prefix
    | Range
    | Pattern
    | Similar
    | Grams
    | Phrase
    | Exists
    | Has
    | Shape
    | Test
    | Objects
)
