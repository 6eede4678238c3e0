"""Functions ArangoDB has and this engine does not: calling one says so, with error 9."""

from __future__ import annotations

from hades_mcp.embedded.aql.functions.registry import not_implemented

_VIEWS = "it needs an ArangoSearch View"
_GEO_INDEX = "it is deprecated and needs a geo index; use GEO_DISTANCE() or GEO_CONTAINS()"

for _name, _low, _high, _reason in (
    ("ANALYZER", 2, 2, _VIEWS),
    ("BOOST", 2, 2, _VIEWS),
    ("EXISTS", 1, 3, _VIEWS),
    ("PHRASE", 2, None, _VIEWS),
    ("BM25", 1, 3, _VIEWS),
    ("TFIDF", 1, 2, _VIEWS),
    ("OFFSET_INFO", 2, 2, _VIEWS),
    ("NGRAM_MATCH", 2, 4, _VIEWS),
    ("LEVENSHTEIN_MATCH", 3, 6, _VIEWS),
    ("MINHASH_MATCH", 4, 4, _VIEWS),
    ("SCHEMA_VALIDATE", 2, 2, "documents are not validated against schemas"),
    ("FULLTEXT", 3, 4, "it is deprecated and needs a fulltext index"),
    ("NEAR", 3, 5, _GEO_INDEX),
    ("WITHIN", 4, 5, _GEO_INDEX),
    ("WITHIN_RECTANGLE", 5, 5, _GEO_INDEX),
):
    not_implemented(_name, _reason, low=_low, high=_high)
