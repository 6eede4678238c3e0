"""LIKE over attributes that a wildcard Analyzer indexed: n-grams narrow down, the text decides.

Source: ArangoDB manual, Analyzers, wildcard.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.storage.search.filters import And, Filter, Shape, Term
from hades_mcp.embedded.storage.search.terms import Field, text_kind, text_term, whole_kind
from hades_mcp.embedded.storage.search.words import like_parts, like_pattern

if TYPE_CHECKING:
    from hades_mcp.embedded.analyzers import Analyzer

_EDGE = "\ufffd"  # stands around a text in its n-grams


def wildcard_like(path: str, pattern: str, analyzer: Analyzer, boost: float) -> Filter:
    """Return the filter for a text that is LIKE a pattern as a whole.

    Args:
        path: The attribute.
        pattern: With `%` and `_` as wildcards.
        analyzer: Of type wildcard.
        boost: How much scores count.
    """
    matches = like_pattern(pattern)[1]

    def passes(texts: Any) -> bool:
        return any(matches(text) for text in texts)

    field, size = Field(path, text_kind(analyzer.name)), analyzer.properties["ngramSize"]
    grams = dict.fromkeys(
        text_term(run[at : at + size])
        for run in _runs(pattern)
        for at in range(len(run) - size + 1)
    )
    terms = tuple(Term(field, 1.0, gram) for gram in grams)
    return And((*terms, Shape(Field(path, whole_kind(analyzer.name)), passes)), boost)


def _runs(pattern: str) -> list[str]:
    """Return the letters of a pattern between its wildcards, the edges of the text included."""
    runs, run = [], _EDGE
    for letter, wild in like_parts(pattern):
        if wild:
            runs.append(run)
            run = ""
        else:
            run += letter
    return [*runs, run + _EDGE]
