"""Selectivity: how many of an index's entries differ, estimated from a few documents.

ArangoDB's estimate is the number of different entries over the number of entries. That is the
mean, over all entries, of one over how many are like it: a few random documents give it.
"""

from __future__ import annotations

import math
from random import Random
from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.storage.indexes import SORTED_TYPES
from hades_mcp.embedded.storage.records import load
from hades_mcp.embedded.storage.sorted_table import SortedTable

if TYPE_CHECKING:
    from pathlib import Path

    from hades_mcp.embedded.storage.catalog import CollectionInfo
    from hades_mcp.embedded.storage.indexes import Index
    from hades_mcp.embedded.storage.session import Session

_SAMPLE = 48
_MOST = 1000  # of entries alike that are counted
_GROWTH = 4  # estimates are made anew when the documents grow by the fourth root of two
_REMEMBERED = 1000

_KNOWN: dict[tuple[Path, str, int], float] = {}


def selectivity(session: Session, info: CollectionInfo, index: Index, path: Path) -> float | None:
    """Return the share of entries that differ, above 0 up to 1; None for what has no estimate.

    It is computed from some fifty documents, and again only when the collection has grown or
    shrunk by a fifth: cheap enough for planning a query.

    Args:
        session: Reads the documents and the index.
        info: The collection.
        index: One of its indexes.
        path: The database's file.
    """
    if index.type not in SORTED_TYPES and index.type not in ("primary", "edge"):
        return None
    documents = session.counters(info.number).documents
    if index.unique or not documents:
        return 1.0
    key = (path, index.id if index.type != "edge" else info.id, int(math.log2(documents) * _GROWTH))
    found = _KNOWN.get(key)
    if found is None:
        if len(_KNOWN) > _REMEMBERED:
            _KNOWN.clear()
        found = _KNOWN[key] = _estimate(session, info, index)
    return found


def _estimate(session: Session, info: CollectionInfo, index: Index) -> float:
    table = f"c{info.number}"
    (last,) = session.execute(f"SELECT max(rid) FROM {table}").fetchone()  # noqa: S608  a number of ours
    random = Random(int(info.id))  # noqa: S311  the same documents each time, so that plans stay
    shares: list[float] = []
    for _ in range(_SAMPLE):
        row = session.execute(
            f"SELECT CAST(body AS BLOB) FROM {table} WHERE rid >= ? ORDER BY rid LIMIT 1",  # noqa: S608  same
            (random.randint(1, last),),
        ).fetchone()
        if row is not None:
            shares += [1 / count for count in _alike(session, info, index, load(row[0])) if count]
    return sum(shares) / len(shares) if shares else 1.0


def _alike(
    session: Session, info: CollectionInfo, index: Index, document: dict[str, Any]
) -> list[int]:
    """Return for each entry of a document how many entries are like it."""
    if index.type == "edge":
        sources = [("src", document["_from"]), ("dst", document["_to"])]
        table = f"c{info.number}"
    else:
        sources = [("k", entry) for entry in SortedTable(session, info, index).payload(document)]
        table = f"i{index.id}"
    return [
        session.execute(
            f"SELECT count(*) FROM (SELECT 1 FROM {table} WHERE {column} = ? LIMIT {_MOST})",  # noqa: S608  names of ours
            (value,),
        ).fetchone()[0]
        for column, value in sources
    ]
