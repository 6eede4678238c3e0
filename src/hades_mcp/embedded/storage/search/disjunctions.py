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

    from hades_mcp.embedded.storage.search.arrays import Postings
    from hades_mcp.embedded.storage.search.matching import Corpus
    from hades_mcp.embedded.storage.search.scoring import Score, Scorer
    from hades_mcp.embedded.storage.search.terms import Field

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float32]
    _Parts: TypeAlias = "list[_Parts] | tuple[Field, dict[bytes, Score]]"


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
        rows = _union(postings.read(at, field, term).rows for field, term in terms)
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
    for term, score in terms.items():
        held = postings.read(at, where, term)
        # what is not counted is found, but not scored
        scores = [score(*pair) if pair[0] else 0.0 for pair in held.frequencies_and_norms()]
        total[np.searchsorted(rows, held.rows)] += np.array(scores, np.float32)[held.which]
    return total


class _Postings:
    """What is read of the postings of words, each once."""

    def __init__(self, corpus: Corpus) -> None:
        self._corpus = corpus
        self._read: dict[tuple[int, Field, bytes], Postings] = {}

    def read(self, at: int, where: Field, term: bytes) -> Postings:
        """Return the rows of a term."""
        key = (at, where, term)
        if key not in self._read:
            self._corpus.check()
            self._read[key] = self._corpus.tables[at].arrays(where, term)
        return self._read[key]

    def scored(self, words: Term | Terms, boost: float, scorer: Scorer) -> dict[bytes, Score]:
        """Return what scores each of the terms that words stand for."""
        tables = self._corpus.tables
        fields = [table.statistics(words.field) for table in tables]
        documents, total = (sum(column) for column in zip(*fields, strict=True))
        scores = {}
        for term, factor in self._corpus.terms(words).items():
            count = sum(len(self.read(at, words.field, term).rows) for at in range(len(tables)))
            statistics = Statistics(documents, total, (count,))
            scores[term] = scorer.prepare(statistics, boost * factor)
        return scores


def _union(lists: Iterable[Ints]) -> Ints:
    held = list(lists)
    if len(held) < 2:  # noqa: PLR2004  nothing to join
        return held[0] if held else np.empty(0, np.int64)
    merged = np.sort(np.concatenate(held), kind="stable")  # which is fast where parts are sorted
    return merged[np.diff(merged, prepend=-1) > 0]


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
