"""Tokens: what each type of Analyzer makes of a text, with the place of each token.

Source: ArangoDB manual, Analyzers; the order of n-grams and markers as its examples show it.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from hades_mcp.embedded.analyzers.ngrams import edge_ngrams, ngrams, wildcard_ngrams
from hades_mcp.embedded.analyzers.stems import stem
from hades_mcp.embedded.analyzers.words import lower, segments, unaccented, upper, words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hades_mcp.embedded.analyzers.definition import Analyzer

    Properties = dict[str, Any]
    Tokenizer = Callable[[str], list["Token"]]


class Token(NamedTuple):
    """A token and how many places it is after the one before; 0 shares a place."""

    text: str
    step: int = 1


def analyze(analyzer: Analyzer, text: str) -> list[Token]:
    """Return the tokens an Analyzer makes of a text, in order."""
    return _tokenizer(analyzer.type, orjson.dumps(analyzer.properties))(text)


@cache
def _tokenizer(kind: str, properties: bytes) -> Tokenizer:
    return _BUILDERS[kind](orjson.loads(properties))


def _build(definition: Properties) -> Tokenizer:
    return _tokenizer(definition["type"], orjson.dumps(definition["properties"]))


def _normalizer(properties: Properties) -> Callable[[str], str]:
    """Return what maps case and removes accents as the properties ask."""
    locale = properties.get("locale", "en")
    accent = properties.get("accent", True)
    mapped = _MAPPINGS[properties["case"]]
    return lambda text: mapped(text, locale) if accent else unaccented(mapped(text, locale))


_MAPPINGS: dict[str, Callable[[str, str], str]] = {
    "lower": lower,
    "upper": upper,
    "none": lambda text, _: text,
}


def _identity(_: Properties) -> Tokenizer:
    return lambda text: [Token(text)]


def _norm(properties: Properties) -> Tokenizer:
    normalize = _normalizer(properties)
    return lambda text: [Token(normalize(text))]


def _stem(properties: Properties) -> Tokenizer:
    return lambda text: [Token(stem(text, properties["locale"]))]


def _text(properties: Properties) -> Tokenizer:
    locale, normalize = properties["locale"], _normalizer(properties)
    language = locale.partition("_")[0] if properties["stemming"] else ""
    stopwords, edges = frozenset(properties["stopwords"]), properties.get("edgeNgram")

    def tokens(text: str) -> Iterator[Token]:
        for word in words(text, locale):
            normal = normalize(word)
            if normal in stopwords:
                continue
            stemmed = stem(normal, language)
            parts = edge_ngrams(stemmed, edges) if edges else [stemmed]
            yield from (Token(part, int(not place)) for place, part in enumerate(parts))

    return lambda text: list(tokens(text))


def _ngram(properties: Properties) -> Tokenizer:
    return lambda text: [Token(*made) for made in ngrams(text, properties)]


def _delimiter(properties: Properties) -> Tokenizer:
    delimiter = properties["delimiter"]
    quoted = re.compile(rf'"((?:[^"]|"")*)"(?:{re.escape(delimiter)}|$)')

    def tokens(text: str) -> Iterator[Token]:
        position, more = 0, True
        while more:
            if match := quoted.match(text, position):
                yield Token(match[1].replace('""', '"'))
                more = match.end() > match.end(1) + 1
                position = match.end()
            else:
                token, more_after, _ = text[position:].partition(delimiter)
                yield Token(token)
                more = bool(more_after)
                position += len(token) + len(delimiter)

    return lambda text: list(tokens(text))


def _multi_delimiter(properties: Properties) -> Tokenizer:
    longest_first = sorted(properties["delimiters"], key=len, reverse=True)
    if not longest_first:
        return _identity({})
    pattern = re.compile("|".join(map(re.escape, longest_first)))
    return lambda text: [Token(part) for part in pattern.split(text) if part]


def _pipeline(properties: Properties) -> Tokenizer:
    stages = [_build(part) for part in properties["pipeline"]]

    def tokens(text: str) -> list[Token]:
        current = [Token(text)]
        for stage in stages:
            current = [made for token in current for made in _within(token, stage(token.text))]
        return current

    return tokens


def _within(token: Token, made: list[Token]) -> Iterator[Token]:
    """Put the first token a stage makes where the token it was made of was."""
    for place, (text, step) in enumerate(made):
        yield Token(text, step if place else token.step)


def _segmentation(properties: Properties) -> Tokenizer:
    keep, normalize = properties["break"], _normalizer(properties)

    def wanted(piece: str, *, is_word: bool) -> bool:
        return is_word or keep == "all" or (keep == "graphic" and not piece.isspace())

    return lambda text: [
        Token(normalize(piece))
        for piece, is_word in segments(text)
        if wanted(piece, is_word=is_word)
    ]


def _stopwords(properties: Properties) -> Tokenizer:
    listed = properties["stopwords"]
    if properties["hex"]:
        listed = [bytes.fromhex(text).decode("utf-8", "replace") for text in listed]
    dropped = frozenset(listed)
    return lambda text: [] if text in dropped else [Token(text)]


def _wildcard(properties: Properties) -> Tokenizer:
    inner, size = properties.get("analyzer"), properties["ngramSize"]
    first = _build(inner) if inner else _identity({})
    return lambda text: [
        Token(gram) for token in first(text) for gram in wildcard_ngrams(token.text, size)
    ]


_BUILDERS: dict[str, Callable[[Properties], Tokenizer]] = {
    "identity": _identity,
    "norm": _norm,
    "stem": _stem,
    "text": _text,
    "ngram": _ngram,
    "delimiter": _delimiter,
    "multi_delimiter": _multi_delimiter,
    "pipeline": _pipeline,
    "segmentation": _segmentation,
    "stopwords": _stopwords,
    "wildcard": _wildcard,
}
