"""Vector indexes: exact neighbours, whoever wrote the vectors."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.storage import Engine
from hades_mcp.embedded.storage.indexes import Bound

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

    from hades_mcp.embedded.storage import Collection, Database, Transaction

    Refused = Callable[..., AbstractContextManager[None]]

DIMENSION = 12


def vector_index(metric: str = "l2", dimension: int = DIMENSION, **more: Any) -> dict[str, Any]:
    params = {"metric": metric, "dimension": dimension, "nLists": 1}
    return {"type": "vector", "fields": ["e"], "params": params, **more}


def make(tx: Transaction, count: int, metric: str = "l2", seed: int = 1) -> list[dict[str, Any]]:
    things = tx.create_collection("things")
    things.ensure_index(vector_index(metric))
    numbers = np.random.default_rng(seed).normal(size=(count, DIMENSION))
    documents = [{"_key": str(n), "e": row.tolist()} for n, row in enumerate(numbers)]
    things.insert_many(documents)
    return documents


def nearest(tx: Transaction, query: list[float], count: int = 5) -> list[tuple[str, float]]:
    things = tx.collection("things")
    found = things.nearest(things.indexes()[-1], query, count)
    return [(document["_key"], score) for document, score in found]


def brute_force(
    documents: list[dict[str, Any]], query: list[float], metric: str
) -> list[tuple[str, float]]:
    scored = []
    for document in documents:
        row, target = np.array(document["e"]), np.array(query)
        score = {
            "l2": np.linalg.norm(row - target),
            "innerProduct": row @ target,
            "cosine": row @ target / np.linalg.norm(row) / np.linalg.norm(target),
        }[metric]
        scored.append((document["_key"], float(score)))
    return sorted(scored, key=lambda item: item[1], reverse=metric != "l2")


def test_ids_of_neighbours_are_found_without_reading_them(database: Database) -> None:
    with database.transaction(write=True) as tx:
        make(tx, 40)
        things = tx.collection("things")
        index = things.indexes()[-1]
        whole = things.nearest(index, [0.0] * DIMENSION, 7)
        found = things.nearest(index, [0.0] * DIMENSION, 7, identities=True)
    assert found == [({"_key": d["_key"], "_id": d["_id"]}, score) for d, score in whole]


@pytest.mark.parametrize("metric", ["cosine", "l2", "innerProduct"])
def test_neighbours_and_scores_are_those_of_brute_force(database: Database, metric: str) -> None:
    with database.transaction(write=True) as tx:
        documents = make(tx, 500, metric)
    for seed in range(5):
        query = np.random.default_rng(seed + 100).normal(size=DIMENSION).tolist()
        expected = brute_force(documents, query, metric)[:7]
        with database.transaction() as tx:
            found = nearest(tx, query, 7)
        assert [key for key, _ in found] == [key for key, _ in expected]
        assert np.allclose([s for _, s in found], [s for _, s in expected], atol=1e-5)


def test_asking_for_more_than_there_is_returns_all_and_for_none_nothing(database: Database) -> None:
    with database.transaction(write=True) as tx:
        make(tx, 3)
        assert len(nearest(tx, [0.0] * DIMENSION, 10)) == 3
        assert nearest(tx, [0.0] * DIMENSION, 0) == []
        tx.collection("things").truncate()
        assert nearest(tx, [0.0] * DIMENSION, 10) == []


def test_whoever_takes_some_by_nearness_may_go_on_to_all(database: Database) -> None:
    with database.transaction(write=True) as tx:
        documents = make(tx, 70)
        things = tx.collection("things")
        query = [0.1] * DIMENSION
        hits = things.by_nearness(things.indexes()[-1], query, 3)
        expected = [key for key, _ in brute_force(documents, query, "l2")]
        assert [document["_key"] for document, _ in hits] == expected


def test_only_vectors_in_rows_asked_for_are_found_however_near_others_are(
    database: Database,
) -> None:
    query = [0.1] * DIMENSION
    with database.transaction(write=True) as tx:
        documents = make(tx, 300)
        things = tx.collection("things")
        things.ensure_index({"type": "persistent", "fields": ["group"]})
        ranked = [key for key, _ in brute_force(documents, query, "l2")]
        for key in ranked[250:]:  # the farthest of all
            things.update(key, {"group": "far"})
        things.remove(ranked[299])
    with database.transaction(write=True) as tx:
        things = tx.collection("things")
        vectors, groups = things.indexes()[-2:]
        near = tx.collection("things").get(ranked[0])
        things.remove(ranked[298])  # in this transaction, as is what is near and joins
        things.update(ranked[0], {"group": "far", "e": near and near["e"]})
        far = Bound(("far",))
        rows = things.rows_between(groups, far, far)
        hits = things.by_nearness(vectors, query, 3, among=rows)
        assert [d["_key"] for d, _ in hits] == [ranked[0], *ranked[250:298]]


def test_a_zero_vector_has_no_direction_and_scores_zero(database: Database) -> None:
    with database.transaction(write=True) as tx:
        make(tx, 0, "cosine")
        tx.collection("things").insert({"_key": "zero", "e": [0] * DIMENSION})
        tx.collection("things").insert({"_key": "one", "e": [1] * DIMENSION})
        assert nearest(tx, [1.0] * DIMENSION) == [("one", pytest.approx(1.0)), ("zero", 0.0)]
        assert [score for _, score in nearest(tx, [0.0] * DIMENSION)] == [0.0, 0.0]


@pytest.mark.parametrize(
    ("document", "number", "text"),
    [
        ({"e": [1] * 11}, 17, "index dimension: 12, document dimension: 11"),
        ({"e": "text"}, 17, "array expected for vector attribute for document k"),
        ({"e": [*([1] * 11), "x"]}, 17, "not representable as double for document k"),
        ({"e": [*([1] * 11), True]}, 17, "not representable as double for document k"),
        ({"e": [*([1] * 11), 1e300]}, 17, "not representable as double for document k"),
        ({}, 10, "vector field not present in document k"),
    ],
)
def test_a_document_without_a_fitting_vector_is_refused_in_arangodbs_words(
    database: Database, document: dict[str, Any], number: int, text: str, refused: Refused
) -> None:
    with database.transaction(write=True) as tx:
        make(tx, 1)
        things = tx.collection("things")
        with refused(number, text):
            things.insert({"_key": "k", **document})
        with refused(number):
            things.replace("0", document)
        assert [type(r) for r in things.insert_many([document])] == [ArangoError]
        assert things.count() == len(list(things.scan())) == 1


def test_an_index_over_unfitting_documents_is_refused(database: Database, refused: Refused) -> None:
    with database.transaction(write=True) as tx:
        things = tx.create_collection("things")
        things.insert({"e": [1, 2, 3]})
        with refused(17):
            things.ensure_index(vector_index())
        index, _ = things.ensure_index(vector_index(dimension=3))
        assert len(things.nearest(index, [1, 2, 3], 5)) == 1
        with refused(17, "index dimension: 3, query dimension: 2"):
            things.nearest(index, [1, 2], 5)


def test_a_sparse_index_leaves_out_documents_without_a_vector(database: Database) -> None:
    with database.transaction(write=True) as tx:
        things = tx.create_collection("things")
        index, _ = things.ensure_index(vector_index(dimension=2, sparse=True))
        things.insert_many([{"_key": "none"}, {"_key": "null", "e": None}])
        things.insert({"_key": "some", "e": [1, 2]})
        assert [d["_key"] for d, _ in things.nearest(index, [0, 0], 5)] == ["some"]
        things.update("none", {"e": [0, 0]})
        things.update("some", {"e": None})
        assert [d["_key"] for d, _ in things.nearest(index, [0, 0], 5)] == ["none"]


def check_all(tx: Transaction, collection: Collection) -> None:
    """The neighbours of the origin must be exactly what a scan of the same snapshot says."""
    query = [0.1] * DIMENSION
    expected = brute_force(list(collection.scan()), query, "l2")
    found = nearest(tx, query, 10_000)
    assert [key for key, _ in found] == [key for key, _ in expected]


def test_the_matrix_follows_writes_of_another_engine(tmp_path: Path) -> None:
    with Engine(tmp_path) as one, Engine(tmp_path) as two:
        with one.database("_system").transaction(write=True) as tx:
            make(tx, 40)
        rng = np.random.default_rng(7)
        for step in range(12):
            writer, reader = (one, two) if step % 2 else (two, one)
            with writer.database("_system").transaction(write=True) as tx:
                things = tx.collection("things")
                things.insert({"e": rng.normal(size=DIMENSION).tolist()})
                things.update(str(step), {"e": rng.normal(size=DIMENSION).tolist()})
                things.remove(str(39 - step))
                if step == 8:
                    things.truncate()
                    things.insert_many(
                        [{"_key": str(n), "e": [n + 1] * DIMENSION} for n in range(40)]
                    )
                check_all(tx, things)
            for engine in (reader, writer):
                with engine.database("_system").transaction() as tx:
                    check_all(tx, tx.collection("things"))


def test_an_old_snapshot_and_a_rolled_back_write_disturb_nobody(database: Database) -> None:
    with database.transaction(write=True) as tx:
        make(tx, 30)
    old = database.begin()
    with database.transaction(write=True) as tx:
        tx.collection("things").remove("3")
        tx.collection("things").insert({"e": [0.1] * DIMENSION})
    with database.transaction() as tx:
        check_all(tx, tx.collection("things"))
    check_all(old, old.collection("things"))
    old.abort()
    undone = database.begin(write=True)
    undone.collection("things").truncate()
    undone.collection("things").insert({"e": [0.1] * DIMENSION})
    check_all(undone, undone.collection("things"))
    undone.abort()
    with database.transaction(write=True) as tx:
        tx.collection("things").update("5", {"e": [0.2] * DIMENSION})
        check_all(tx, tx.collection("things"))
    with database.transaction() as tx:
        check_all(tx, tx.collection("things"))


def test_searches_and_writes_of_many_threads_agree(database: Database) -> None:
    with database.transaction(write=True) as tx:
        make(tx, 50)
    failures: list[BaseException] = []

    def search() -> None:
        try:
            for _ in range(15):
                with database.transaction() as tx:
                    check_all(tx, tx.collection("things"))
        except BaseException as error:  # noqa: BLE001  shown below
            failures.append(error)

    def write() -> None:
        rng = np.random.default_rng(3)
        try:
            for step in range(15):
                with database.transaction(write=True) as tx:
                    things = tx.collection("things")
                    things.insert({"e": rng.normal(size=DIMENSION).tolist()})
                    things.update(str(step), {"e": rng.normal(size=DIMENSION).tolist()})
                    things.remove(str(49 - step))
        except BaseException as error:  # noqa: BLE001  shown below
            failures.append(error)

    threads = [threading.Thread(target=work) for work in (search, write, search)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []


def test_a_dropped_index_can_be_made_again_with_another_metric(database: Database) -> None:
    with database.transaction(write=True) as tx:
        make(tx, 5, "l2")
        check_all(tx, tx.collection("things"))
    with database.transaction(write=True) as tx:
        things = tx.collection("things")
        things.drop_index(things.indexes()[-1].id)
        index, _ = things.ensure_index(vector_index("cosine"))
        assert len(things.nearest(index, [1.0] * DIMENSION, 9)) == 5
        things.drop_index(index.id)
        things.insert({"e": "no vector at all"})
