"""Hops out of the edge index: of files old and new, in the order of the edges."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from hades_mcp.embedded.aql import execute
from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.storage import Engine, recent
from hades_mcp.embedded.storage.migrations import MIGRATIONS
from hades_mcp.embedded.storage.recent import edge_place

if TYPE_CHECKING:
    from pathlib import Path

EDGES = [("v/a", "v/b"), ("v/a", "v/c"), ("v/b", "v/a"), ("v/a", "v/b"), ("v/c", "v/c")]


def fill(engine: Engine) -> None:
    with engine.database("_system").transaction(write=True) as tx:
        edges = [{"_key": str(at), "_from": one, "_to": two} for at, (one, two) in enumerate(EDGES)]
        tx.create_collection("e", edge=True).insert_many(edges)
        tx.create_collection("v")


def test_hops_come_in_the_order_of_the_edges() -> None:
    with Engine(None) as engine:
        fill(engine)
        with engine.database("_system").transaction() as tx:
            edges = tx.collection("e")
            out = edges.hops(["v/a", "v/x"], "outbound")
            assert [end for _, end in out["v/a"]] == ["v/b", "v/c", "v/b"]
            assert out["v/x"] == []
            assert [end for _, end in edges.hops(["v/b"], "inbound")["v/b"]] == ["v/a", "v/a"]
            numbers, rows = zip(*(edge_place(edge) for edge, _ in out["v/a"]), strict=True)
            assert set(numbers) == {edges.number}
            assert [document["_key"] for _, document in edges.in_rows(rows)] == ["0", "1", "3"]
            with pytest.raises(ArangoError, match="no edges"):
                tx.collection("v").hops(["v/a"], "outbound")


def test_too_much_that_was_read_is_forgotten_and_read_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(recent, "KEPT", 2)
    query = "FOR v, e IN 1..3 ANY 'v/a' e RETURN e._key"
    with Engine(None) as engine:
        fill(engine)
        database = engine.database("_system")
        first = execute(database, query).rows
        assert len(first) > len(EDGES)
        assert execute(database, query).rows == first


def test_the_edge_index_of_an_older_file_is_made_anew(tmp_path: Path) -> None:
    with Engine(tmp_path) as engine:
        fill(engine)
    step = next(step for step in MIGRATIONS if step.__name__ == "_versions_and_adjacency")
    path = tmp_path / "_system.sqlite"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        (number,) = connection.execute("SELECT id FROM collections WHERE name = 'e'").fetchone()
        connection.execute("ALTER TABLE tallies DROP COLUMN version")
        for end in ("src", "dst"):
            connection.execute(f"DROP INDEX c{number}_{end}")
            connection.execute(f"CREATE INDEX c{number}_{end} ON c{number}({end})")  # as it was
        step(connection)
        plan = f"EXPLAIN QUERY PLAN SELECT rid, dst FROM c{number} WHERE src = 'v/a'"
        assert "COVERING INDEX" in connection.execute(plan).fetchone()[-1]
    with Engine(tmp_path) as engine:
        found = execute(engine.database("_system"), "FOR v, e IN OUTBOUND 'v/a' e RETURN e._key")
        assert sorted(found.rows) == ["0", "1", "3"]
