"""Reads what a search shows of documents, and which documents passages belong to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from hades_mcp.services.layout import CHUNKS, DOCUMENTS
from hades_mcp.services.statements import rows

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from arango.database import StandardDatabase

    from hades_mcp.services.search.filters import Filter
    from hades_mcp.vectors.base import Hit

# people add documents of their own shape
DOCUMENT = """{
  id: d._id, title: TO_STRING(NOT_NULL(d.title, d.name, d._key)), kind: d.kind, path: d.source,
  line: d.line, evidence: d.evidence, text: LEFT(TO_STRING(d.text), 2000)
}"""
"""What is shown of the document in the variable `d`."""

_SHOWN = f"""
FOR p IN UNION(
  (FOR c IN @@chunks FILTER c._key IN @passages
    RETURN {{passage: c._id, document: c.document, text: c.text}}),
  (FOR key IN @titles RETURN {{passage: CONCAT("documents/", key), document: key}})
)
  LET d = DOCUMENT("documents", p.document)
  FILTER d != null
  RETURN MERGE({DOCUMENT}, {{passage: p.passage}}, p.text == null ? {{}} : {{text: p.text}})
"""
_CHUNK = re.compile(r"(.+)-[0-9]+")
"""A key as `planning.chunk_keys` makes them, and the document's in it."""

_HOMES = "FOR c IN @@chunks FILTER c._key IN @keys RETURN [c._key, c.document]"
_PASSING = "FOR d IN @@documents FILTER d._key IN @keys {conditions} RETURN d._id"


def shown(db: StandardDatabase, passages: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return, for each of some passages, its document's row.

    Args:
        db: The database.
        passages: `_id`s of chunks and documents. One may have gone since: it is left out.
    """
    chunks, titles = _split(passages)
    found = rows(db, _SHOWN, {"@chunks": CHUNKS, "passages": chunks, "titles": titles})
    return {row["passage"]: row for row in found}


def homes(db: StandardDatabase, rankings: Iterable[Iterable[Hit]]) -> dict[str, str]:
    """Return the `_id` of the document that each passage of some rankings belongs to.

    Their keys say so; only chunks that people have stored under keys of their own are looked up.
    """
    found: dict[str, str] = {}
    unknown: dict[str, str] = {}
    for identifier in {hit.id: None for ranking in rankings for hit in ranking}:
        collection, _, key = identifier.partition("/")
        if collection == DOCUMENTS:
            found[identifier] = identifier
        elif made := _CHUNK.fullmatch(key):
            found[identifier] = f"{DOCUMENTS}/{made[1]}"
        else:
            unknown[key] = identifier
    if unknown:
        bind = {"@chunks": CHUNKS, "keys": list(unknown)}
        for key, home in rows(db, _HOMES, bind):
            found[unknown[key]] = f"{DOCUMENTS}/{home}"
    return found


def passing(db: StandardDatabase, wanted: Filter, documents: Collection[str]) -> set[str]:
    """Return which of some documents, by `_id`, a filter lets through."""
    query = _PASSING.format(conditions=wanted.conditions)
    keys = [identifier.partition("/")[2] for identifier in documents]
    return set(rows(db, query, {"@documents": DOCUMENTS, "keys": keys} | wanted.bind))


def by_document(ranking: Iterable[Hit], homes: Mapping[str, str]) -> dict[str, str]:
    """Return a ranking of passages as one of documents, by `_id`, each with its best passage.

    What a document's title scores is added to what its best passage does.

    Args:
        ranking: Passages and documents (for their titles).
        homes: `_id` of a passage or document → that of its document; others are left out.
    """
    kept: dict[str, str] = {}
    scores: dict[str, dict[bool, float]] = {}
    for hit in ranking:
        home = homes.get(hit.id)
        if home is not None:
            if kept.get(home, home) == home:
                kept[home] = hit.id
            scores.setdefault(home, {}).setdefault(hit.id == home, hit.score)
    best = sorted(kept, key=lambda key: -sum(scores[key].values()))
    return {key: kept[key] for key in best}


def _split(ids: Iterable[str]) -> tuple[list[str], list[str]]:
    """Return the keys of the chunks and those of the documents among `_id`s."""
    chunks: list[str] = []
    documents: list[str] = []
    for identifier in ids:
        collection, _, key = identifier.partition("/")
        (documents if collection == DOCUMENTS else chunks).append(key)
    return chunks, documents
