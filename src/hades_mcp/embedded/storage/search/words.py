"""Terms of an index that words stand for: prefixes, ranges, patterns and similar words."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from hades_mcp.embedded.storage.search.filters import (
    Pattern,
    Prefix,
    Range,
    Similar,
    Term,
    Terms,
)
from hades_mcp.embedded.storage.search.similarity import distance_within
from hades_mcp.embedded.storage.search.terms import text_term

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from hades_mcp.embedded.storage.search.table import SearchTable

_OFTEN = 1000  # terms between two looks at the clock
Words = Term | Terms | Prefix | Range | Pattern | Similar


def expand(
    words: Words, tables: Iterable[SearchTable], check: Callable[[], None]
) -> dict[bytes, float]:
    """Return the terms that words stand for, each with how much it counts.

    Args:
        words: What is searched for.
        tables: All that is searched: which words are most similar depends on all of them.
        check: Called now and then; raises when the query must stop.
    """
    match words:
        case Term(term=term):
            return {term: 1.0}
        case Terms(terms=terms):
            return dict.fromkeys(terms, 1.0)
        case Prefix() | Range():
            low, high = bounds(words)
            return dict.fromkeys(_all(words, tables, low, high), 1.0)
        case Pattern(pattern=pattern):
            start, matches = like_pattern(pattern)
            low = text_term(start)
            found = _checked(_all(words, tables, low, after(low)), check)
            return {term: 1.0 for term in found if matches(_text(term))}
        case Similar():
            return _similar(words, tables, check)


def bounds(words: Prefix | Range) -> tuple[bytes, bytes | None]:
    """Return the least term and the first one too great; None where there is none."""
    if isinstance(words, Prefix):
        return words.term, after(words.term)
    low = b"" if words.low is None else words.low
    if not words.low_inclusive:
        low += b"\0"
    high = words.high
    return low, high + b"\0" if high is not None and words.high_inclusive else high


def after(prefix: bytes) -> bytes | None:
    """Return the first term greater than all that begin with a prefix; None if there is none."""
    head = prefix.rstrip(b"\xff")
    return head[:-1] + bytes((head[-1] + 1,)) if head else None


def _all(
    words: Words, tables: Iterable[SearchTable], low: bytes, high: bytes | None
) -> Iterator[bytes]:
    for table in tables:
        yield from table.terms(words.field, low, high)


def _text(term: bytes) -> str:
    return term.decode("utf-8", "replace")


def like_parts(pattern: str) -> list[tuple[str, bool]]:
    """Return the letters of a LIKE pattern, each with whether it is a wildcard."""
    found = re.findall(r"\\([%_\\])|([%_])|(.)", pattern, re.DOTALL)
    return [(wild, True) if wild else (escaped or letter, False) for escaped, wild, letter in found]


@lru_cache(maxsize=64)
def like_pattern(pattern: str) -> tuple[str, Callable[[str], object]]:
    """Return the literal beginning of a LIKE pattern and what matches all of it."""
    parts, start, literal = [], "", True
    for letter, wild in like_parts(pattern):
        literal = literal and not wild
        start += letter if literal else ""
        parts.append({"%": ".*", "_": "."}[letter] if wild else re.escape(letter))
    return start, re.compile("".join(parts), re.DOTALL).fullmatch


def _checked(terms: Iterable[bytes], check: Callable[[], None]) -> Iterator[bytes]:
    for number, term in enumerate(terms):
        if number % _OFTEN == 0:
            check()
        yield term


def _similar(
    words: Similar, tables: Iterable[SearchTable], check: Callable[[], None]
) -> dict[bytes, float]:
    low = text_term(words.prefix)
    start, target = len(words.prefix), words.target
    whole = start + len(target)
    found: dict[bytes, float] = {}
    for term in _checked(set(_all(words, tables, low, after(low))), check):
        text = _text(term)
        away = distance_within(
            text[start:], target, words.distance, transpositions=words.transpositions
        )
        if away is not None:
            found[term] = 1.0 - away / max(1, min(len(text), whole))
    if words.most and len(found) > words.most:
        best = sorted(found, key=lambda term: (-found[term], term))[: words.most]
        return {term: found[term] for term in best}
    return found
