"""PHRASE(): words and what may stand for words, with the tokens between them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.analyzers import analyze
from hades_mcp.embedded.aql.search.arguments import analyzer, argument, attribute
from hades_mcp.embedded.aql.search.scene import bad
from hades_mcp.embedded.storage.search.filters import (
    Filter,
    Nothing,
    Part,
    Pattern,
    Phrase,
    Prefix,
    Range,
    Similar,
    Term,
    Terms,
)
from hades_mcp.embedded.storage.search.terms import Field, text_kind, text_term

if TYPE_CHECKING:
    from collections.abc import Callable

    from hades_mcp.embedded.analyzers import Analyzer
    from hades_mcp.embedded.aql.nodes import Call
    from hades_mcp.embedded.aql.search.scene import Scene
    from hades_mcp.embedded.storage.search.words import Words

_NAME = "PHRASE"
_PLACES = 2**64  # ArangoDB counts places without a sign, and so before the first is far behind
_ENDS = 4  # arguments of a range: two ends, and whether each belongs to it


def phrase(call: Call, scene: Scene) -> Filter:
    """Return the filter for PHRASE(attribute, part[, skip, part…][, analyzer])."""
    path = attribute(call, scene)
    given = len(call.arguments)
    if given % 2:
        given -= 1
        chosen = analyzer(call, scene, given)
    else:
        chosen = scene.analyzer_of(path)
    collector = _Collector(Field(path, text_kind(chosen.name)), chosen)
    collector.read([argument(call, scene, at) for at in range(1, given)])
    if not collector.words or not {"position", "frequency"} <= set(chosen.features):
        return Nothing()
    return Phrase(collector.where, collector.parts(), scene.boost)


@dataclass(slots=True)
class _Collector:
    """The parts of a phrase so far."""

    where: Field
    analyzer: Analyzer
    words: dict[int, Words] = field(default_factory=dict)
    gap: int = 0

    def parts(self) -> tuple[Part, ...]:
        """Return the parts in order; where two fall on one place the later one stands."""
        places = sorted(self.words)
        return tuple(Part(self.words[place], _signed(place - places[0])) for place in places)

    def read(self, values: list[Any], *, inside: bool = False) -> None:
        """Take parts and the numbers between them; in an array the numbers may be left out."""
        after_part = False
        for at, value in enumerate(values):
            if after_part and _is_number(value):
                self.gap += int(value)
                after_part = False
                continue
            if after_part and not inside:
                raise _unreadable(at + 1, "as an offset")
            self.part(value, at + 1, inside=inside)
            after_part = True
        if values and not after_part:
            raise _unreadable(len(values), "as a value")

    def part(self, value: Any, at: int, *, inside: bool) -> None:
        match value:
            case str():
                for token in analyze(self.analyzer, value):
                    self.add(Term(self.where, 1.0, text_term(token.text)))
            case []:
                pass  # skipped; the numbers around it add up
            case list() if inside:
                self.add(Terms(self.where, 1.0, self.tokens(value, at)))
            case list():
                self.read(value, inside=True)
            case dict() if value:
                name, given = next(iter(value.items()))
                make = _OBJECTS.get(name.upper())
                if make is None:
                    raise bad(f"'{_NAME}' AQL function: Unknown '{name}' at position '{at}'")
                self.add(make(self.where, given, at))
            case _:
                raise _unreadable(at, "as a value")

    def tokens(self, values: list[Any], at: int) -> tuple[bytes, ...]:
        if not all(isinstance(value, str) for value in values):
            raise _unreadable(at, "as a value")
        made = (token.text for value in values for token in analyze(self.analyzer, value))
        return tuple(dict.fromkeys(map(text_term, made)))

    def add(self, words: Words) -> None:
        place = max(self.words) + 1 if self.words else 0
        self.words[(place + self.gap) % _PLACES] = words
        self.gap = 0


def _signed(place: int) -> int:
    return place if place < _PLACES // 2 else place - _PLACES


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _unreadable(at: int, what: str) -> Exception:
    return bad(f"'{_NAME}' AQL function: Unable to parse argument at position {at} {what}")


def _one_text(given: Any, name: str, at: int) -> str:
    value = given[0] if isinstance(given, list) and len(given) == 1 else given
    if isinstance(value, str):
        return value
    raise bad(f"'{name}' AQL function: a string is expected (in '{_NAME}' at position '{at}')")


def _list(given: Any, name: str, at: int) -> list[Any]:
    if isinstance(given, list) and given:
        return given
    raise bad(f"'{_NAME}' AQL function: '{name}' arguments must be in an array at position '{at}'")


def _term(where: Field, given: Any, at: int) -> Words:
    return Term(where, 1.0, text_term(_one_text(given, "TERM", at)))


def _starts_with(where: Field, given: Any, at: int) -> Words:
    return Prefix(where, 1.0, text_term(_one_text(given, "STARTS_WITH", at)))


def _wildcard(where: Field, given: Any, at: int) -> Words:
    return Pattern(where, 1.0, _one_text(given, "WILDCARD", at))


def _terms(where: Field, given: Any, at: int) -> Words:
    words = [_one_text(word, "TERMS", at) for word in _list(given, "TERMS", at)]
    return Terms(where, 1.0, tuple(map(text_term, words)))


def _levenshtein(where: Field, given: Any, at: int) -> Words:
    values = _list(given, "LEVENSHTEIN_MATCH", at)
    rest: tuple[Any, ...] = _DEFAULTS[max(0, len(values) - _FEWEST) :]
    target, distance, transpositions, most, prefix = (*values, *rest, None)[:_MOST]
    if (
        not _FEWEST <= len(values) <= _MOST
        or not isinstance(target, str)
        or not isinstance(prefix, str)
        or not isinstance(transpositions, bool)
        or not _is_number(distance)
        or not _is_number(most)
        or not 0 <= distance <= (3 if transpositions else 4)
    ):
        raise bad(
            "'LEVENSHTEIN_MATCH' AQL function: invalid arguments"
            f" (in '{_NAME}' AQL function at position '{at}')"
        )
    return Similar(where, 1.0, target, int(distance), transpositions, int(most), prefix)


_DEFAULTS = (True, 64, "")
_FEWEST, _MOST = 2, 5  # arguments of LEVENSHTEIN_MATCH


def _in_range(where: Field, given: Any, at: int) -> Words:
    values = _list(given, "IN_RANGE", at)
    if (
        len(values) != _ENDS
        or not all(isinstance(end, str) for end in values[:2])
        or not all(isinstance(included, bool) for included in values[2:])
    ):
        raise bad(
            "'IN_RANGE' AQL function: invalid arguments"
            f" (in '{_NAME}' AQL function at position '{at}')"
        )
    low, high, with_low, with_high = values
    return Range(where, 1.0, text_term(low), with_low, text_term(high), with_high)


_OBJECTS: dict[str, Callable[[Field, Any, int], Words]] = {
    "TERM": _term,
    "STARTS_WITH": _starts_with,
    "WILDCARD": _wildcard,
    "LEVENSHTEIN_MATCH": _levenshtein,
    "TERMS": _terms,
    "IN_RANGE": _in_range,
}
