"""Files of vectors: shared by processes, never wrong, searched by lists where they are large."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from hades_mcp.embedded.storage import Engine, vector_file
from hades_mcp.embedded.storage.backup import back_up
from hades_mcp.embedded.storage.matrix import Matrix
from hades_mcp.embedded.storage.restore import restore
from hades_mcp.embedded.storage.vector_block import Block, Vectors, by_lists

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from hades_mcp.embedded.storage import Database

DIMENSION = 8
QUERY = [0.1] * DIMENSION
SEARCH = """
import sys
from pathlib import Path
from hades_mcp.embedded.storage import Engine
from hades_mcp.embedded.storage.matrix import Matrix
Matrix.worth_a_file = 1
with Engine(Path(sys.argv[1])) as engine:
    with engine.database("_system").transaction() as tx:
        things = tx.collection("things")
        found = things.nearest(things.indexes()[-1], [0.1] * 8, 5)
        print(*[document["_key"] for document, _ in found])
maps = Path("/proc/self/maps")
print(maps.read_text().count(".vectors") if maps.exists() else 1)
"""


@pytest.fixture(autouse=True)
def _every_vector_is_worth_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Matrix, "worth_a_file", 1)


def fill(database: Database, count: int = 60, metric: str = "l2") -> None:
    rows = np.random.default_rng(5).normal(size=(count, DIMENSION))
    params = {"metric": metric, "dimension": DIMENSION, "nLists": 1}
    with database.transaction(write=True) as tx:
        things = tx.create_collection("things")
        things.ensure_index({"type": "vector", "fields": ["e"], "params": params})
        things.insert_many([{"_key": str(n), "e": row.tolist()} for n, row in enumerate(rows)])


def found(database: Database, count: int = 10_000) -> list[str]:
    with database.transaction() as tx:
        things = tx.collection("things")
        return [d["_key"] for d, _ in things.nearest(things.indexes()[-1], QUERY, count)]


def by_scan(database: Database) -> list[str]:
    with database.transaction() as tx:
        documents = list(tx.collection("things").scan())
    by_distance = sorted(documents, key=lambda d: float(np.linalg.norm(np.array(d["e"]) - QUERY)))
    return [document["_key"] for document in by_distance]


def change(database: Database, step: int) -> None:
    rng = np.random.default_rng(step)
    with database.transaction(write=True) as tx:
        things = tx.collection("things")
        things.insert_many([{"e": row.tolist()} for row in rng.normal(size=(step % 7, DIMENSION))])
        keys = sorted(document["_key"] for document in things.scan())
        things.update(keys[step % len(keys)], {"e": rng.normal(size=DIMENSION).tolist()})
        things.remove(keys[step * 3 % len(keys)])
        if step % 11 == 10:
            things.truncate()
            things.insert({"e": rng.normal(size=DIMENSION).tolist()})


def files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.vectors"))


def test_what_was_searched_once_is_mapped_by_the_next_process(tmp_path: Path) -> None:
    with Engine(tmp_path) as engine:
        fill(engine.database("_system"))
        best = found(engine.database("_system"), 5)
        (written,) = files(tmp_path)
        command = [sys.executable, "-c", SEARCH, str(tmp_path)]
        printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        keys, mapped = printed.splitlines()
        assert keys.split() == best
        assert int(mapped) >= 1
        assert files(tmp_path) == [written]


def test_two_engines_that_write_and_search_in_turn_always_find_what_a_scan_finds(
    tmp_path: Path,
) -> None:
    with Engine(tmp_path) as one, Engine(tmp_path) as two:
        fill(one.database("_system"))
        for step in range(45):
            writer, reader = (one, two) if step % 3 else (two, one)
            change(writer.database("_system"), step)
            for engine in (reader, writer) if step % 2 else (reader,):
                assert found(engine.database("_system")) == by_scan(engine.database("_system"))
        assert len(files(tmp_path)) == 1


def test_a_file_of_another_history_is_never_read(tmp_path: Path) -> None:
    """A database put back by hand goes its own way; files written meanwhile are not its own."""
    with Engine(tmp_path / "a") as engine:
        fill(engine.database("_system"))
    shutil.copytree(tmp_path / "a", tmp_path / "old")
    with Engine(tmp_path / "a") as engine:
        change(engine.database("_system"), 3)
        found(engine.database("_system"))
    shutil.copy(tmp_path / "old" / "_system.sqlite", tmp_path / "a" / "_system.sqlite")
    with Engine(tmp_path / "a") as engine:
        for step in (4, 5):
            change(engine.database("_system"), step)
            assert found(engine.database("_system")) == by_scan(engine.database("_system"))


@pytest.mark.parametrize("damage", ["gone", "short", "empty", "foreign"])
def test_a_missing_or_damaged_file_costs_time_not_answers(tmp_path: Path, damage: str) -> None:
    with Engine(tmp_path) as engine:
        fill(engine.database("_system"))
        best = found(engine.database("_system"))
    (path,) = files(tmp_path)
    content = path.read_bytes()
    path.unlink()
    if damage != "gone":
        changed = {"short": content[:-4], "empty": b"", "foreign": b"x" * len(content)}
        path.write_bytes(changed[damage])
    with Engine(tmp_path) as engine:
        assert found(engine.database("_system")) == best


def test_a_search_while_somebody_writes_leaves_no_file_behind(tmp_path: Path) -> None:
    with Engine(tmp_path) as one, Engine(tmp_path) as two:
        fill(one.database("_system"))
        with one.database("_system").transaction(write=True) as tx:
            tx.collection("things").insert({"e": QUERY})
            assert len(found(two.database("_system"))) == 60
            assert files(tmp_path) == []
        assert len(found(two.database("_system"))) == 61
        change(one.database("_system"), 5)
        assert found(two.database("_system")) == by_scan(two.database("_system"))


def test_files_go_with_their_index_and_their_database(tmp_path: Path) -> None:
    with Engine(tmp_path) as engine:
        fill(engine.database("_system"))
        found(engine.database("_system"))
        other = engine.create_database("other")
        fill(other)
        found(other)
        assert len(files(tmp_path)) == 2
        engine.drop_database("other")
        assert len(files(tmp_path)) == 1
        with engine.database("_system").transaction(write=True) as tx:
            things = tx.collection("things")
            things.drop_index(things.indexes()[-1].id)
        with engine.database("_system").transaction():
            pass  # the next transaction sees the new catalogue
        assert files(tmp_path) == []


def test_a_database_in_memory_writes_no_file() -> None:
    with Engine(None) as engine:
        fill(engine.database("_system"))
        assert found(engine.database("_system")) == by_scan(engine.database("_system"))
        assert files(engine.folder) == []


def test_a_backup_replaces_a_folder_with_files_of_vectors(tmp_path: Path) -> None:
    with Engine(tmp_path / "data") as engine:
        fill(engine.database("_system"))
        best = found(engine.database("_system"))
        back_up(engine, tmp_path / "kept")
        change(engine.database("_system"), 5)
        found(engine.database("_system"))
    restore(tmp_path / "kept", tmp_path / "data", replace=True)
    assert files(tmp_path / "data") == []
    with Engine(tmp_path / "data") as engine:
        assert found(engine.database("_system")) == best
        assert len(files(tmp_path / "data")) == 1


def clustered(count: int, seed: int = 1) -> NDArray[np.float32]:
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(40, DIMENSION)) * 4
    rows = centres[rng.integers(0, 40, count)] + rng.normal(size=(count, DIMENSION))
    return rows.astype(np.float32)


@pytest.mark.parametrize("metric", ["cosine", "l2", "innerProduct"])
def test_lists_find_nearly_all_of_the_nearest(
    tmp_path: Path, metric: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = clustered(6000)
    params = {"metric": metric, "dimension": DIMENSION, "nLists": 1}
    with Engine(tmp_path) as engine:
        database = engine.database("_system")
        with database.transaction(write=True) as tx:
            things = tx.create_collection("things")
            things.insert_many([{"e": row.tolist()} for row in rows])
            things.ensure_index({"type": "vector", "fields": ["e"], "params": params})
        exact = [answers(database, row) for row in rows[:40]]
    monkeypatch.setattr(Matrix, "too_many", 1000)
    for path in files(tmp_path):
        path.unlink()
    with Engine(tmp_path) as engine:
        database = engine.database("_system")
        answers(database, rows[0])
        wait_for_lists()
        near = [answers(database, row) for row in rows[:40]]
        (path,) = files(tmp_path)
        mapped = vector_file.read(path, DIMENSION)
        assert mapped is not None
        assert mapped[1].lists is not None
        everything = answers(database, rows[0], 6000)
        assert len(everything) == len(set(everything)) == 6000
    recall = np.mean([len({*one} & {*other}) / 10 for one, other in zip(exact, near, strict=True)])
    assert recall > 0.9


def wait_for_lists() -> None:
    for thread in threading.enumerate():
        if thread.name == "hades-vector-lists":
            thread.join(60)


def test_changes_while_and_after_lists_are_made_are_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Matrix, "too_many", 1)
    with Engine(tmp_path) as engine:
        database = engine.database("_system")
        fill(database, 3000)
        for step in range(20):
            change(database, step)
            assert found(database) == by_scan(database)
            if step % 4 == 3:
                wait_for_lists()
                assert found(database) == by_scan(database)
        wait_for_lists()
        assert len(files(tmp_path)) == 1


def answers(database: Database, query: NDArray[np.float32], count: int = 10) -> list[Any]:
    with database.transaction() as tx:
        things = tx.collection("things")
        hits = things.nearest(things.indexes()[-1], query.tolist(), count)
        return [document["_key"] for document, _ in hits]


def test_lists_hold_each_vector_once_also_where_centres_find_nobody() -> None:
    values = np.zeros((50, DIMENSION), dtype=np.float32)
    block = by_lists(Vectors(np.arange(50), values, np.zeros(50, dtype=np.float32)), by_length=True)
    assert block.lists is not None
    assert sorted(block.vectors.rows) == [*range(50)]
    assert block.lists.offsets[0] == 0
    assert block.lists.offsets[-1] == 50
    assert block.positions(np.array([3, 49, 77])).tolist() == sorted(
        np.flatnonzero(np.isin(block.vectors.rows, [3, 49])).tolist()
    )


def test_a_block_reads_as_it_was_written(tmp_path: Path) -> None:
    rows = clustered(30)
    vectors = Vectors(np.arange(30), rows, np.einsum("ij,ij->i", rows, rows))
    for number, block in enumerate((Block(vectors), by_lists(vectors, by_length=True))):
        path = tmp_path / f"{number}"
        vector_file.write(path, 9, block)
        read = vector_file.read(path, DIMENSION)
        assert read is not None
        assert read[0] == 9
        assert np.array_equal(read[1].vectors.rows, block.vectors.rows)
        assert np.array_equal(read[1].vectors.values, block.vectors.values)
        assert np.array_equal(read[1].vectors.squares, block.vectors.squares)
        assert vector_file.read(path, DIMENSION + 1) is None


def test_whoever_looks_into_more_lists_finds_more() -> None:
    values = np.random.default_rng(7).standard_normal((40_000, DIMENSION)).astype(np.float32)
    squares = np.einsum("ij,ij->i", values, values)
    vectors = Vectors(np.arange(len(values)), values, squares)
    listed = by_lists(vectors, by_length=True)
    assert listed.lists is not None
    gone = np.empty(0, dtype=np.int64)

    def found(block: Block, query: NDArray[np.float32], probes: int) -> set[int]:
        positions = block.nearest(query, 40, gone, by_length=True, probes=probes)
        return set(block.vectors.rows[positions].tolist())

    missed = {1: 0, len(listed.lists.centres): 0}
    for query in values[:20]:
        exact = found(Block(vectors), query, 1)
        for probes in missed:
            missed[probes] += len(exact - found(listed, query, probes))
    few, every = missed.values()
    assert every == 0 < few
