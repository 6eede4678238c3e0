"""A search: documents of one or more collections that satisfy a filter, with their scores."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

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


class Found(NamedTuple):
    """A document that was found.

    Attributes:
        at: Which of the tables holds it, and in which row.
        scores: One per scorer.
    """

    document: Document
    at: tuple[int, int]
    scores: tuple[float, ...]


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
        read: bool = True,
    ) -> Iterator[Found]:
        """Yield the documents a filter finds, in the order they were inserted.

        Args:
            wanted: The filter.
            scorers: How to score them.
            among: Which of the tables to look into; all count for the scores.
            read: Whether to read the documents; they come empty otherwise.
        """
        places = range(len(self.corpus.tables)) if among is None else among
        found = (item for at in places for item in self._table(at, wanted, scorers, read=read))
        return found if self._lazy else iter(list(found))

    def _table(
        self, at: int, wanted: Filter, scorers: Sequence[Scorer], *, read: bool
    ) -> Iterator[Found]:
        rows = self.corpus.matcher(at).rows(wanted)
        scores = [Ranking(self.corpus, at, scorer).scores(wanted, rows) for scorer in scorers]
        ordered, table = sorted(rows), self.corpus.tables[at]
        start, size = 0, _FIRST  # a LIMIT may want only a few
        while start < len(ordered):
            self.corpus.check()
            batch = ordered[start : start + size]
            start, size = start + size, _BATCH
            bodies = table.documents(batch) if read else dict.fromkeys(batch, b"{}")
            for row in batch:
                if row in bodies:
                    each = tuple(score.get(row, 0.0) for score in scores)
                    yield Found(_document(bodies[row]), (at, row), each)


def _document(body: bytes) -> dict[str, Any]:
    document: dict[str, Any] = load(body)
    return document
