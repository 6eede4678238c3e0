"""Functions ArangoDB has and this engine does not: calling one says so, with error 9."""

from __future__ import annotations

from hades_mcp.embedded.aql.functions.registry import not_implemented

_VIEWS = "it needs an ArangoSearch View"

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
):
    not_implemented(_name, _reason, low=_low, high=_high)
