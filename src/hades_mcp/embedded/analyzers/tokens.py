"""Tokens: what each type of Analyzer makes of a text, with the place of each token.

Source: ArangoDB manual, Analyzers; the order of n-grams and markers as its examples show it.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from hades_mcp.embedded.analyzers.boundaries import pieces
from hades_mcp.embedded.analyzers.ngrams import edge_ngrams, ngrams, wildcard_ngrams
from hades_mcp.embedded.analyzers.queries import query_tokens
from hades_mcp.embedded.analyzers.signatures import signature
from hades_mcp.embedded.analyzers.stems import stem
from hades_mcp.embedded.analyzers.words import collated, lower, segments, unaccented, upper
from hades_mcp.embedded.values.stopping import watched

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from hades_mcp.embedded.analyzers.definition import Analyzer

    Properties = dict[str, Any]
    Tokenizer = Callable[[str], list["Token"]]

_KNOWN_WORDS = 1 << 15
GEO_TYPES = frozenset({"geojson", "geopoint", "geo_s2"})


class Token(NamedTuple):
    """A token and where it was found.

    Attributes:
        text: The term: text, but a number or boolean from an Analyzer of type aql whose
            `returnType` says so.
        step: How many positions it is after the token before; 0 shares a position. The first
            token's position is the sum before it, minus one.
        start: Where it begins in the UTF-8 bytes of the analyzed text.
        end: Where it ends in them.
    """

    text: Any
    step: int = 1
    start: int = 0
    end: int = 0


def analyze(analyzer: Analyzer, text: str) -> list[Token]:
    """Return the tokens an Analyzer makes of a text, in order.

    Those of the types geojson, geo_s2 and geopoint make none of a text: searches compare shapes.

    Raises:
        ArangoError: An Analyzer of type aql whose query fails.
    """
    return _tokenizer(analyzer.type, orjson.dumps(analyzer.properties))(text)


@lru_cache(maxsize=1024)
def _tokenizer(kind: str, properties: bytes) -> Tokenizer:
    return _BUILDERS[kind](orjson.loads(properties))


def _build(definition: Properties) -> Tokenizer:
    return _tokenizer(definition["type"], orjson.dumps(definition["properties"]))


def _size(text: str) -> int:
    """Return the length of a text in bytes."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def _whole(made: str, text: str) -> list[Token]:
    return [Token(made, 1, 0, _size(text))]


def _placed(parts: Iterable[tuple[str, bool]]) -> Iterator[tuple[str, int, int]]:
    """Yield the wanted ones of the consecutive parts of a text, each with its place in bytes."""
    start = 0
    for part, wanted in watched(parts):
        end = start + _size(part)
        if wanted:
            yield part, start, end
        start = end


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
    return lambda text: _whole(text, text)


def _norm(properties: Properties) -> Tokenizer:
    normalize = _normalizer(properties)
    return lambda text: _whole(normalize(text), text)


def _stem(properties: Properties) -> Tokenizer:
    return lambda text: _whole(stem(text, properties["locale"]), text)


def _collation(properties: Properties) -> Tokenizer:
    return lambda text: _whole(collated(text, properties["locale"]), text)


def _text(properties: Properties) -> Tokenizer:
    locale, normalize = properties["locale"], _normalizer(properties)
    language = locale.partition("_")[0] if properties["stemming"] else ""
    stopwords, edges = frozenset(properties["stopwords"]), properties.get("edgeNgram")

    @lru_cache(maxsize=_KNOWN_WORDS)  # few words make most of any text, and stemming is slow
    def parts_of(word: str) -> tuple[str, ...]:
        normal = normalize(word)
        if normal in stopwords:
            return ()
        stemmed = stem(normal, language)
        return tuple(edge_ngrams(stemmed, edges)) if edges else (stemmed,)

    def tokens(text: str) -> Iterator[Token]:
        for word, start, end in _placed(segments(text, locale)):
            for place, part in enumerate(parts_of(word)):
                until = min(end, start + _size(part)) if edges else end
                yield Token(part, int(not place), start, until)

    return lambda text: list(tokens(text))


def _ngram(properties: Properties) -> Tokenizer:
    return lambda text: [Token(*made) for made in watched(ngrams(text, properties))]


def _delimiter(properties: Properties) -> Tokenizer:
    delimiter = properties["delimiter"]
    if not delimiter:
        return lambda text: _whole(text, text)
    quoted = re.compile(rf'"((?:[^"]|"")*)"(?:{re.escape(delimiter)}|$)')

    def parts(text: str) -> Iterator[tuple[str, int, int]]:
        position, more = 0, True
        while more:
            if match := quoted.match(text, position):
                yield match[1].replace('""', '"'), position, match.end(1) + 1
                more = match.end() > match.end(1) + 1
                position = match.end()
            else:
                end = text.find(delimiter, position)
                more = end >= 0
                token = text[position:end] if more else text[position:]
                yield token, position, position + len(token)
                position += len(token) + len(delimiter)

    return lambda text: _in_bytes(text, parts(text))


def _in_bytes(text: str, parts: Iterable[tuple[str, int, int]]) -> list[Token]:
    """Return tokens of parts whose places are counted in letters."""
    if text.isascii():
        return [Token(part, 1, start, end) for part, start, end in watched(parts)]
    made, letters, size = [], 0, 0
    for part, start, end in watched(parts):
        begun = size + _size(text[letters:start])
        letters, size = end, begun + _size(text[start:end])
        made.append(Token(part, 1, begun, size))
    return made


def _multi_delimiter(properties: Properties) -> Tokenizer:
    longest_first = sorted(properties["delimiters"], key=len, reverse=True)
    if not longest_first:
        return _identity({})
    pattern = re.compile("|".join(map(re.escape, longest_first)))

    def parts(text: str) -> Iterator[tuple[str, bool]]:
        position = 0
        for match in pattern.finditer(text):
            yield text[position : match.start()], match.start() > position
            yield match[0], False
            position = match.end()
        yield text[position:], position < len(text)

    return lambda text: [Token(part, 1, start, end) for part, start, end in _placed(parts(text))]


def _pipeline(properties: Properties) -> Tokenizer:
    stages = [_build(part) for part in properties["pipeline"]]

    def tokens(text: str) -> list[Token]:
        current = [Token(text, 1, 0, _size(text))]
        for stage in stages:
            current = list(_staged(current, stage))
        return current

    return tokens


def _staged(tokens: list[Token], stage: Tokenizer) -> Iterator[Token]:
    """Yield what a stage makes of the tokens of the one before.

    The first token it makes of one is where that one was; a token that gives none leaves its place
    empty. Places in the text are counted on from the token's own, and end where it ends.
    """
    waiting = 0
    for token in watched(tokens):
        waiting += token.step
        length = _size(token.text) if isinstance(token.text, str) else 0
        made = stage(token.text) if isinstance(token.text, str) else [token._replace(step=1)]
        for place, (text, step, start, end) in enumerate(made):
            last = token.end if end >= length else min(token.end, token.start + end)
            yield Token(text, waiting if place == 0 else step, min(token.start + start, last), last)
            waiting = 0


def _segmentation(properties: Properties) -> Tokenizer:
    wanted, mapped = _WANTED[properties["break"]], _PLAIN[properties["case"]]

    def tokens(text: str) -> list[Token]:
        parts = ((piece, wanted(piece)) for piece in pieces(text))
        return [Token(mapped(part), 1, start, end) for part, start, end in _placed(parts)]

    return tokens


_PLAIN: dict[str, Callable[[str], str]] = {
    "lower": str.lower,
    "upper": str.upper,
    "none": lambda text: text,
}
# what the manual lists as white space; line breaks are not among them
_WHITE = frozenset("\t \x85\xa0\u1680\u2000\u2028\u202f\u205f\u3000")
_WANTED: dict[str, Callable[[str], bool]] = {
    "all": lambda _: True,
    "graphic": lambda piece: not _WHITE.issuperset(piece),
    "alpha": lambda piece: any(unicodedata.category(letter)[0] in "LN" for letter in piece),
}


def _stopwords(properties: Properties) -> Tokenizer:
    listed = properties["stopwords"]
    if properties["hex"]:
        listed = [bytes.fromhex(text).decode("utf-8", "replace") for text in listed]
    dropped = frozenset(listed)
    return lambda text: [] if text in dropped else _whole(text, text)


def _wildcard(properties: Properties) -> Tokenizer:
    inner, size = properties.get("analyzer"), properties["ngramSize"]
    first = _build(inner) if inner else _identity({})
    return lambda text: [
        Token(gram, 1, token.start, token.end)
        for token in watched(first(text))
        for gram in wildcard_ngrams(token.text, size)
    ]


def _minhash(properties: Properties) -> Tokenizer:
    inner, count = _build(properties["analyzer"]), properties["numHashes"]

    def tokens(text: str) -> list[Token]:
        hashes = signature((token.text for token in inner(text)), count)
        return [Token(made, int(not place), 0, _size(text)) for place, made in enumerate(hashes)]

    return tokens


def _aql(properties: Properties) -> Tokenizer:
    step = int(not properties["collapsePositions"])

    def tokens(text: str) -> list[Token]:
        made, end = query_tokens(properties, text), _size(text)
        return [Token(value, step if place else 1, 0, end) for place, value in enumerate(made)]

    return tokens


def _shape(_: Properties) -> Tokenizer:
    return lambda _: []


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
    "collation": _collation,
    "minhash": _minhash,
    "aql": _aql,
    **dict.fromkeys(GEO_TYPES, _shape),
}
