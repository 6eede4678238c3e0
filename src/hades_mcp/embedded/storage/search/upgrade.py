"""Postings for definitions of an older file: it kept views and inverted indexes without any."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import orjson

from hades_mcp.embedded.collation import collation_id
from hades_mcp.embedded.storage.analyzer_catalog import stored_analyzer
from hades_mcp.embedded.storage.catalog import CollectionInfo, load_catalog, stored_index
from hades_mcp.embedded.storage.indexes import Index
from hades_mcp.embedded.storage.inverted_properties import HIDDEN
from hades_mcp.embedded.storage.records import load
from hades_mcp.embedded.storage.search.fields import LINK, stored_analyzers
from hades_mcp.embedded.storage.search.table import SearchTable
from hades_mcp.embedded.storage.view_properties import analyzers_of

if TYPE_CHECKING:
    import sqlite3

    from hades_mcp.embedded.storage.session import Session

_BATCH = 5000


def build_postings(connection: sqlite3.Connection) -> None:
    """Give each link of a view its hidden index, and each inverted index its postings.

    Args:
        connection: Inside the transaction that migrates the file.
    """
    session = cast("Session", connection)  # it executes statements, and no more is asked of it
    collections = {info.id: info for info in load_catalog(connection, 0).collections.values()}
    for info in collections.values():
        for index in info.indexes:
            if index.type == "inverted":
                _fill(session, info, index)
    views = connection.execute("SELECT id, definition FROM views").fetchall()
    for number, definition in views:
        stored = orjson.loads(definition)
        for collection, link in stored.get("links", {}).items():
            if collection in collections:
                index = _hidden(session, _tick(connection), number, stored, link)
                _fill(session, collections[collection], index)
                connection.execute(
                    "INSERT INTO indexes VALUES (?, ?, ?, ?)",
                    (int(index.id), int(collection), stored_index(index), collation_id()),
                )


def _tick(connection: sqlite3.Connection) -> int:
    connection.execute("UPDATE counters SET value = value + 1 WHERE name = 'tick'")
    found = connection.execute("SELECT value FROM counters WHERE name = 'tick'").fetchone()
    return int(found[0])


def _hidden(
    session: Session, number: int, view: int, stored: dict[str, Any], link: dict[str, Any]
) -> Index:
    analyzers = {}
    for name in sorted(analyzers_of(link)):
        found = stored_analyzer(session, "_system", name.rpartition("::")[2])
        if found is not None:
            analyzers[name] = found
    properties = stored["properties"]
    options = {
        "view": str(view),
        "link": link,
        "keepAll": bool(properties["primarySort"] or properties["storedValues"]),
        HIDDEN: stored_analyzers(analyzers),
    }
    return Index(str(number), LINK, f"{LINK}-{view}", (), sparse=True, options=options)


def _fill(session: Session, info: CollectionInfo, index: Index) -> None:
    table = SearchTable(session, info, index)
    table.create()
    rows = session.execute(f"SELECT rid, CAST(body AS BLOB) FROM c{info.number}")  # noqa: S608  a number of ours
    while batch := rows.fetchmany(_BATCH):
        table.fill([(row, load(body)) for row, body in batch])
