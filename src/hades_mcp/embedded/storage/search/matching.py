"""Which documents satisfy a filter: sets of rows, one collection at a time."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hades_mcp.embedded.storage.records import load
from hades_mcp.embedded.storage.search.filters import (
    And,
    Every,
    Exists,
    Filter,
    Grams,
    Has,
    Not,
    Nothing,
    Objects,
    Or,
    Part,
    Pattern,
    Phrase,
    Prefix,
    Range,
    Shape,
    Similar,
    Term,
    Terms,
    Test,
)
from hades_mcp.embedded.storage.search.occurrences import Occurrence, phrases
from hades_mcp.embedded.storage.search.similarity import longest_sequence
from hades_mcp.embedded.storage.search.table import FEW
from hades_mcp.embedded.storage.search.terms import NESTED, OBJECTS, Field
from hades_mcp.embedded.storage.search.words import Words, bounds, expand

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hades_mcp.embedded.storage.search.table import Hit, SearchTable

_BATCH = 500


@dataclass(slots=True, eq=False)
class Corpus:
    """All that one search looks at; what it reads of the postings is read once.

    Attributes:
        tables: The postings of each collection.
        check: Called now and then; raises when the query must stop.
    """

    tables: Sequence[SearchTable]
    check: Callable[[], None]
    _hits: dict[tuple[int, Field, bytes], list[Hit]] = field(default_factory=dict)
    _terms: dict[Words, dict[bytes, float]] = field(default_factory=dict)
    _rows: dict[tuple[Matcher, Filter], set[int]] = field(default_factory=dict)

    def hits(self, at: int, where: Field, term: bytes) -> list[Hit]:
        """Return the rows of a term in one table."""
        key = (at, where, term)
        found = self._hits.get(key)
        if found is None:
            self.check()
            found = self._hits[key] = self.tables[at].hits(where, term)
        return found

    def terms(self, words: Words) -> dict[bytes, float]:
        """Return the terms words stand for, in all tables."""
        found = self._terms.get(words)
        if found is None:
            found = self._terms[words] = expand(words, self.tables, self.check)
        return found

    def known(self, matcher: Matcher, wanted: Filter) -> set[int]:
        """Return the rows that satisfy a filter, found once however often it is asked."""
        found = self._rows.get((matcher, wanted))
        if found is None:
            found = self._rows[matcher, wanted] = matcher.rows(wanted)
        return found

    def matcher(self, at: int) -> Matcher:
        """Return what matches documents in one table."""
        return Matcher(self, at)


@dataclass(frozen=True, slots=True)
class Matcher:
    """Matches the documents of one collection, or the objects of one of its nested arrays.

    Attributes:
        corpus: All that is searched.
        at: Which of its tables.
        inside: The nested array whose objects are matched; None for documents.
    """

    corpus: Corpus
    at: int
    inside: str | None = None

    @property
    def table(self) -> SearchTable:
        """The postings."""
        return self.corpus.tables[self.at]

    def rows(self, wanted: Filter) -> set[int]:
        """Return the rows that satisfy a filter."""
        match wanted:
            case Every():
                return self.every()
            case Nothing():
                return set()
            case Not(filter=inner):
                return self.every() - self.rows(inner)
            case And(filters=filters):
                return self._all(filters)
            case Or():
                return self._some(wanted)
            case Objects():
                return self._objects(wanted)
            case _:
                return self._leaf(wanted)

    def every(self) -> set[int]:
        """Return all rows."""
        if self.inside is None:
            return self.table.every()
        return self.table.rows(Field(self.inside + NESTED, OBJECTS))

    def occurrences(
        self, phrase: Phrase, rows: set[int] | None = None
    ) -> dict[int, list[Occurrence]]:
        """Return where a phrase occurs, in which rows."""
        common = rows
        if rows is None or len(rows) > FEW:
            for part in phrase.parts:
                held = self._leaf(part.words)
                common = held if common is None else common & held
        if not common:
            return {}
        places = [self._places(part, common) for part in phrase.parts]
        at = [part.at for part in phrase.parts]
        common = set(places[0]).intersection(*places[1:])
        found = {row: phrases([part[row] for part in places], at) for row in common}
        return {row: each for row, each in found.items() if each}

    def sequences(self, grams: Grams, rows: set[int] | None = None) -> dict[int, list[Occurrence]]:
        """Return the longest sequence of n-grams of each row where it is long enough."""
        fewest = max(1, math.ceil(len(grams.grams) * grams.threshold))
        by_row: dict[int, dict[bytes, list[Occurrence]]] = {}
        for gram in dict.fromkeys(grams.grams):
            for row, each in self.table.places(grams.field, gram, rows).items():
                by_row.setdefault(row, {})[gram] = each
        found: dict[int, list[Occurrence]] = {}
        for row, held in by_row.items():
            positions = {gram: [one.position for one in places] for gram, places in held.items()}
            sequence = longest_sequence(grams.grams, positions)
            if len(sequence) >= fewest:
                at = {one.position: one for places in held.values() for one in places}
                found[row] = [at[position] for position in sequence]
        return found

    def _all(self, filters: Sequence[Filter]) -> set[int]:
        if not filters:
            return self.every()
        kept: set[int] | None = None
        for each in sorted(filters, key=lambda item: isinstance(item, Not | Test | Shape)):
            if kept is not None and isinstance(each, Not):
                kept = kept - self.rows(each.filter)
            elif kept is not None and isinstance(each, Test):
                kept = self._tested(each, kept)
            elif kept is not None and isinstance(each, Shape):
                kept = self._shaped(each, kept)
            else:
                found = self.rows(each)
                kept = found if kept is None else kept & found
            if not kept:
                break
        return kept or set()

    def _some(self, wanted: Or) -> set[int]:
        if wanted.least <= 0:
            return self.every()
        if wanted.least == 1:
            return set().union(*map(self.rows, wanted.filters))
        counts: dict[int, int] = {}
        for each in wanted.filters:
            for row in self.rows(each):
                counts[row] = counts.get(row, 0) + 1
        return {row for row, count in counts.items() if count >= wanted.least}

    def _leaf(self, wanted: Filter) -> set[int]:
        match wanted:
            case Prefix() | Range():
                self.corpus.check()
                return self.table.between(wanted.field, *bounds(wanted))
            case Term() | Terms() | Pattern() | Similar():
                found: set[int] = set()
                for term in self.corpus.terms(wanted):
                    found.update(hit.row for hit in self.corpus.hits(self.at, wanted.field, term))
                return found
            case Phrase():
                return set(self.occurrences(wanted))
            case Grams():
                return set(self.sequences(wanted))
            case Shape():
                return self._shaped(wanted, None)
            case Test():
                return self._tested(wanted, self.every())
            case Exists() | Has():
                return self._present(wanted)
            case _:
                raise AssertionError(wanted)  # `rows` has the others

    def _present(self, wanted: Exists | Has) -> set[int]:
        if isinstance(wanted, Has):
            return self.table.rows(Field(wanted.path, wanted.kind))
        found: set[int] = set()
        for where in self.table.stored_fields(wanted.path):
            if where.path.count(NESTED) == wanted.path.count(NESTED) and _fits(wanted, where):
                found |= self.table.rows(where)
        if wanted.kinds is None or OBJECTS in wanted.kinds:
            objects = self.table.around(Field(wanted.path + NESTED, OBJECTS))
            found.update(objects.values())
        return found

    def _objects(self, wanted: Objects) -> set[int]:
        """Count the objects of each array that match."""
        objects = self.table.around(Field(wanted.path + NESTED, OBJECTS))
        matched = Matcher(self.corpus, self.at, wanted.path).rows(wanted.filter)
        counts: dict[int, int] = {}
        for row in matched:
            around = objects[row]
            counts[around] = counts.get(around, 0) + 1
        if wanted.high == -1:
            totals: dict[int, int] = {}
            for around in objects.values():
                totals[around] = totals.get(around, 0) + 1
            return {row for row, total in totals.items() if counts.get(row) == total}
        found = {
            row
            for row, count in counts.items()
            if count >= wanted.low and (wanted.high is None or count <= wanted.high)
        }
        return found | (self.every() - set(counts)) if wanted.low <= 0 else found

    def _shaped(self, wanted: Shape, among: set[int] | None) -> set[int]:
        found = set()
        for number, (row, shape) in enumerate(self.table.shapes(wanted.field, wanted.band)):
            if number % _BATCH == 0:
                self.corpus.check()
            if (among is None or row in among) and wanted.test(load(shape)):
                found.add(row)
        return found

    def _tested(self, wanted: Test, rows: set[int]) -> set[int]:
        ordered, found = sorted(rows), set()
        for start in range(0, len(ordered), _BATCH):
            self.corpus.check()
            bodies = self.table.documents(ordered[start : start + _BATCH])
            found |= {row for row, body in bodies.items() if wanted.test(load(body))}
        return found

    def _places(self, part: Part, rows: set[int]) -> dict[int, list[Occurrence]]:
        """Return where any term of a part occurs in these rows."""
        merged: dict[int, list[Occurrence]] = {}
        for term in self.corpus.terms(part.words):
            for row, places in self.table.places(part.words.field, term, rows).items():
                merged[row] = sorted(merged[row] + places) if row in merged else places
        return merged


def _fits(wanted: Exists, where: Field) -> bool:
    if wanted.kinds is None:
        return where.kind != OBJECTS
    return where.path == wanted.path and any(
        where.kind.startswith(kind) if kind.endswith(":") else where.kind == kind
        for kind in wanted.kinds
    )
