"""Sketches of vectors: made where they pay, shared by processes, in nobody's way."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import pytest

from hades_mcp.embedded.storage import Engine, matrix, vector_file, vector_sketch
from hades_mcp.embedded.storage.matrix import Matrix
from hades_mcp.embedded.storage.vector_block import Block, Sketch, Vectors
from hades_mcp.embedded.storage.vector_sketch import RECALL, sketch_of

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from hades_mcp.embedded.storage import Database

DIMENSION, COUNT = 96, 4000
NONE = np.empty(0, dtype=np.int64)
METRICS = ("cosine", "l2", "innerProduct")


@pytest.fixture(autouse=True)
def _few_are_worth_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Matrix, "worth_a_file", 1)
    monkeypatch.setattr(Matrix, "worth_a_sketch", 1000)


def leaning(count: int, seed: int = 1) -> NDArray[np.float32]:
    """Return vectors most of whose length lies in few directions, as that of embeddings does."""
    rng = np.random.default_rng(seed)
    turn, _ = np.linalg.qr(np.random.default_rng(0).normal(size=(DIMENSION, DIMENSION)))
    strength = 0.9 ** np.arange(DIMENSION)
    rows = (rng.normal(size=(count, DIMENSION)) * strength + 0.3) @ turn
    single: NDArray[np.float32] = rows.astype(np.float32)
    return single


def held(values: NDArray[np.float32]) -> Vectors:
    return Vectors(np.arange(len(values)), values, np.einsum("ij,ij->i", values, values))


def store(database: Database, rows: NDArray[np.float32], metric: str = "cosine") -> None:
    params = {"metric": metric, "dimension": rows.shape[1], "nLists": 1}
    with database.transaction(write=True) as tx:
        things = tx.create_collection("things")
        things.ensure_index({"type": "vector", "fields": ["e"], "params": params})
        things.insert_many([{"_key": str(n), "e": row.tolist()} for n, row in enumerate(rows)])


def found(database: Database, query: NDArray[np.float32], count: int = 10) -> dict[str, float]:
    with database.transaction() as tx:
        things = tx.collection("things")
        hits = things.nearest(things.indexes()[-1], query.tolist(), count)
        return {document["_key"]: score for document, score in hits}


def sketches(folder: Path) -> list[bool]:
    read = [vector_file.read(path, DIMENSION) for path in folder.glob("*.vectors")]
    return [one is not None and one[1].sketch is not None for one in read]


@pytest.mark.parametrize("metric", METRICS)
def test_what_a_sketch_finds_has_the_same_scores_and_is_nearly_all(
    tmp_path: Path, metric: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    queries = leaning(30, seed=2)
    with Engine(tmp_path) as engine:
        store(engine.database("_system"), leaning(COUNT), metric)
        quick = [found(engine.database("_system"), query) for query in queries]
    assert sketches(tmp_path) == [True]
    for path in tmp_path.glob("*.vectors"):
        path.unlink()
    monkeypatch.setattr(Matrix, "worth_a_sketch", COUNT + 1)
    with Engine(tmp_path) as engine:
        exact = [found(engine.database("_system"), query) for query in queries]
    assert sketches(tmp_path) == [False]
    both = [{*one.items()} & {*other.items()} for one, other in zip(quick, exact, strict=True)]
    assert sum(map(len, both)) >= RECALL * 10 * len(queries) - 1


@pytest.mark.parametrize("by_length", [False, True])
def test_the_candidates_a_sketch_names_hold_the_nearest_of_its_own_vectors(
    by_length: bool,
) -> None:
    vectors = held(leaning(COUNT))
    sketch = sketch_of(vectors, by_length=by_length)
    assert sketch is not None
    assert sketch.many <= COUNT // 20
    assert recall(Block(vectors, sketch=sketch), by_length=by_length) >= RECALL - 0.01


def recall(block: Block, *, by_length: bool = False) -> float:
    """Return how many of the 50 nearest to some of its vectors a block finds."""
    plain, hits, queries = Block(block.vectors), 0, block.vectors.values[:200]
    for query in queries:
        one, other = (b.nearest(query, 50, NONE, by_length=by_length) for b in (block, plain))
        hits += len({*one} & {*other})
    return hits / 50 / len(queries)


def test_a_sketch_tried_on_a_part_of_the_vectors_finds_the_nearest_of_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    vectors = held(leaning(3 * COUNT))
    whole = sketch_of(vectors, by_length=False)
    monkeypatch.setattr(vector_sketch, "_TRIED", COUNT)
    part = sketch_of(vectors, by_length=False)
    assert whole is not None
    assert part is not None
    assert len(part.values) == 3 * COUNT
    assert whole.many <= part.many <= 3 * COUNT // 20
    assert recall(Block(vectors, sketch=part)) >= RECALL


def test_vectors_drawn_by_lot_and_short_ones_get_no_sketch() -> None:
    rng = np.random.default_rng(4)
    assert (
        sketch_of(held(rng.normal(size=(COUNT, DIMENSION)).astype("f4")), by_length=False) is None
    )
    assert sketch_of(held(rng.normal(size=(COUNT, 8)).astype("f4")), by_length=False) is None
    assert sketch_of(held(leaning(60)), by_length=False) is None


def test_equal_vectors_are_no_trouble() -> None:
    vectors = held(np.ones((COUNT, DIMENSION), dtype=np.float32))
    block = Block(vectors, sketch=sketch_of(vectors, by_length=True))
    assert len(block.nearest(vectors.values[0], 70, NONE, by_length=True)) == 70


def test_who_wants_many_gets_them_without_the_sketch() -> None:
    vectors = held(leaning(COUNT))
    block = Block(vectors, sketch=sketch_of(vectors, by_length=False))
    everything = block.nearest(vectors.values[0], COUNT, np.array([3, 5]), by_length=False)
    assert sorted(everything) == [n for n in range(COUNT) if n not in {3, 5}]


@pytest.mark.parametrize("shared", [True, False])
def test_what_is_written_after_the_sketch_is_found_and_what_is_removed_is_not(
    tmp_path: Path,
    shared: bool,
) -> None:
    query = leaning(1, seed=3)[0]
    with Engine(tmp_path if shared else None) as one, Engine(tmp_path) as another:
        database = one.database("_system")
        store(database, leaning(COUNT))
        nearest = [*found(database, query)]
        with database.transaction(write=True) as tx:
            things = tx.collection("things")
            things.remove(nearest[0])
            things.update(nearest[1], {"e": (-query).tolist()})
            things.insert({"_key": "new", "e": query.tolist()})
            things.update("7", {"e": (query * 2).tolist()})
            own = things.nearest(things.indexes()[-1], query.tolist(), 3)
            expected = {"7", "new", nearest[2]}
            assert {document["_key"] for document, _ in own} == expected
        assert {*found(database, query, 3)} == expected
        if shared:
            assert {*found(another.database("_system"), query, 3)} == expected
            assert sketches(tmp_path) == [True]


def test_the_next_process_maps_the_sketch_of_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    query = leaning(1, seed=3)[0]
    with Engine(tmp_path) as engine:
        store(engine.database("_system"), leaning(COUNT))
        first = found(engine.database("_system"), query)
        (path,) = tmp_path.glob("*.vectors")
    monkeypatch.setattr(Matrix, "worth_a_sketch", COUNT + 1)
    with Engine(tmp_path) as engine:
        assert found(engine.database("_system"), query) == first
    assert [*tmp_path.glob("*.vectors")] == [path]
    assert sketches(tmp_path) == [True]


def test_a_sketch_reads_as_it_was_written(tmp_path: Path) -> None:
    vectors = held(leaning(COUNT))
    sketch = sketch_of(vectors, by_length=True)
    assert sketch is not None
    vector_file.write(tmp_path / "f", 9, Block(vectors, sketch=sketch))
    read = vector_file.read(tmp_path / "f", DIMENSION)
    assert read is not None
    block = read[1]
    assert block.sketch is not None
    assert block.lists is None
    assert np.array_equal(block.sketch.axes, sketch.axes)
    assert np.array_equal(block.sketch.values, sketch.values)
    assert block.sketch.many == sketch.many
    assert np.array_equal(block.vectors.values, vectors.values)


def test_searches_go_on_while_a_sketch_is_made_and_see_what_is_written_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, may_end = threading.Event(), threading.Event()

    def slow(vectors: Vectors, *, by_length: bool) -> Sketch | None:
        begun.set()
        assert may_end.wait(60)
        return sketch_of(vectors, by_length=by_length)

    monkeypatch.setattr(matrix, "sketch_of", slow)
    rows = leaning(COUNT)
    with Engine(tmp_path) as engine, ThreadPoolExecutor(2) as threads:
        database = engine.create_database("d")
        store(database, rows)
        query = leaning(1, seed=3)[0]
        maker = threads.submit(found, database, query)
        try:
            assert begun.wait(60)
            before = threads.submit(found, database, query).result(60)
            with database.transaction(write=True) as tx:
                tx.collection("things").insert_many([{"_key": "new", "e": query.tolist()}])
            during = threads.submit(found, database, query).result(60)
        finally:
            may_end.set()
        assert maker.result(60) == before
        assert max(during, key=lambda key: during[key]) == "new"
        assert found(database, query) == during
        assert list(tmp_path.glob("*.vectors"))
