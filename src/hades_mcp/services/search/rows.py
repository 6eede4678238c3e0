"""Reads what a search shows of documents: one query for all candidates of its rankings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hades_mcp.services.layout import CHUNKS
from hades_mcp.services.search.rankings import split_ids
from hades_mcp.services.statements import rows

if TYPE_CHECKING:
    from collections.abc import Iterable

    from arango.database import StandardDatabase

    from hades_mcp.services.search.filters import Filter
    from hades_mcp.vectors.base import Hit

# people add documents of their own shape
DOCUMENT = """{
  id: d._id, title: TO_STRING(NOT_NULL(d.title, d.name, d._key)), kind: d.kind, path: d.source,
  line: d.line, evidence: d.evidence, text: LEFT(TO_STRING(d.text), 2000)
}"""
"""What is shown of the document in the variable `d`."""

_JOIN = """
FOR p IN UNION(
  (FOR c IN @@chunks FILTER c._key IN @passages
    RETURN {{passage: c._id, document: c.document, text: c.text}}),
  (FOR key IN @titles RETURN {{passage: CONCAT("documents/", key), document: key}})
)
  LET d = DOCUMENT("documents", p.document)
  FILTER d != null
  {conditions}
  RETURN MERGE({document}, {{passage: p.passage}}, p.text == null ? {{}} : {{text: p.text}})
"""


def joined(
    db: StandardDatabase, rankings: Iterable[Iterable[Hit]], wanted: Filter
) -> dict[str, dict[str, Any]]:
    """Return, for each passage of some rankings whose document is wanted, that document's row.

    Args:
        db: The database.
        rankings: Hits among chunks and documents. One may have gone since: it is left out.
        wanted: What may be found.
    """
    passages, titles = split_ids(dict.fromkeys(hit.id for ranking in rankings for hit in ranking))
    query = _JOIN.format(conditions=wanted.conditions, document=DOCUMENT)
    bind = {"@chunks": CHUNKS, "passages": passages, "titles": titles} | wanted.bind
    return {row["passage"]: row for row in rows(db, query, bind)}
