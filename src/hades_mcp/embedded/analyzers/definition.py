"""Definitions of Analyzers: checked and completed as ArangoDB does, and the built-in ones.

Source: ArangoDB manual, Analyzers (types, their properties and defaults).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.analyzers.stems import ALGORITHMS
from hades_mcp.embedded.errors import ArangoError

if TYPE_CHECKING:
    from collections.abc import Callable

    Properties = dict[str, Any]

_BAD_PARAMETER, _NOT_IMPLEMENTED = 10, 9
FEATURES = ("frequency", "position", "norm", "offset")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,253}")
_LOCALE = re.compile(r"([A-Za-z]{2,3})(?:[_-]([A-Za-z]{2,4}))?(?:[.@].*)?")
_ELSEWHERE = frozenset(
    {
        *("aql", "classification", "collation", "geo_s2", "geojson", "geopoint", "minhash"),
        "nearest_neighbors",
    }
)


@dataclass(frozen=True, slots=True)
class Analyzer:
    """One Analyzer, complete.

    Attributes:
        name: Without the database in front.
        type: identity, text, norm, stem, ngram, delimiter, ...
        properties: What the type takes, every default filled in.
        features: What an index keeps of its tokens.
    """

    name: str
    type: str
    properties: dict[str, Any] = field(default_factory=dict)
    features: tuple[str, ...] = ()


def define(definition: dict[str, Any]) -> Analyzer:
    """Check and complete a definition: name, type, properties, features.

    Raises:
        ArangoError: 10 for what makes no sense, 9 for a type that is not built.
    """
    name = definition.get("name")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ArangoError(
            _BAD_PARAMETER,
            "invalid characters in analyzer name: a letter, then letters, digits, '_' or '-'",
        )
    kind = definition.get("type")
    return Analyzer(
        name,
        str(kind),
        complete(kind, definition.get("properties")),
        check_features(definition.get("features")),
    )


def complete(kind: object, properties: object) -> Properties:
    """Return the properties of a type with its defaults filled in; raises as `define`."""
    given = {} if properties is None else properties
    if not isinstance(given, dict):
        raise ArangoError(_BAD_PARAMETER, "analyzer properties must be an object")
    check = _TYPES.get(kind) if isinstance(kind, str) else None
    if check is None:
        if kind in _ELSEWHERE:
            raise ArangoError(_NOT_IMPLEMENTED, f"not implemented: analyzer type '{kind}'")
        raise ArangoError(_BAD_PARAMETER, f"invalid analyzer type: {kind!r}")
    return check(given)


def check_features(given: object) -> tuple[str, ...]:
    """Return features in ArangoDB's order; 10 for unknown ones and what another one lacks."""
    if given is None:
        return ()
    if not isinstance(given, list) or any(name not in FEATURES for name in given):
        raise ArangoError(_BAD_PARAMETER, f"analyzer features must be among {', '.join(FEATURES)}")
    for name, needed in (("position", "frequency"), ("offset", "position")):
        if name in given and needed not in given:
            raise ArangoError(
                _BAD_PARAMETER,
                f"missing feature '{needed}' required when '{name}' feature is specified",
            )
    return tuple(name for name in FEATURES if name in given)


# ------------------------------------------------------------------ properties


def _wrong(name: str, wanted: str) -> ArangoError:
    return ArangoError(_BAD_PARAMETER, f"analyzer property '{name}' must be {wanted}")


def _flag(given: Properties, name: str, *, default: bool) -> bool:
    value = given.get(name, default)
    if not isinstance(value, bool):
        raise _wrong(name, "a boolean")
    return value


def _text(given: Properties, name: str, default: str | None = None) -> str:
    value = given.get(name, default)
    if not isinstance(value, str):
        raise _wrong(name, "a string")
    return value


def _choice(given: Properties, name: str, default: str, *others: str) -> str:
    value = _text(given, name, default)
    if value not in (default, *others):
        raise _wrong(name, f"one of {', '.join((default, *others))}")
    return value


def _size(given: Properties, name: str) -> int:
    value = given.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise _wrong(name, "a positive integer")
    return value


def _texts(given: Properties, name: str) -> list[str]:
    value = given.get(name, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise _wrong(name, "an array of strings")
    return value


def _locale(given: Properties) -> str:
    match = _LOCALE.fullmatch(_text(given, "locale"))
    if match is None:
        raise _wrong("locale", "a language code such as 'en' or 'en_US'")
    language, country = match.groups()
    return language.lower() + (f"_{country.upper()}" if country else "")


def _stem_locale(given: Properties) -> str:
    """Return the language alone: the country makes no difference to stems."""
    language = _locale(given).partition("_")[0]
    if language not in ALGORITHMS:
        raise _wrong("locale", "a language with a Snowball stemmer")
    return language


def _case(given: Properties, default: str) -> str:
    return _choice(given, "case", default, *({"none", "lower", "upper"} - {default}))


def _identity(_: Properties) -> Properties:
    return {}


def _norm(given: Properties) -> Properties:
    accent = _flag(given, "accent", default=True)
    return {"locale": _locale(given), "case": _case(given, "none"), "accent": accent}


def _stem(given: Properties) -> Properties:
    return {"locale": _stem_locale(given)}


def _text_type(given: Properties) -> Properties:
    if "stopwordsPath" in given:
        raise ArangoError(_NOT_IMPLEMENTED, "not implemented: analyzer property 'stopwordsPath'")
    properties: Properties = {
        "locale": _locale(given),
        "case": _case(given, "lower"),
        "stopwords": _texts(given, "stopwords"),
        "accent": _flag(given, "accent", default=False),
        "stemming": _flag(given, "stemming", default=True),
    }
    if (edges := given.get("edgeNgram")) is not None:
        if not isinstance(edges, dict):
            raise _wrong("edgeNgram", "an object")
        sizes = {name: _size(edges, name) for name in ("min", "max") if name in edges}
        preserve = _flag(edges, "preserveOriginal", default=False)
        properties["edgeNgram"] = {**sizes, "preserveOriginal": preserve}
    return properties


def _ngram(given: Properties) -> Properties:
    if not isinstance(given.get("preserveOriginal"), bool):
        raise _wrong("preserveOriginal", "a boolean")
    smallest, largest = _size(given, "min"), _size(given, "max")
    return {
        "min": smallest,
        "max": max(smallest, largest),
        "preserveOriginal": given["preserveOriginal"],
        "streamType": _choice(given, "streamType", "binary", "utf8"),
        "startMarker": _text(given, "startMarker", ""),
        "endMarker": _text(given, "endMarker", ""),
    }


def _delimiter(given: Properties) -> Properties:
    if not _text(given, "delimiter"):
        raise _wrong("delimiter", "a string that is not empty")
    return {"delimiter": given["delimiter"]}


def _multi_delimiter(given: Properties) -> Properties:
    delimiters = _texts(given, "delimiters")
    if not all(delimiters):
        raise _wrong("delimiters", "an array of strings that are not empty")
    return {"delimiters": delimiters}


def _pipeline(given: Properties) -> Properties:
    parts = given.get("pipeline")
    if not isinstance(parts, list) or not parts or not all(isinstance(p, dict) for p in parts):
        raise _wrong("pipeline", "an array of objects, each with a type and properties")
    return {
        "pipeline": [
            {"type": part.get("type"), "properties": complete(part.get("type"), _given(part))}
            for part in parts
        ]
    }


def _given(part: Properties) -> object:
    return part.get("properties")


def _segmentation(given: Properties) -> Properties:
    parts = _choice(given, "break", "alpha", "all", "graphic")
    return {"break": parts, "case": _case(given, "lower")}


def _stopwords(given: Properties) -> Properties:
    hexadecimal = _flag(given, "hex", default=False)
    texts = _texts(given, "stopwords")
    try:
        if hexadecimal:
            [bytes.fromhex(text) for text in texts]
    except ValueError as error:
        raise _wrong("stopwords", "hexadecimal where 'hex' is true") from error
    return {"stopwords": texts, "hex": hexadecimal}


def _wildcard(given: Properties) -> Properties:
    properties: Properties = {"ngramSize": _size(given, "ngramSize")}
    if (inner := given.get("analyzer")) is not None:
        if not isinstance(inner, dict):
            raise _wrong("analyzer", "an object with a type and properties")
        completed = complete(inner.get("type"), inner.get("properties"))
        properties["analyzer"] = {"type": inner.get("type"), "properties": completed}
    return properties


_TYPES: dict[str, Callable[[Properties], Properties]] = {
    "identity": _identity,
    "norm": _norm,
    "stem": _stem,
    "text": _text_type,
    "ngram": _ngram,
    "delimiter": _delimiter,
    "multi_delimiter": _multi_delimiter,
    "pipeline": _pipeline,
    "segmentation": _segmentation,
    "stopwords": _stopwords,
    "wildcard": _wildcard,
}


def _language(locale: str) -> Analyzer:
    properties = {
        "locale": locale,
        "case": "lower",
        "stopwords": [],
        "accent": False,
        "stemming": locale != "zh",
    }
    return Analyzer(f"text_{locale}", "text", properties, ("frequency", "position", "norm"))


BUILT_IN: dict[str, Analyzer] = {
    "identity": Analyzer("identity", "identity", {}, ("frequency", "norm")),
    **{
        f"text_{locale}": _language(locale)
        for locale in ("de", "en", "es", "fi", "fr", "it", "nl", "no", "pt", "ru", "sv", "zh")
    },
}
