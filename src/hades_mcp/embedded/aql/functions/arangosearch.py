"""ArangoSearch functions outside search expressions, and OFFSET_INFO().

What makes sense only in SEARCH is refused with ArangoDB's error 9; the matching functions compare
two given texts.

Source: ArangoDB manual, ArangoSearch functions.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NoReturn

from hades_mcp.embedded.analyzers import analyze
from hades_mcp.embedded.aql.functions.arguments import is_number
from hades_mcp.embedded.aql.functions.registry import NOT_IMPLEMENTED, aql_function
from hades_mcp.embedded.aql.functions.text_analysis import analyzer_named
from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.storage.search.highlighting import Limits, Matches
from hades_mcp.embedded.storage.search.similarity import distance_within, longest_sequence
from hades_mcp.embedded.storage.search.terms import text_term

if TYPE_CHECKING:
    from hades_mcp.embedded.aql.context import Context

_BAD_PARAMETER = 10
_THRESHOLD, _BOTH = 0.7, 2
_LEVENSHTEIN_MOST, _DAMERAU_MOST = 4, 3
_NAME = re.compile(r"\[(\d+)\]|([^.\[]+)")


@aql_function("ANALYZER", low=2)
def analyzer(_: Context, value: Any, __: Any) -> Any:
    """Return the first argument: an Analyzer means nothing outside a search expression."""
    return value


@aql_function("BOOST", low=2)
def boost(_: Context, value: Any, __: Any) -> Any:
    """Return the first argument: there is no score to boost."""
    return value


@aql_function("EXISTS", low=1, high=3, deterministic=False)
def exists(_: Context, *__: Any) -> NoReturn:
    """Refuse: what an index holds only SEARCH can tell.

    Raises:
        ArangoError: 9.
    """
    raise _only_in_search()


@aql_function("PHRASE", low=2, high=None, deterministic=False)
def phrase(_: Context, *__: Any) -> NoReturn:
    """Refuse, as EXISTS."""
    raise _only_in_search()


def _only_in_search() -> ArangoError:
    return ArangoError(
        NOT_IMPLEMENTED,
        "ArangoSearch filter functions EXISTS() and PHRASE() are designed to be used only within a"
        " corresponding SEARCH statement of ArangoSearch view. Please ensure function signature is"
        " correct.",
    )


@aql_function("BM25", low=1, high=3, deterministic=False)
def bm25(_: Context, *__: Any) -> NoReturn:
    """Refuse: the loop over a view computes the scores of its own documents.

    Raises:
        ArangoError: 9.
    """
    raise _only_of_a_view()


@aql_function("TFIDF", low=1, high=2, deterministic=False)
def tfidf(_: Context, *__: Any) -> NoReturn:
    """Refuse, as BM25."""
    raise _only_of_a_view()


def _only_of_a_view() -> ArangoError:
    return ArangoError(
        NOT_IMPLEMENTED,
        "ArangoSearch scorer functions BM25() and TFIDF() are designed to be used only outside"
        " SEARCH statement within a context of ArangoSearch view. Please ensure function signature"
        " is correct.",
    )


@aql_function("NGRAM_MATCH", low=2, high=4, deterministic=False, reads_data=True)
def ngram_match(context: Context, value: Any, target: Any, *rest: Any) -> Any:
    """Tell whether a text has a long enough part of a target's n-grams in the same order.

    Raises:
        ArangoError: 10, for an Analyzer that is not there.
    """
    threshold, name = (_THRESHOLD, *rest, None)[:2] if len(rest) < _BOTH else rest
    if not isinstance(value, str) or not isinstance(target, str) or not isinstance(name, str):
        return context.refuse("NGRAM_MATCH")
    if not is_number(threshold) or not 0 < threshold <= 1:
        return context.refuse("NGRAM_MATCH")
    chosen = analyzer_named(context, name, "NGRAM_MATCH")
    grams = [text_term(token.text) for token in analyze(chosen, target)]
    places: dict[bytes, list[int]] = {}
    for position, token in enumerate(analyze(chosen, value)):
        places.setdefault(text_term(token.text), []).append(position)
    return bool(grams) and len(longest_sequence(grams, places)) >= threshold * len(grams)


@aql_function("LEVENSHTEIN_MATCH", low=3, high=6)
def levenshtein_match(
    context: Context,
    value: Any,
    target: Any,
    distance: Any,
    transpositions: Any = True,  # noqa: FBT002  AQL's arguments have places, not names
    most: Any = 64,
    prefix: Any = "",
) -> Any:
    """Tell whether few changes of letters turn one text into another.

    Raises:
        ArangoError: 10 for a distance too great.
    """
    del most  # only an index has terms to choose from
    texts = isinstance(value, str) and isinstance(target, str) and isinstance(prefix, str)
    if not texts or not is_number(distance) or distance < 0 or not isinstance(transpositions, bool):
        return context.refuse("LEVENSHTEIN_MATCH")
    if distance > (_DAMERAU_MOST if transpositions else _LEVENSHTEIN_MOST):
        return context.refuse("LEVENSHTEIN_MATCH")
    if not value.startswith(prefix):
        return False
    rest = value[len(prefix) :]
    found = distance_within(rest, target, int(distance), transpositions=transpositions)
    return found is not None


@aql_function("MINHASH_MATCH", low=4, deterministic=False, reads_data=True)
def minhash_match(context: Context, value: Any, target: Any, threshold: Any, name: Any) -> Any:
    """Tell whether the MinHash signatures of two texts share enough.

    Raises:
        ArangoError: 10, for an Analyzer that is not there or of another type.
    """
    texts = isinstance(value, str) and isinstance(target, str) and isinstance(name, str)
    if not texts or not is_number(threshold) or not 0 < threshold <= 1:
        return context.refuse("MINHASH_MATCH")
    chosen = analyzer_named(context, name, "MINHASH_MATCH")
    if chosen.type != "minhash":
        raise ArangoError(
            _BAD_PARAMETER, "'MINHASH_MATCH' AQL function: the analyzer must be of type minhash"
        )
    one, two = ({token.text for token in analyze(chosen, text)} for text in (value, target))
    return bool(two) and len(one & two) >= threshold * len(two)


@aql_function("OFFSET_INFO", low=2, deterministic=False)
def offset_info(context: Context, found: Any, rules: Any) -> Any:
    """Return where a search matched a document: per path, byte offsets and lengths.

    Raises:
        ArangoError: 9 for a document that no view has found.
    """
    if not isinstance(found, Matches):
        raise ArangoError(
            NOT_IMPLEMENTED,
            "OFFSET_INFO() is designed to be used only within a context of ArangoSearch view.",
        )
    wanted = rules if isinstance(rules, list) else [rules]
    read = [_rule(rule) for rule in wanted]
    if any(rule is None for rule in read):
        return context.refuse("OFFSET_INFO")
    result = []
    for path, limits in (rule for rule in read if rule is not None):
        offsets = found.offsets(path, limits)
        if offsets:
            result.append({"name": _name(path), "offsets": [list(each) for each in offsets]})
    return result


def _rule(rule: Any) -> tuple[str, Limits] | None:
    """Read a path, or an object with a path and limits; None for anything else."""
    if isinstance(rule, str):
        return rule, Limits()
    if not isinstance(rule, dict) or not isinstance(rule.get("name"), str):
        return None
    options = rule.get("options") or {}
    limits = options.get("limits") or {} if isinstance(options, dict) else None
    if not isinstance(limits, dict):
        return None
    counts = {name: limits[name] for name in ("term", "phrase", "ngram") if name in limits}
    if "maxOffsets" in options:
        counts["total"] = options["maxOffsets"]
    if not all(is_number(count) and count >= 0 for count in counts.values()):
        return None
    return rule["name"], Limits(**{name: int(count) for name, count in counts.items()})


def _name(path: str) -> list[str | int]:
    """Split `a.b[1]` into names and places."""
    return [int(place) if place else name for place, name in _NAME.findall(path)]
