"""The best documents for any of some words, the commonest search: in arrays, not one by one.

The scores are those of `ranking`, to the last bit: the same function gives them for each pair of
frequency and norm, and single precision sums in the same order.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from hades_mcp.embedded.storage.search.filters import Filter, Or, Term, Terms
from hades_mcp.embedded.storage.search.scoring import Statistics
from hades_mcp.embedded.storage.search.terms import NESTED

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from numpy.typing import NDArray

    from hades_mcp.embedded.storage.search.matching import Corpus
    from hades_mcp.embedded.storage.search.scoring import Scorer
    from hades_mcp.embedded.storage.search.terms import Field

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float32]
    _Parts: TypeAlias = "list[_Parts] | tuple[Field, dict[bytes, _Pairs]]"

_NORM_BITS = 32


def any_of(wanted: Filter) -> list[Term | Terms] | None:
    """Return the words of which a filter wants any one, or None when it wants something else."""
    match wanted:
        case Or(least=1):
            inner = [any_of(each) for each in wanted.filters]
            found = [each for each in inner if each is not None]
            return list(chain.from_iterable(found)) if len(found) == len(inner) else None
        case Term() | Terms() if wanted.field.kind.startswith("s:"):
            return None if NESTED in wanted.field.path else [wanted]
    return None


def best_of_any(
    corpus: Corpus,
    places: Collection[int],
    wanted: Filter,
    words: Iterable[Term | Terms],
    scorer: Scorer,
    most: int,
) -> list[tuple[int, int, tuple[float, ...]]]:
    """Return table, row and score of the documents that score highest, the first rows of equals.

    Args:
        corpus: All that is searched: its statistics count.
        places: Which of its tables to look into.
        wanted: The filter.
        words: What `any_of` says of it.
        scorer: How terms are scored.
        most: How many documents.
    """
    postings = _Postings(corpus)
    found: list[tuple[Ints, Floats]] = []
    parts = _prepared(wanted, 1.0, postings, scorer)
    terms = [(each.field, term) for each in words for term in corpus.terms(each)]
    for at in places:
        rows = _union(postings.read(at, field, term)[0] for field, term in terms)
        found.append((rows, _total(parts, at, rows, postings)))
    return _highest(list(places), found, most)


def _prepared(wanted: Filter, boost: float, postings: _Postings, scorer: Scorer) -> _Parts:
    """Return what adds up to the score of a filter that `any_of` takes, in the order of adding."""
    if isinstance(wanted, Or):
        inside = boost * wanted.boost
        return [_prepared(each, inside, postings, scorer) for each in wanted.filters]
    assert isinstance(wanted, Term | Terms)  # noqa: S101  any_of lets nothing else pass
    return wanted.field, postings.scored(wanted, boost * wanted.boost, scorer)


def _total(parts: _Parts, at: int, rows: Ints, postings: _Postings) -> Floats:
    total = np.zeros(len(rows), np.float32)
    if isinstance(parts, list):
        for part in parts:
            total += _total(part, at, rows, postings)
        return total
    where, terms = parts
    for term, pairs in terms.items():
        held, codes = postings.read(at, where, term)
        kept = codes >= 1 << _NORM_BITS  # what is not counted is found, but not scored
        total[np.searchsorted(rows, held[kept])] += pairs(codes[kept])
    return total


class _Postings:
    """What is read of the postings of words, each once."""

    def __init__(self, corpus: Corpus) -> None:
        self._corpus = corpus
        self._read: dict[tuple[int, Field, bytes], tuple[Ints, Ints]] = {}

    def read(self, at: int, where: Field, term: bytes) -> tuple[Ints, Ints]:
        """Return the rows of a term, in order; for each its frequency and norm in one number."""
        key = (at, where, term)
        if key not in self._read:
            self._corpus.check()
            numbers = chain.from_iterable(self._corpus.tables[at].postings(where, term))
            columns = np.fromiter(numbers, np.int64).reshape(-1, 3).T
            self._read[key] = columns[0], columns[1] << _NORM_BITS | columns[2]
        return self._read[key]

    def scored(self, words: Term | Terms, boost: float, scorer: Scorer) -> dict[bytes, _Pairs]:
        """Return what scores each of the terms that words stand for."""
        tables = self._corpus.tables
        fields = [table.statistics(words.field) for table in tables]
        documents, total = (sum(column) for column in zip(*fields, strict=True))
        scores = {}
        for term, factor in self._corpus.terms(words).items():
            count = sum(len(self.read(at, words.field, term)[0]) for at in range(len(tables)))
            statistics = Statistics(documents, total, (count,))
            scores[term] = _Pairs(scorer, statistics, boost * factor)
        return scores


class _Pairs:
    """Scores pairs of frequency and norm; there are far fewer of them than documents."""

    def __init__(self, scorer: Scorer, statistics: Statistics, boost: float) -> None:
        self._score = scorer.prepare(statistics, boost)

    def __call__(self, codes: Ints) -> Floats:
        pairs, which = np.unique(codes, return_inverse=True)
        norm = (1 << _NORM_BITS) - 1
        scores = [self._score(pair >> _NORM_BITS, pair & norm) for pair in pairs.tolist()]
        return np.array(scores, np.float32)[which]


def _union(lists: Iterable[Ints]) -> Ints:
    held = list(lists)
    return np.unique(np.concatenate(held)) if held else np.empty(0, np.int64)


def _highest(
    places: list[int], found: list[tuple[Ints, Floats]], most: int
) -> list[tuple[int, int, tuple[float, ...]]]:
    if not found or most <= 0:
        return []
    at = np.repeat(np.array(places), [len(rows) for rows, _ in found])
    rows = np.concatenate([rows for rows, _ in found])
    scores = np.concatenate([scores for _, scores in found])
    kept = np.arange(len(scores))
    if most < len(scores):
        least = np.partition(scores, len(scores) - most)[len(scores) - most]
        kept = np.flatnonzero(scores >= least)
    kept = kept[np.argsort(-scores[kept], kind="stable")][:most]
    return [(int(at[n]), int(rows[n]), (float(scores[n]),)) for n in kept]
