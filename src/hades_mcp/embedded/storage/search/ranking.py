"""Scores of documents that a filter has found, summed as IResearch sums them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hades_mcp.embedded.storage.search.filters import (
    SCORED_TERMS,
    And,
    Filter,
    Grams,
    Objects,
    Or,
    Pattern,
    Phrase,
    Prefix,
    Range,
    Similar,
    Term,
    Terms,
)
from hades_mcp.embedded.storage.search.matching import Matcher
from hades_mcp.embedded.storage.search.scoring import Scorer, Statistics, single
from hades_mcp.embedded.storage.search.terms import NESTED, OBJECTS, Field

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hades_mcp.embedded.storage.search.matching import Corpus
    from hades_mcp.embedded.storage.search.words import Words

Scores = dict[int, float]


@dataclass(frozen=True, slots=True)
class Ranking:
    """Scores documents of one collection; the statistics are those of all that is searched.

    Attributes:
        corpus: All that is searched.
        at: Which of its tables.
        scorer: How terms are scored.
        inside: The nested array whose objects are scored; None for documents.
    """

    corpus: Corpus
    at: int
    scorer: Scorer
    inside: str | None = None

    def scores(self, wanted: Filter, rows: set[int], boost: float = 1.0) -> Scores:
        """Return the scores of these rows; a row without one scores 0."""
        match wanted:
            case And(filters=filters, boost=factor):
                return self._sum(wanted, filters, rows, boost * factor)
            case Or(filters=filters, boost=factor):
                return self._sum(wanted, filters, rows, boost * factor)
            case Objects():
                return self._objects(wanted, rows, boost)
            case Phrase():
                return self._phrase(wanted, rows, boost * wanted.boost)
            case Grams():
                return self._grams(wanted, rows, boost * wanted.boost)
            case Term() | Terms() | Prefix() | Range() | Pattern() | Similar():
                if not wanted.field.kind.startswith("s:"):
                    return {}  # numbers and the like are not counted
                return self._words(wanted, rows, boost * wanted.boost)
            case _:
                return {}

    def _sum(
        self, wanted: Filter, filters: Iterable[Filter], rows: set[int], boost: float
    ) -> Scores:
        if isinstance(wanted, And) or (isinstance(wanted, Or) and wanted.least > 1):
            rows = rows & self._matcher().rows(wanted)
        total: Scores = {}
        for each in filters:
            for row, score in self.scores(each, rows, boost).items():
                total[row] = single(total[row] + score) if row in total else score
        return total

    def _objects(self, wanted: Objects, rows: set[int], boost: float) -> Scores:
        """Add the scores of the objects that match to what holds them."""
        inner = Matcher(self.corpus, self.at, wanted.path)
        around = inner.table.around(Field(wanted.path + NESTED, OBJECTS))
        found = {row for row in inner.rows(wanted.filter) if around[row] in rows}
        scored = Ranking(self.corpus, self.at, self.scorer, wanted.path)
        total: Scores = {}
        for row, score in scored.scores(wanted.filter, found, boost).items():
            total[around[row]] = single(total.get(around[row], 0.0) + score)
        return total

    def _matcher(self) -> Matcher:
        return Matcher(self.corpus, self.at, self.inside)

    def _words(self, words: Words, rows: set[int], boost: float) -> Scores:
        terms = self.corpus.terms(words)
        counts = {term: self._frequency(words.field, term) for term in terms}
        scored = list(terms)
        if isinstance(words, Prefix | Range | Pattern):
            most = words.scored if isinstance(words, Prefix) else SCORED_TERMS
            scored = sorted(terms, key=lambda term: -counts[term])[:most]
        shared = sum(counts.values()) if isinstance(words, Similar) else None
        total: Scores = {}
        for term in scored:
            count = counts[term] if shared is None else shared
            score = self.scorer.prepare(
                self._statistics(words.field, (count,)), boost * terms[term]
            )
            for row, frequency, norm in self.corpus.hits(self.at, words.field, term):
                if frequency and row in rows:
                    value = score(frequency, norm)
                    total[row] = single(total[row] + value) if row in total else value
        return total

    def _phrase(self, phrase: Phrase, rows: set[int], boost: float) -> Scores:
        terms = [term for part in phrase.parts for term in self.corpus.terms(part.words)]
        counts = tuple(self._frequency(phrase.field, term) for term in terms)
        score = self.scorer.prepare(self._statistics(phrase.field, counts), boost)
        norms = self._norms(phrase.field, terms)
        found = self._matcher().occurrences(phrase, rows)
        return {row: score(len(each), norms[row]) for row, each in found.items()}

    def _grams(self, grams: Grams, rows: set[int], boost: float) -> Scores:
        terms = list(dict.fromkeys(grams.grams))
        counts = tuple(self._frequency(grams.field, term) for term in terms)
        statistics = self._statistics(grams.field, counts)
        norms = self._norms(grams.field, terms)
        scores = {}
        for row, each in self._matcher().sequences(grams, rows).items():
            alike = single(len(each) / len(grams.grams))
            scores[row] = self.scorer.prepare(statistics, boost * alike)(1, norms[row])
        return scores

    def _norms(self, where: Field, terms: Iterable[bytes]) -> dict[int, int]:
        hits = (hit for term in terms for hit in self.corpus.hits(self.at, where, term))
        return {hit.row: hit.norm for hit in hits}

    def _frequency(self, where: Field, term: bytes) -> int:
        tables = range(len(self.corpus.tables))
        return sum(len(self.corpus.hits(at, where, term)) for at in tables)

    def _statistics(self, where: Field, counts: tuple[int, ...]) -> Statistics:
        found = [table.statistics(where) for table in self.corpus.tables]
        return Statistics(sum(one for one, _ in found), sum(all_ for _, all_ in found), counts)
