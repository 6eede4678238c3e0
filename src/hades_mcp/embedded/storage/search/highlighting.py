"""Where a search matched a document: byte offsets of terms, phrases and n-grams."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hades_mcp.embedded.storage.search.filters import (
    And,
    Filter,
    Grams,
    Or,
    Pattern,
    Phrase,
    Prefix,
    Range,
    Similar,
    Term,
    Terms,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hades_mcp.embedded.storage.search.matching import Matcher
    from hades_mcp.embedded.storage.search.occurrences import Occurrence

NO_LIMIT = 2**32


@dataclass(frozen=True, slots=True)
class Limits:
    """How many offsets are wanted of one path, in all and of each kind."""

    total: int = 10
    term: int = NO_LIMIT
    phrase: int = NO_LIMIT
    ngram: int = NO_LIMIT


@dataclass(frozen=True, slots=True)
class Matches:
    """What a search matched in one document; made for each row that asks for offsets."""

    matcher: Matcher
    row: int
    wanted: Filter

    def offsets(self, path: str, limits: Limits) -> list[tuple[int, int]]:
        """Return start and length of the matches in a field, in the order of the filter."""
        left = {"term": limits.term, "phrase": limits.phrase, "ngram": limits.ngram}
        found: list[tuple[int, int]] = []
        for kind, occurrence in self._walk(self.wanted, path):
            if len(found) >= limits.total:
                break
            if left[kind] > 0 and occurrence.end:
                left[kind] -= 1
                found.append((occurrence.start, occurrence.end - occurrence.start))
        return found

    def _holds(self, wanted: And | Or) -> bool:
        """Tell whether the document satisfies a group: its parts may match though it does not."""
        if isinstance(wanted, Or) and wanted.least <= 1:
            return True
        return self.row in self.matcher.corpus.known(self.matcher, wanted)

    def _walk(self, wanted: Filter, path: str) -> Iterator[tuple[str, Occurrence]]:
        match wanted:
            case And(filters=filters) | Or(filters=filters):
                if self._holds(wanted):
                    for each in filters:
                        yield from self._walk(each, path)
            case Phrase(field=field) if field.path == path:
                found = self.matcher.occurrences(wanted, {self.row}).get(self.row, [])
                yield from (("phrase", each) for each in found)
            case Grams(field=field) if field.path == path:
                sequence = self.matcher.sequences(wanted, {self.row}).get(self.row)
                if sequence:
                    last = max(each.end for each in sequence)
                    yield "ngram", sequence[0]._replace(end=last)
            case Term() | Terms() | Prefix() | Range() | Pattern() | Similar():
                if wanted.field.path == path:
                    for term in sorted(self.matcher.corpus.terms(wanted)):
                        places = self.matcher.table.places(wanted.field, term, {self.row})
                        yield from (("term", each) for each in places.get(self.row, ()))
