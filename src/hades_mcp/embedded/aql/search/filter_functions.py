"""Functions in search expressions: each returns the filter its call stands for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from hades_mcp.embedded.analyzers import analyze
from hades_mcp.embedded.aql.nodes import Call, Expression
from hades_mcp.embedded.aql.search.arguments import (
    analyzer,
    argument,
    attribute,
    boolean,
    mismatch,
    number,
    text,
)
from hades_mcp.embedded.aql.search.geo import geo_in_range, geo_relation
from hades_mcp.embedded.aql.search.phrases import phrase
from hades_mcp.embedded.aql.search.scene import NOT_IMPLEMENTED, Scene, bad
from hades_mcp.embedded.aql.search.values import whole_range
from hades_mcp.embedded.aql.search.wildcards import wildcard_like
from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.storage.search.filters import (
    SCORED_TERMS,
    Exists,
    Filter,
    Grams,
    Nothing,
    Or,
    Pattern,
    Prefix,
    Similar,
    Term,
)
from hades_mcp.embedded.storage.search.terms import (
    BOOL,
    NULL,
    NUMBER,
    OBJECTS,
    Field,
    text_kind,
    text_term,
)

if TYPE_CHECKING:
    from hades_mcp.embedded.analyzers import Analyzer

Inner: TypeAlias = Callable[[Expression, Scene], Filter]
"""Turns a search expression inside a call into a filter."""

LEVENSHTEIN_MOST, DAMERAU_MOST = 4, 3
SIMILAR_TERMS, NGRAM_THRESHOLD = 64, 0.7


def _only_search(call: Call, scene: Scene) -> None:
    if not scene.searching:
        raise ArangoError(NOT_IMPLEMENTED, f"{call.name} is supported for SEARCH only")


def _analyzer(call: Call, scene: Scene, inner: Inner) -> Filter:
    """ANALYZER(expression, analyzer)."""
    _only_search(call, scene)
    chosen = analyzer(call, scene, 1)
    return inner(call.arguments[0], replace(scene, analyzer=chosen, analyzer_at=None))


def _boost(call: Call, scene: Scene, inner: Inner) -> Filter:
    """BOOST(expression, factor)."""
    _only_search(call, scene)
    return inner(call.arguments[0], replace(scene, boost=scene.boost * number(call, scene, 1)))


def _exists(call: Call, scene: Scene, _: Inner) -> Filter:
    """EXISTS(attribute[, type[, analyzer]])."""
    path = attribute(call, scene)
    if len(call.arguments) == 1:
        return Exists(path)
    kind = text(call, scene, 1).lower()
    chosen = scene.analyzer_of(path)
    if len(call.arguments) > 2:  # noqa: PLR2004  the third argument
        if kind != "analyzer":
            raise bad(
                f"'{call.name}' AQL function: 3rd argument is intended to be used with"
                " 'analyzer' type only"
            )
        chosen = analyzer(call, scene, 2)
    kinds = {**_KINDS, "analyzer": (text_kind(chosen.name),)}.get(kind)
    if kinds is None:
        raise bad(
            f"'{call.name}' AQL function: 2nd argument must be equal to one of the following:"
            " 'string', 'type', 'analyzer', 'numeric', 'bool', 'boolean', 'null', 'nested',"
            f" but got '{kind}'"
        )
    return Exists(path, kinds)


_KINDS = {
    "string": ("s:",),
    "type": (NULL, BOOL, NUMBER),
    "numeric": (NUMBER,),
    "bool": (BOOL,),
    "boolean": (BOOL,),
    "null": (NULL,),
    "nested": (OBJECTS,),
}


def _in_range(call: Call, scene: Scene, _: Inner) -> Filter:
    """IN_RANGE(attribute, low, high, includeLow, includeHigh)."""
    path = attribute(call, scene)
    inclusive = (boolean(call, scene, 3), boolean(call, scene, 4))
    return whole_range(path, (argument(call, scene, 1), argument(call, scene, 2)), inclusive, scene)


def _min_match(call: Call, scene: Scene, inner: Inner) -> Filter:
    """MIN_MATCH(expression, …, count)."""
    least = int(number(call, scene, len(call.arguments) - 1))
    if least < 0:
        raise _negative(call, len(call.arguments) - 1)
    plain = scene.plain()
    return Or(tuple(inner(each, plain) for each in call.arguments[:-1]), least, scene.boost)


def _starts_with(call: Call, scene: Scene, _: Inner) -> Filter:
    """STARTS_WITH(attribute, prefix or prefixes[, least][, scored])."""
    path = attribute(call, scene)
    given, field = argument(call, scene, 1), scene.text_field(path)
    if isinstance(given, str):
        scored = _count(call, scene, 2, SCORED_TERMS)
        return Prefix(field, scene.boost, text_term(given), scored)
    if not isinstance(given, list) or not all(isinstance(prefix, str) for prefix in given):
        raise bad(f"'{call.name}' AQL function: argument at position '2' is invalid")
    least, scored = _count(call, scene, 2, 1), _count(call, scene, 3, SCORED_TERMS)
    prefixes = tuple(Prefix(field, 1.0, text_term(prefix), scored) for prefix in given)
    return Or(prefixes, least, scene.boost)


def _like(call: Call, scene: Scene, _: Inner) -> Filter:
    """LIKE(attribute, pattern)."""
    if len(call.arguments) != 2:  # noqa: PLR2004  no third one as outside SEARCH
        raise bad(f"'{call.name}' AQL function: Invalid number of arguments passed (expected 2)")
    path, pattern = attribute(call, scene), text(call, scene, 1)
    chosen = scene.analyzer_of(path)
    if chosen.type == "wildcard":
        return wildcard_like(path, pattern, chosen, scene.boost)
    return Pattern(scene.text_field(path, chosen), scene.boost, pattern)


def _levenshtein(call: Call, scene: Scene, _: Inner) -> Filter:
    """LEVENSHTEIN_MATCH(attribute, target, distance[, transpositions, most, prefix])."""
    field = scene.text_field(attribute(call, scene))
    given = len(call.arguments)
    transpositions = boolean(call, scene, 3) if given > 3 else True  # noqa: PLR2004  the 4th
    return Similar(
        field,
        scene.boost,
        text(call, scene, 1),
        edit_distance(call.name, number(call, scene, 2), transpositions=transpositions),
        transpositions,
        _count(call, scene, 4, SIMILAR_TERMS),
        text(call, scene, 5) if given > 5 else "",  # noqa: PLR2004  the 6th
    )


def edit_distance(name: str, given: float, *, transpositions: bool) -> int:
    """Return a distance ArangoDB would look for; 10 for a greater one."""
    distance = int(given)
    if distance < 0:
        raise bad(f"'{name}' AQL function: max distance must be a non-negative number")
    most, kind = (
        (DAMERAU_MOST, "Damerau-Levenshtein")
        if transpositions
        else (LEVENSHTEIN_MOST, "Levenshtein")
    )
    if distance > most:
        raise bad(
            f"'{name}' AQL function: max {kind} distance must be a number in range [0, {most}]"
        )
    return distance


def _ngram_match(call: Call, scene: Scene, _: Inner) -> Filter:
    """NGRAM_MATCH(attribute, target[, threshold][, analyzer])."""
    path, target = attribute(call, scene), text(call, scene, 1)
    threshold, chosen = NGRAM_THRESHOLD, scene.analyzer_of(path)
    if len(call.arguments) == 3:  # noqa: PLR2004  either of the two
        given = argument(call, scene, 2)
        if isinstance(given, str):
            chosen = scene.find_analyzer(given)
        elif isinstance(given, int | float) and not isinstance(given, bool):
            threshold = given
        else:
            raise mismatch(call.name, 2, given, "double' or 'string")
    elif len(call.arguments) > 3:  # noqa: PLR2004  both
        threshold, chosen = number(call, scene, 2), analyzer(call, scene, 3)
    if not 0 < threshold <= 1:
        raise bad(f"'{call.name}' AQL function: threshold must be between 0 and 1")
    if not {"position", "frequency"} <= set(chosen.features):
        return Nothing()
    grams = _tokens(chosen, target)
    return Grams(Field(path, text_kind(chosen.name)), scene.boost, grams, threshold)


def _minhash_match(call: Call, scene: Scene, _: Inner) -> Filter:
    """MINHASH_MATCH(attribute, target, threshold[, analyzer])."""
    path, target = attribute(call, scene), text(call, scene, 1)
    threshold = number(call, scene, 2)
    chosen = analyzer(call, scene, 3) if len(call.arguments) > 3 else scene.analyzer_of(path)  # noqa: PLR2004  the 4th
    if not 0 < threshold <= 1:
        raise bad(f"'{call.name}' AQL function: threshold must be between 0 and 1")
    if chosen.type != "minhash":
        raise bad(f"'{call.name}' AQL function: the analyzer must be of type minhash")
    field = Field(path, text_kind(chosen.name))
    hashes = _tokens(chosen, target)
    least = max(1, -int(-threshold * len(hashes) // 1))
    return Or(tuple(Term(field, 1.0, made) for made in hashes), least, scene.boost)


def _tokens(chosen: Analyzer, value: str) -> tuple[bytes, ...]:
    return tuple(text_term(token.text) for token in analyze(chosen, value))


def _phrase(call: Call, scene: Scene, _: Inner) -> Filter:
    return phrase(call, scene)


def _geo_in_range(call: Call, scene: Scene, _: Inner) -> Filter:
    return geo_in_range(call, scene)


def _geo_relation(call: Call, scene: Scene, _: Inner) -> Filter:
    return geo_relation(call, scene)


def _count(call: Call, scene: Scene, at: int, absent: int) -> int:
    if len(call.arguments) <= at:
        return absent
    count = int(number(call, scene, at))
    if count < 0:
        raise _negative(call, at)
    return count


def _negative(call: Call, at: int) -> Exception:
    return bad(
        f"'{call.name}' AQL function: argument at position '{at + 1}' must be a positive number"
    )


FILTER_FUNCTIONS: dict[str, Callable[[Call, Scene, Inner], Filter]] = {
    "ANALYZER": _analyzer,
    "BOOST": _boost,
    "EXISTS": _exists,
    "GEO_CONTAINS": _geo_relation,
    "GEO_INTERSECTS": _geo_relation,
    "GEO_IN_RANGE": _geo_in_range,
    "IN_RANGE": _in_range,
    "LEVENSHTEIN_MATCH": _levenshtein,
    "LIKE": _like,
    "MINHASH_MATCH": _minhash_match,
    "MIN_MATCH": _min_match,
    "NGRAM_MATCH": _ngram_match,
    "PHRASE": _phrase,
    "STARTS_WITH": _starts_with,
}
