"""A search: documents of one or more collections that satisfy a filter, with their scores."""

from __future__ import annotations

from heapq import nsmallest
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from hades_mcp.embedded.storage.records import load
from hades_mcp.embedded.storage.search.matching import Corpus
from hades_mcp.embedded.storage.search.ranking import Ranking

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from hades_mcp.embedded.storage.records import Document
    from hades_mcp.embedded.storage.search.filters import Filter
    from hades_mcp.embedded.storage.search.scoring import Scorer
    from hades_mcp.embedded.storage.search.table import SearchTable

_FIRST, _BATCH = 20, 500
_SENSIBLE = 1 << 62  # a LIMIT may be any number


Reading: TypeAlias = Literal["documents", "identities", "nothing"]
"""What is read of the documents that are found: all, their keys and ids, or nothing."""

_Hit = tuple[int, int, tuple[float, ...]]
"""Which table, which row, and its scores."""


class Found(NamedTuple):
    """A document that was found.

    Attributes:
        at: Which of the tables holds it, and in which row.
        scores: One per scorer.
    """

    document: Document
    at: tuple[int, int]
    scores: tuple[float, ...]


class Key(NamedTuple):
    """A score to sort by."""

    score: int
    descending: bool


class Searcher:
    """Searches the postings of some collections together.

    Args:
        tables: The postings of each collection.
        check: Called now and then; raises when the query must stop.
        lazy: Read documents when they are asked for; a query that writes reads them first.
    """

    def __init__(
        self, tables: Sequence[SearchTable], check: Callable[[], None], *, lazy: bool
    ) -> None:
        self.corpus = Corpus(tables, check)
        self._lazy = lazy

    def find(
        self,
        wanted: Filter,
        scorers: Sequence[Scorer] = (),
        *,
        among: Collection[int] | None = None,
        read: Reading = "documents",
    ) -> Iterator[Found]:
        """Yield the documents a filter finds, in the order they were inserted.

        Args:
            wanted: The filter.
            scorers: How to score them.
            among: Which of the tables to look into; all count for the scores.
            read: What to read of the documents; the rest is not in them.
        """
        places = range(len(self.corpus.tables)) if among is None else among
        found = (item for at in places for item in self._table(at, wanted, scorers, read=read))
        return found if self._lazy else iter(list(found))

    def best(
        self,
        wanted: Filter,
        scorers: Sequence[Scorer],
        order: Sequence[Key],
        most: int,
        *,
        among: Collection[int] | None = None,
        read: Reading = "documents",
    ) -> Iterator[Found]:
        """Yield the first documents in an order of scores; no others are read.

        Args:
            wanted: The filter.
            scorers: How to score documents.
            order: Which of the scores to sort by.
            most: How many documents.
            among: As for `find`.
            read: As for `find`.
        """
        # sorts in numpy, which whoever searches nothing need not load
        from hades_mcp.embedded.storage.search import disjunctions  # noqa: PLC0415

        places = range(len(self.corpus.tables)) if among is None else among
        by_score = len(scorers) == 1 and order == [Key(0, descending=True)]
        words = disjunctions.any_of(wanted) if by_score else None
        if words is not None and most < _SENSIBLE:
            hits = disjunctions.best_of_any(self.corpus, places, wanted, words, scorers[0], most)
        else:
            hits = self._best(places, wanted, scorers, order, most)
        found = self._read(hits, read=read)
        return found if self._lazy else iter(list(found))

    def _best(
        self,
        places: Collection[int],
        wanted: Filter,
        scorers: Sequence[Scorer],
        order: Sequence[Key],
        most: int,
    ) -> list[_Hit]:
        def rank(hit: _Hit) -> list[float]:
            return [-hit[2][key.score] if key.descending else hit[2][key.score] for key in order]

        hits = (
            (at, row, scores) for at in places for row, scores in self._scored(at, wanted, scorers)
        )
        return nsmallest(most, hits, key=rank)

    def _read(self, hits: list[_Hit], *, read: Reading) -> Iterator[Found]:
        """Yield the documents of some rows in this order."""
        for start in range(0, len(hits), _BATCH):
            self.corpus.check()
            batch = hits[start : start + _BATCH]
            if read == "nothing":
                yield from (Found({}, (at, row), scores) for at, row, scores in batch)
                continue
            documents = self._documents(batch, read=read)
            for at, row, scores in batch:
                document = documents[at].get(row)
                if document is not None:
                    yield Found(document, (at, row), scores)

    def _documents(
        self, hits: list[_Hit], *, read: Literal["documents", "identities"]
    ) -> dict[int, dict[int, Document]]:
        rows: dict[int, list[int]] = {}
        for at, row, _ in hits:
            rows.setdefault(at, []).append(row)
        tables = self.corpus.tables
        if read == "identities":
            return {at: tables[at].identities(held) for at, held in rows.items()}
        return {
            at: {row: load(body) for row, body in tables[at].documents(held).items()}
            for at, held in rows.items()
        }

    def _scored(
        self, at: int, wanted: Filter, scorers: Sequence[Scorer]
    ) -> Iterator[tuple[int, tuple[float, ...]]]:
        """Yield the rows a filter finds in a table, each with its scores."""
        rows = self.corpus.matcher(at).rows(wanted)
        scores = [Ranking(self.corpus, at, scorer).scores(wanted, rows) for scorer in scorers]
        for row in sorted(rows):
            yield row, tuple(score.get(row, 0.0) for score in scores)

    def _table(
        self, at: int, wanted: Filter, scorers: Sequence[Scorer], *, read: Reading
    ) -> Iterator[Found]:
        hits = [(at, row, scores) for row, scores in self._scored(at, wanted, scorers)]
        yield from self._read(hits[:_FIRST], read=read)  # a LIMIT may want only a few
        yield from self._read(hits[_FIRST:], read=read)
