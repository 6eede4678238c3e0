"""The SQL of one collection, written once per collection and kept prepared by its connections.

A collection is a rowid table of JSON text. Row ids grow with insertion, so they are also the order
of a scan. Bodies are read as blobs: orjson parses bytes, and decoding them first would be waste.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import orjson

_BODY = "CAST(body AS BLOB)"
_LIST = "(SELECT value FROM json_each(?))"


@dataclass(frozen=True, slots=True)
class Statements:
    """Prepared texts; `?` in the order the code binds them."""

    get: str
    find: str
    get_many: str
    scan: str
    insert: str
    update: str
    remove: str
    clear: str
    last_row: str
    by_row: str
    rows: str
    span: str
    outbound: str
    inbound: str
    inbound_only: str
    outbound_one: str
    inbound_one: str
    heads: str
    tails: str
    heads_one: str
    tails_one: str
    by_rows: str
    keys: str
    present: str


@lru_cache(maxsize=4096)
def statements(number: int, *, edge: bool) -> Statements:
    """Return the statements of collection `number`."""
    table = f"c{number}"
    ends, marks, sets = (", src, dst", ", ?, ?", ", src = ?, dst = ?") if edge else ("", "", "")
    select = f"SELECT {_BODY} FROM {table}"  # noqa: S608  table names are numbers of ours
    return Statements(
        get=f"{select} WHERE key = ?",
        find=f"SELECT rid, {_BODY} FROM {table} WHERE key = ?",  # noqa: S608  same
        get_many=f"SELECT key, {_BODY} FROM {table} WHERE key IN {_LIST}",  # noqa: S608  same
        scan=f"{select} ORDER BY rid",
        insert=f"INSERT INTO {table}(rid, key, body{ends}) VALUES (?, ?, ?{marks})",  # noqa: S608  same
        update=f"UPDATE {table} SET body = ?{sets} WHERE rid = ?",  # noqa: S608  same
        remove=f"DELETE FROM {table} WHERE rid = ?",  # noqa: S608  same
        clear=f"DELETE FROM {table}",  # noqa: S608  same
        last_row=f"SELECT max(rid) FROM {table}",  # noqa: S608  same
        by_row=f"{select} WHERE rid = ?",
        span=f"{select} WHERE rid > ? AND rid <= ?",
        rows=f"SELECT rid, {_BODY} FROM {table} ORDER BY rid",  # noqa: S608  same
        outbound=f"{select} WHERE src IN {_LIST}",
        inbound=f"{select} WHERE dst IN {_LIST}",
        inbound_only=f"{select} WHERE dst IN {_LIST} AND src NOT IN {_LIST}",
        outbound_one=f"{select} WHERE src = ?",
        inbound_one=f"{select} WHERE dst = ?",
        heads=f"SELECT src, rid, dst FROM {table} WHERE src IN {_LIST}",  # noqa: S608  same
        tails=f"SELECT dst, rid, src FROM {table} WHERE dst IN {_LIST}",  # noqa: S608  same
        heads_one=f"SELECT src, rid, dst FROM {table} WHERE src = ?",  # noqa: S608  same
        tails_one=f"SELECT dst, rid, src FROM {table} WHERE dst = ?",  # noqa: S608  same
        by_rows=f"SELECT rid, {_BODY} FROM {table} WHERE rid IN {_LIST}",  # noqa: S608  same
        keys=f"SELECT rid, key FROM {table} WHERE rid IN {_LIST}",  # noqa: S608  same
        present=f"SELECT key FROM {table} WHERE key IN {_LIST}",  # noqa: S608  same
    )


def create_statements(number: int, *, edge: bool) -> list[str]:
    """Return the DDL of a new collection."""
    table = f"c{number}"
    ends = ", src TEXT NOT NULL, dst TEXT NOT NULL" if edge else ""
    columns = f"rid INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, body TEXT NOT NULL{ends}"
    ddl = [f"CREATE TABLE {table}({columns})"]
    return ddl + edge_index_statements(number) if edge else ddl


def edge_index_statements(number: int) -> list[str]:
    """Return the DDL of the edge index: from either end, oldest edge first, to the other end.

    With the other end in the index a graph is walked without a look at the edges themselves.
    """
    return [
        f"CREATE INDEX c{number}_{near} ON c{number}({near}, rid, {far})"
        for near, far in (("src", "dst"), ("dst", "src"))
    ]


def rename_statement(number: int, old: str, new: str) -> tuple[str, tuple[str, ...]]:
    """Return the UPDATE that gives every document its new `_id`, and its parameters.

    A body starts with `{"_key":"K","_id":"NAME/K",`: keys need no escapes, names may.
    """
    before, after = (orjson.dumps(name).decode()[:-1] + "/" for name in (old, new))
    head = """'{"_key":"' || key || '","_id":' || ? || key || '"'"""
    start = """length('{"_key":"","_id":"') + length(?) + 2 * length(key) + 1"""
    return f"UPDATE c{number} SET body = {head} || substr(body, {start})", (after, before)  # noqa: S608  same
