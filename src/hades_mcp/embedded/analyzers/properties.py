"""Properties of each type of Analyzer: checked and completed as ArangoDB does.

Source: ArangoDB manual, Analyzers (types, their properties and defaults).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hades_mcp.embedded.analyzers.geo_properties import GEO_PROPERTIES
from hades_mcp.embedded.analyzers.queries import check_query
from hades_mcp.embedded.analyzers.reading import (
    Properties,
    choice,
    flag,
    language,
    locale,
    size,
    text,
    texts,
    wrong,
)
from hades_mcp.embedded.errors import ArangoError

if TYPE_CHECKING:
    from collections.abc import Callable

_BAD_PARAMETER, _NOT_IMPLEMENTED = 10, 9
_NEED_MODELS = frozenset({"classification", "nearest_neighbors"})
_MOST_MEMORY, _LARGEST_BATCH, _FEWEST_LETTERS = 33554432, 1000, 2


def complete(kind: object, properties: object) -> Properties:
    """Return the properties of a type with its defaults filled in.

    Raises:
        ArangoError: 10 for what makes no sense, 9 for a type that is not built.
    """
    given = {} if properties is None else properties
    if not isinstance(given, dict):
        raise ArangoError(_BAD_PARAMETER, "analyzer properties must be an object")
    check = _TYPES.get(kind) if isinstance(kind, str) else None
    if check is None:
        if kind in _NEED_MODELS:
            message = f"not implemented: analyzer type '{kind}' needs a fastText model"
            raise ArangoError(_NOT_IMPLEMENTED, message)
        raise ArangoError(_BAD_PARAMETER, f"invalid analyzer type: {kind!r}")
    return check(given)


def _case(given: Properties, default: str) -> str:
    return choice(given, "case", default, *({"none", "lower", "upper"} - {default}))


def _identity(_: Properties) -> Properties:
    return {}


def _norm(given: Properties) -> Properties:
    accent = flag(given, "accent", default=True)
    return {"locale": locale(given), "case": _case(given, "none"), "accent": accent}


def _stem(given: Properties) -> Properties:
    return {"locale": language(given)}


def _collation(given: Properties) -> Properties:
    return {"locale": locale(given)}


def _text_type(given: Properties) -> Properties:
    if "stopwordsPath" in given:
        raise ArangoError(_NOT_IMPLEMENTED, "not implemented: analyzer property 'stopwordsPath'")
    properties: Properties = {
        "locale": locale(given),
        "case": _case(given, "lower"),
        "stopwords": texts(given, "stopwords"),
        "accent": flag(given, "accent", default=False),
        "stemming": flag(given, "stemming", default=True),
    }
    if (edges := given.get("edgeNgram")) is not None:
        if not isinstance(edges, dict):
            raise wrong("edgeNgram", "an object")
        sizes = {name: size(edges, name) for name in ("min", "max") if name in edges}
        preserve = flag(edges, "preserveOriginal", default=False)
        properties["edgeNgram"] = {**sizes, "preserveOriginal": preserve}
    return properties


def _ngram(given: Properties) -> Properties:
    if not isinstance(given.get("preserveOriginal"), bool):
        raise wrong("preserveOriginal", "a boolean")
    smallest, largest = size(given, "min"), size(given, "max")
    return {
        "min": smallest,
        "max": max(smallest, largest),
        "preserveOriginal": given["preserveOriginal"],
        "streamType": choice(given, "streamType", "binary", "utf8"),
        "startMarker": text(given, "startMarker", ""),
        "endMarker": text(given, "endMarker", ""),
    }


def _delimiter(given: Properties) -> Properties:
    if not text(given, "delimiter"):
        raise wrong("delimiter", "a string that is not empty")
    return {"delimiter": given["delimiter"]}


def _multi_delimiter(given: Properties) -> Properties:
    delimiters = texts(given, "delimiters")
    if not all(delimiters):
        raise wrong("delimiters", "an array of strings that are not empty")
    for one in delimiters:
        if any(other.startswith(one) for other in delimiters if other != one):
            raise wrong("delimiters", f"strings of which none begins another, unlike {one!r}")
    return {"delimiters": delimiters}


def _part(given: object, name: str) -> Properties:
    """Return the definition of an Analyzer inside another one."""
    if not isinstance(given, dict):
        raise wrong(name, "an object with a type and properties")
    kind = given.get("type")
    if kind in GEO_PROPERTIES:
        raise wrong(name, f"of another type than {kind!r}, which takes document fields alone")
    return {"type": kind, "properties": complete(kind, given.get("properties"))}


def _pipeline(given: Properties) -> Properties:
    parts = given.get("pipeline")
    if not isinstance(parts, list) or not parts:
        raise wrong("pipeline", "an array of objects, each with a type and properties")
    return {"pipeline": [_part(part, "pipeline") for part in parts]}


def _segmentation(given: Properties) -> Properties:
    parts = choice(given, "break", "alpha", "all", "graphic")
    return {"case": _case(given, "lower"), "break": parts}


def _stopwords(given: Properties) -> Properties:
    hexadecimal = flag(given, "hex", default=False)
    listed = texts(given, "stopwords")
    try:
        if hexadecimal:
            [bytes.fromhex(item) for item in listed]
    except ValueError as error:
        raise wrong("stopwords", "hexadecimal where 'hex' is true") from error
    return {"stopwords": listed, "hex": hexadecimal}


def _wildcard(given: Properties) -> Properties:
    properties: Properties = {"ngramSize": size(given, "ngramSize", low=_FEWEST_LETTERS)}
    if (inner := given.get("analyzer")) is not None:
        properties["analyzer"] = _part(inner, "analyzer")
    return properties


def _minhash(given: Properties) -> Properties:
    return {
        "analyzer": _part(given.get("analyzer"), "analyzer"),
        "numHashes": size(given, "numHashes"),
    }


def _aql(given: Properties) -> Properties:
    query = text(given, "queryString")
    memory = size(given, "memoryLimit", 1048576)
    batch = size(given, "batchSize", 1)
    if memory > _MOST_MEMORY:
        raise wrong("memoryLimit", f"at most {_MOST_MEMORY}")
    if batch > _LARGEST_BATCH:
        raise wrong("batchSize", f"at most {_LARGEST_BATCH}")
    properties: Properties = {
        "queryString": query,
        "collapsePositions": flag(given, "collapsePositions", default=False),
        "keepNull": flag(given, "keepNull", default=True),
        "batchSize": batch,
        "memoryLimit": memory,
        "returnType": choice(given, "returnType", "string", "number", "bool"),
    }
    check_query(query)
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
    "collation": _collation,
    "minhash": _minhash,
    "aql": _aql,
    **GEO_PROPERTIES,
}
