"""What is kept of a document: its terms per field, how often and where, as postings.

A field is an attribute path and a kind: `n` null, `b` boolean, `d` number, `s:` and the name of an
Analyzer for text, `w:` the texts behind a wildcard Analyzer's n-grams, `o` the objects of a nested
array. Typed terms sort as their values do.
Documents have rows of their own, the objects of nested arrays too: the document's row and an
ordinal. Positions count on over the values of one field, as in IResearch.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import blake2b
from struct import Struct
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import orjson

from hades_mcp.embedded.analyzers import Analyzer, analyze
from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.storage.search.fields import FieldPlan
from hades_mcp.embedded.storage.search.shapes import GEO, shape_term
from hades_mcp.embedded.values import encode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hades_mcp.embedded.analyzers import Token

NULL, BOOL, NUMBER, OBJECTS = "n", "b", "d", "o"
NESTED = "\0"  # stands between a nested array and the attributes of its objects
ORDINAL_BITS = 20
_one = Struct("I").pack
_NOT_IMPLEMENTED = 9
_MOST_OBJECTS = (1 << ORDINAL_BITS) - 1


class Field(NamedTuple):
    """An attribute path and the kind of its terms."""

    path: str
    kind: str

    @property
    def key(self) -> int:
        """The number under which postings are kept."""
        return _key(self)


EVERY = Field("", "")
"""Holds one posting for each document that is searched."""


def text_kind(analyzer: str) -> str:
    """Return the kind of terms an Analyzer makes."""
    return "s:" + analyzer.rpartition("::")[2]


def whole_kind(analyzer: str) -> str:
    """Return the kind under which the texts are kept that a wildcard Analyzer cut to pieces."""
    return "w:" + analyzer.rpartition("::")[2]


def typed_term(value: Any) -> tuple[str, bytes] | None:
    """Return kind and term of null, a boolean or a number; None for other values."""
    match value:
        case None:
            return NULL, b""
        case bool():
            return BOOL, encode(value)
        case int() | float():
            return NUMBER, encode(float(value))
    return None


def text_term(text: str) -> bytes:
    """Return the term of a token."""
    return text.encode("utf-8", "surrogatepass")


Posting: TypeAlias = tuple[int, bytes, int, int, int, bytes | None]
"""A term in a document: a plain tuple, for there are many. In this order:

    field       The field's number.
    term        The term.
    ordinal     0 for the document, else which of its nested objects.
    frequency   How often the term occurs; 0 where the Analyzer does not count.
    norm        Terms of the field in this row; 1 where the Analyzer does not count them. For an
                object the ordinal of the object around it.
    places      Positions, or positions with byte offsets, of the occurrences; or a shape.
"""


class FieldUse(NamedTuple):
    """What a document adds to the statistics of a field.

    Attributes:
        rows: Rows of the document that have the field.
        terms: Occurrences of terms in them.
    """

    key: int
    path: str
    kind: str
    stored: bool
    rows: int
    terms: int


class Payload(NamedTuple):
    """All that is kept of a document."""

    postings: tuple[Posting, ...]
    fields: tuple[FieldUse, ...]


def payload_of(plan: FieldPlan, document: dict[str, Any], *, always: bool) -> Payload:
    """Return the postings of a document.

    Args:
        plan: What is indexed.
        document: The document.
        always: Keep a document in which nothing is indexed, as views with a sort order do.
    """
    reader = _Reader()
    reader.object(plan, document, "", 0)
    if not reader.found and not always:
        return Payload((), ())
    reader.mark(EVERY, 0, b"", 0, 1)
    return reader.payload()


@dataclass(slots=True)
class _Terms:
    """The terms of one field in one row so far."""

    stored: bool
    counts: bool = False
    normed: bool = False
    places: int = 0  # numbers kept per occurrence: position, start, end
    found: dict[bytes, list[int]] = field(default_factory=dict)
    shapes: dict[bytes, bytes] = field(default_factory=dict)
    fixed: dict[bytes, tuple[int, int]] = field(default_factory=dict)
    total: int = 0
    position: int = -1
    offset: int = 0

    def add(self, text: str, tokens: Iterable[Token]) -> None:
        """Enter the tokens of a text."""
        position, offset, held = self.position, self.offset, self.found
        with_offsets, total = self.places == 3, 0  # noqa: PLR2004  position, start, end
        for term, step, start, end in tokens:
            total += 1
            position = max(position + step, 0)
            found = held.setdefault(text_term(term), [])
            if with_offsets:
                found += (position, offset + start, offset + end)
            else:
                found.append(position)
        self.total += total
        self.position = position
        self.offset += len(text.encode("utf-8", "surrogatepass"))

    def postings(self, key: int, ordinal: int) -> Iterator[Posting]:
        norm = self.total if self.normed else 1
        for term, (frequency, number) in self.fixed.items():
            yield key, term, ordinal, frequency, number, None
        for term, shape in self.shapes.items():
            yield key, term, ordinal, 0, 1, shape
        for term, found in self.found.items():
            frequency = len(found) // max(self.places, 1) if self.counts else 0
            places = None
            if self.places:
                places = _one(found[0]) if len(found) == 1 else array("I", found).tobytes()
            yield key, term, ordinal, frequency, norm, places


class _Reader:
    """Walks through a document and collects terms."""

    def __init__(self) -> None:
        self.found: dict[tuple[Field, int], _Terms] = {}
        self._objects = 0

    def payload(self) -> Payload:
        postings: list[Posting] = []
        uses: dict[Field, FieldUse] = {}
        for (where, ordinal), terms in self.found.items():
            postings += terms.postings(where.key, ordinal)
            before = uses.get(where)
            rows, total = (before.rows, before.terms) if before else (0, 0)
            uses[where] = FieldUse(where.key, *where, terms.stored, rows + 1, total + terms.total)
        return Payload(tuple(postings), tuple(uses.values()))

    def mark(self, where: Field, ordinal: int, term: bytes, frequency: int, norm: int) -> None:
        """Enter a term that is not counted."""
        terms = self.found.get((where, ordinal))
        if terms is None:
            terms = self.found[where, ordinal] = _Terms(stored=where.kind == OBJECTS)
        terms.fixed[term] = (frequency, norm)

    def object(self, plan: FieldPlan, value: dict[str, Any], path: str, row: int) -> None:
        prefix = path + "." if path and not path.endswith(NESTED) else path
        for name, item in value.items():
            below = plan.fields.get(name)
            if below is None:
                if not plan.include_all:
                    continue
                below = _inherited(plan)
            self.value(below, item, prefix + name, row)
        for name, below in plan.fields.items():
            if name not in value:
                self.absent(below, prefix + name, row)

    def absent(self, plan: FieldPlan, path: str, row: int) -> None:
        """Enter null for what is not there, where that counts as null."""
        if plan.members is not None or not plan.absent_is_null:
            return
        if plan.indexed:
            self.scalar(plan, None, path, row)
        for name, below in plan.fields.items():
            self.absent(below, f"{path}.{name}", row)

    def value(self, plan: FieldPlan, value: Any, path: str, row: int) -> None:
        if plan.members is not None:
            for member in value if type(value) is list else ():
                self.member(plan.members, member, path, row)
        elif type(value) in {dict, list}:
            self.container(plan, value, path, row)
        else:
            self.scalar(plan, value, path, row)
            for name, below in plan.fields.items():
                self.absent(below, f"{path}.{name}", row)

    def member(self, plan: FieldPlan, value: Any, path: str, row: int) -> None:
        """Enter a member of an array that `[*]` takes apart; arrays in it are left as they are."""
        if type(value) is dict:
            self.object(plan, value, path, row)
        elif type(value) is not list:
            self.scalar(plan, value, path, row)
        if type(value) in {dict, list}:
            for analyzer in plan.analyzers:
                if analyzer.type in GEO:
                    self.shape(plan, analyzer, value, path, row)

    def container(self, plan: FieldPlan, value: Any, path: str, row: int) -> None:
        """Enter an array or an object.

        Raises:
            ArangoError: 9 for what an inverted index cannot take apart.
        """
        shapes = [analyzer for analyzer in plan.analyzers if analyzer.type in GEO]
        if plan.strict and not shapes:
            _refuse(plan, value, path)
        for analyzer in shapes:
            self.shape(plan, analyzer, value, path, row)
        if type(value) is dict:
            self.object(plan, value, path, row)
            return
        if plan.nested:
            self.nested(plan, value, path, row)
        if plan.arrays and not shapes:
            for place, item in enumerate(value):
                self.value(plan, item, f"{path}[{place}]" if plan.track else path, row)

    def nested(self, plan: FieldPlan, value: list[Any], path: str, row: int) -> None:
        """Give each object of an array a row of its own."""
        inner = FieldPlan(fields=plan.nested)
        for item in value:
            if type(item) is dict and self._objects < _MOST_OBJECTS:
                self._objects += 1
                ordinal = self._objects
                self.mark(Field(path + NESTED, OBJECTS), ordinal, b"", 0, row)
                self.object(inner, item, path + NESTED, ordinal)

    def scalar(self, plan: FieldPlan, value: Any, path: str, row: int) -> None:
        if not plan.indexed:
            return
        if type(value) is str:
            for analyzer in plan.analyzers:
                if analyzer.type not in GEO:
                    self.text(plan, analyzer, value, path, row)
            return
        typed = typed_term(value)
        if typed is not None:
            terms = self._terms(Field(path, typed[0]), row, plan)
            terms.fixed[typed[1]] = (0, 1)
            terms.total += 1

    def text(self, plan: FieldPlan, analyzer: Analyzer, value: str, path: str, row: int) -> None:
        features = analyzer.features
        kind = text_kind(analyzer.name)
        terms = self.found.get((Field(path, kind), row))
        if terms is None:
            terms = self._terms(Field(path, kind), row, plan)
            terms.counts, terms.normed = "frequency" in features, "norm" in features
            terms.places = 3 if "offset" in features else int("position" in features)
        terms.add(value, self._texts(analyze(analyzer, value), plan, path, row))
        if analyzer.type == "wildcard":
            self._whole(analyzer, value, path, row)

    def _whole(self, analyzer: Analyzer, value: str, path: str, row: int) -> None:
        """Keep the texts that become n-grams: patterns are compared with them."""
        inner, texts = analyzer.properties.get("analyzer"), [value]
        if inner is not None:
            made = analyze(Analyzer("", inner["type"], inner["properties"]), value)
            texts = [token.text for token in made]
        where = Field(path, whole_kind(analyzer.name))
        terms = self.found.setdefault((where, row), _Terms(stored=False))
        terms.shapes[len(terms.shapes).to_bytes(4, "big")] = orjson.dumps(texts)

    def _texts(self, tokens: list[Token], plan: FieldPlan, path: str, row: int) -> Iterator[Token]:
        """Yield the tokens that are text; an Analyzer of type aql may return other values."""
        for token in tokens:
            if type(token.text) is str:
                yield token
            else:
                self.scalar(plan, token.text, path, row)

    def shape(self, plan: FieldPlan, analyzer: Analyzer, value: Any, path: str, row: int) -> None:
        """Keep a shape as it is: it is compared with others when it is searched."""
        terms = self._terms(Field(path, text_kind(analyzer.name)), row, plan)
        terms.shapes[shape_term(analyzer, value, len(terms.shapes))] = orjson.dumps(value)
        terms.total += 1

    def _terms(self, where: Field, row: int, plan: FieldPlan) -> _Terms:
        terms = self.found.get((where, row))
        if terms is None:
            terms = self.found[where, row] = _Terms(stored=plan.stored)
        return terms


def _refuse(plan: FieldPlan, value: Any, path: str) -> None:
    """Refuse what ArangoDB refuses in a field that is not a search field."""
    if plan.nested or any(analyzer.type == "aql" for analyzer in plan.analyzers):
        return
    if type(value) is list:
        raise ArangoError(
            _NOT_IMPLEMENTED,
            "Configured analyzer does not accepts arrays and field has no expansion set. Please"
            f" use another analyzer to  process an array or exclude field '{path}' from index"
            " definition or enable expansion",
        )
    if not plan.include_all and not plan.fields:
        raise ArangoError(
            _NOT_IMPLEMENTED,
            "Inverted index does not support indexing objects and configured analyzer does not"
            f" accept objects. Please use another analyzer to process an object or exclude field"
            f" '{path}'  from index definition",
        )


def _inherited(plan: FieldPlan) -> FieldPlan:
    """Return how an attribute is indexed that no definition names."""
    if not plan.fields and not plan.nested and plan.indexed and not plan.absent_is_null:
        return plan
    return FieldPlan(
        analyzers=plan.analyzers,
        include_all=True,
        arrays=plan.arrays,
        track=plan.track,
        stored=plan.stored,
    )


@lru_cache(maxsize=4096)
def _key(where: Field) -> int:
    name = f"{where.path}\x01{where.kind}".encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(name, digest_size=8).digest(), "big", signed=True)
