"""Scores: BM25 and TF-IDF in the very arithmetic of IResearch, single precision included.

Source: IResearch (the library behind ArangoSearch), scorers bm25 and tfidf.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from struct import Struct
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

_float = Struct("f")
_TINY = 255  # norms up to here are looked up in a table, which rounds differently

Score: TypeAlias = "Callable[[int, int], float]"
"""The score of a frequency and a norm."""


def single(value: float) -> float:
    """Round to single precision; infinity where a value is too large for it."""
    try:
        return float(_float.unpack(_float.pack(value))[0])
    except OverflowError:
        return math.copysign(math.inf, value)


@dataclass(frozen=True, slots=True)
class Statistics:
    """What is known of the terms that are searched for together.

    Attributes:
        documents: How many rows have the field.
        total: How many terms the field has in all of them.
        frequencies: For each term, in how many rows it occurs.
    """

    documents: int
    total: int
    frequencies: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Bm25:
    """Okapi BM25.

    Attributes:
        k: How much repeated terms count.
        b: How much the length of a text counts.
    """

    k: float = 1.2
    b: float = 0.75

    def prepare(self, statistics: Statistics, boost: float) -> Score:
        """Return what scores the rows of these terms."""
        # ArangoDB leaves open what others would mean
        k, b = single(max(0.0, self.k)), single(min(1.0, max(0.0, self.b)))
        idf = 0.0
        for with_term in statistics.frequencies:
            rare = (statistics.documents - with_term + 0.5) / (with_term + 0.5)
            idf = single(idf + single(math.log1p(rare)))
        weight = single(single(single(boost) * single(k + 1.0)) * idf)
        if k == 0.0:
            return lambda _, __: weight
        if b == 0.0:
            return lru_cache(maxsize=None)(
                lambda tf, _: single(weight - single(weight / single(1.0 + single(tf / k))))
            )
        kb = single(k * b)
        fixed, by_length = single(k - kb), kb
        if statistics.total and statistics.documents:
            by_length = single(kb / single(statistics.total / statistics.documents))

        def score(tf: int, norm: int) -> float:
            length = single(fixed + single(by_length * norm))
            if norm <= _TINY:
                over = single(1.0 + single(tf * single(1.0 / length)))
                return single(weight - single(weight / over))
            return single(weight - single(single(weight * length) / single(length + tf)))

        return lru_cache(maxsize=None)(score)


@dataclass(frozen=True, slots=True)
class TfIdf:
    """Term frequency times inverse document frequency.

    Attributes:
        normalize: Whether the length of a text counts.
    """

    normalize: bool = False

    def prepare(self, statistics: Statistics, boost: float) -> Score:
        """Return what scores the rows of these terms."""
        idf = 0.0
        for with_term in statistics.frequencies:
            rare = (statistics.documents + 1.0) / (with_term + 1.0)
            idf = single(idf + single(math.log1p(rare)))
        weight = single(single(boost) * idf)
        normalize = self.normalize

        def score(tf: int, norm: int) -> float:
            value = single(single(math.sqrt(tf)) * weight)
            return single(value * single(1.0 / single(math.sqrt(norm)))) if normalize else value

        return lru_cache(maxsize=None)(score)


Scorer: TypeAlias = Bm25 | TfIdf
