"""What is remembered of a graph between queries: right after any commit, in any snapshot."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from random import Random
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest

from hades_mcp.embedded.aql import execute
from hades_mcp.embedded.aql.streaming import Stream
from hades_mcp.embedded.storage import Engine, web

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hades_mcp.embedded.storage import Database, Transaction

WALK = """FOR v IN 0..4 {} @start {}
    OPTIONS {{order: 'bfs', uniqueVertices: 'global'}} RETURN v._key"""
VERTICES = 12
NAMES = [f"v/{number}" for number in range(VERTICES)]


class Model:
    """The graph as plain dictionaries, changed together with the database."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.vertices: set[str] = set()
        self.edges: dict[str, tuple[str, str]] = {}
        with database.transaction(write=True) as tx:
            tx.create_collection("v")
            tx.create_collection("e", edge=True)

    def change(self, draw: Random, database: Database) -> None:
        """Commit one random change through any engine that has the file open."""
        vertex, ends = draw.choice(NAMES), (draw.choice(NAMES), draw.choice(NAMES))
        edge = {"_from": ends[0], "_to": ends[1]}
        with database.transaction(write=True) as tx:
            vertices, edges = tx.collection("v"), tx.collection("e")
            match draw.randrange(6):
                case 0 if vertex in self.vertices:
                    vertices.remove(vertex[2:])
                    self.vertices.remove(vertex)
                case 0 | 1 if vertex not in self.vertices:
                    vertices.insert_many([{"_key": vertex[2:]}])
                    self.vertices.add(vertex)
                case 1:
                    vertices.update(vertex[2:], {"n": draw.random()})
                case 2 if self.edges:
                    key = draw.choice(list(self.edges))
                    edges.remove(key)
                    del self.edges[key]
                case 3 if self.edges:
                    key = draw.choice(list(self.edges))
                    edges.update(key, edge)
                    self.edges[key] = ends
                case 4 if self.edges:
                    edges.update(draw.choice(list(self.edges)), {"n": draw.random()})
                case _:
                    key = str(draw.randrange(10**9))
                    edges.insert({"_key": key, **edge})
                    self.edges[key] = ends

    def reached(self, start: str, direction: str) -> list[str | None]:
        """Return, sorted, the keys of the vertices within reach; None for those not stored."""
        seen = frontier = {start}
        for _ in range(4):
            out = {b for a, b in self.edges.values() if a in frontier and direction != "INBOUND"}
            back = {a for a, b in self.edges.values() if b in frontier and direction != "OUTBOUND"}
            frontier = (out | back) - seen
            seen = seen | frontier
        return ordered([vertex[2:] if vertex in self.vertices else None for vertex in seen])


def ordered(keys: list[str | None]) -> list[str | None]:
    """Sort keys, missing ones first."""
    return sorted(keys, key=lambda key: (key is not None, key))


def walk(target: Database | Transaction, start: str, direction: str = "OUTBOUND") -> list[Any]:
    """Walk in a database or in the snapshot of a transaction."""
    query = WALK.format(direction, "e")
    return ordered(execute(target, query, {"start": start}).rows)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder with a database."""
    with Engine(tmp_path):
        yield tmp_path


@pytest.mark.parametrize("seed", range(4))
def test_a_walk_gives_what_is_stored_whoever_has_changed_it(folder: Path, seed: int) -> None:
    draw = Random(seed)
    with Engine(folder) as ours, Engine(folder) as theirs:
        database, other = ours.database("_system"), theirs.database("_system")
        model = Model(database)
        for _ in range(150):
            model.change(draw, other if draw.random() < 0.2 else database)
            start, direction = draw.choice(NAMES), draw.choice(["OUTBOUND", "INBOUND", "ANY"])
            assert walk(database, start, direction) == model.reached(start, direction)


def test_an_old_snapshot_walks_the_graph_as_it_was(folder: Path) -> None:
    draw = Random(1)
    with Engine(folder) as engine:
        database = engine.database("_system")
        model = Model(database)
        for _ in range(40):
            model.change(draw, database)
        before = {start: model.reached(start, "OUTBOUND") for start in NAMES}
        with database.transaction() as old:
            for start in NAMES:
                model.change(draw, database)
                assert walk(old, start) == before[start]
                assert walk(database, start) == model.reached(start, "OUTBOUND")
            assert {start: walk(old, start) for start in NAMES} == before


def test_a_transaction_walks_over_what_it_has_written_and_nobody_else_does(folder: Path) -> None:
    with Engine(folder) as engine:
        database = engine.database("_system")
        Model(database)
        with database.transaction(write=True) as tx:
            tx.collection("v").insert_many([{"_key": "1"}, {"_key": "2"}])
        assert walk(database, "v/1") == ["1"]
        with database.transaction(write=True) as tx:
            assert walk(tx, "v/1") == ["1"]
            tx.collection("e").insert({"_from": "v/1", "_to": "v/2"})
            assert walk(tx, "v/1") == ["1", "2"]
            tx.collection("v").remove("2")
            assert walk(tx, "v/1") == [None, "1"]
            assert walk(database, "v/1") == ["1"]
            tx.abort()
        assert walk(database, "v/1") == ["1"]


def test_a_walk_that_is_suspended_goes_on_in_the_graph_it_began_in(folder: Path) -> None:
    with Engine(folder) as engine:
        database = engine.database("_system")
        Model(database)
        with database.transaction(write=True) as tx:
            tx.collection("v").insert_many([{"_key": str(number)} for number in range(9)])
            tx.collection("e").insert_many(
                [{"_from": f"v/{n}", "_to": f"v/{n + 1}", "_key": str(n)} for n in range(5)]
            )
        assert walk(database, "v/0") == ["0", "1", "2", "3", "4"]  # remembered
        stream = Stream(database, WALK.format("OUTBOUND", "e"), {"start": "v/0"})
        assert stream.take(1) == ["0"]
        with database.transaction(write=True) as tx:
            tx.collection("e").update("2", {"_to": "v/8"})
        assert walk(database, "v/0") == ["0", "1", "2", "8"]
        assert stream.take(9) == ["1", "2", "3", "4"]
        assert walk(database, "v/0") == ["0", "1", "2", "8"]


def test_threads_walk_their_snapshots_while_another_one_writes(folder: Path) -> None:
    by_edges = WALK.replace("FOR v", "FOR v, e").replace("v._key", "[v._key, e._key][0]")
    with Engine(folder) as engine:
        database = engine.database("_system")
        model, done = Model(database), Event()

        def write() -> None:
            draw = Random(3)
            while not done.is_set():
                model.change(draw, database)

        def read(seed: int) -> list[tuple[str, list[Any], list[Any]]]:
            draw, differing = Random(seed), []
            for _ in range(80):
                with database.transaction() as tx:
                    start = draw.choice(NAMES)
                    found = walk(tx, start, "ANY")
                    bind = {"start": start}
                    edges = ordered(execute(tx, by_edges.format("ANY", "e"), bind).rows)
                    if found != edges:
                        differing.append((start, found, edges))
            return differing

        with ThreadPoolExecutor(4) as pool:
            writing = pool.submit(write)
            reading = [pool.submit(read, seed) for seed in range(3)]
            try:
                assert [each.result(60) for each in reading] == [[], [], []]
            finally:
                done.set()
            writing.result(60)


def test_a_web_that_has_grown_too_large_is_begun_anew(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web, "KEPT", 3)
    draw = Random(2)
    with Engine(folder) as engine:
        database = engine.database("_system")
        model = Model(database)
        for _ in range(60):
            model.change(draw, database)
        for start in NAMES:
            assert walk(database, start) == model.reached(start, "OUTBOUND")


def test_missing_vertices_are_null_and_warned_of(folder: Path) -> None:
    with Engine(folder) as engine:
        database = engine.database("_system")
        Model(database)
        with database.transaction(write=True) as tx:
            tx.collection("v").insert_many([{"_key": "1"}])
            tx.collection("e").insert({"_from": "v/1", "_to": "nowhere/2"})
            tx.collection("e").insert({"_from": "v/1", "_to": "v/3"})
        query = "FOR v IN 1..1 OUTBOUND 'v/1' e OPTIONS {order: 'bfs', uniqueVertices: 'global'} "
        for returned in ("v._key", "v._id", "v", "[v._key]"):
            for _ in range(2):  # read, then remembered
                result = execute(database, f"{query} RETURN {returned}")
                missing: list[Any] = [[None], [None]] if "[" in returned else [None, None]
                assert result.rows == missing
                assert [each.message for each in result.warnings] == [
                    "vertex 'nowhere/2' not found",
                    "vertex 'v/3' not found",
                ]
