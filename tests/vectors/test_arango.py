"""Vectors are found by AQL, with an index and without, nearest first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pytest
from arango.exceptions import ArangoServerError

from hades_mcp.embedded import connect
from hades_mcp.vectors.arango import ENOUGH, ArangoVectorIndex

if TYPE_CHECKING:
    from collections.abc import Iterator

    from arango.database import StandardDatabase
    from numpy.typing import NDArray

DIMENSION = 16


@pytest.fixture
def db() -> Iterator[StandardDatabase]:
    client = connect()
    client.db("_system").create_database("test")
    database = client.db("test")
    database.create_collection("points")
    yield database
    client.close()


def fill(db: StandardDatabase, count: int) -> NDArray[np.float64]:
    rows = np.random.default_rng(7).normal(size=(count, DIMENSION))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    db.collection("points").insert_many(
        [{"_key": str(n), "embedding": row.tolist()} for n, row in enumerate(rows)]
    )
    return rows


def check_against_brute_force(index: ArangoVectorIndex, rows: NDArray[np.float64]) -> None:
    for seed in range(5):
        query = np.random.default_rng(seed).normal(size=DIMENSION)
        query /= np.linalg.norm(query)
        scores = rows @ query
        best = np.argsort(-scores)[:10]
        hits = index.search("points", query.tolist(), 10)
        assert [hit.id for hit in hits] == [f"points/{n}" for n in best]
        assert np.allclose([hit.score for hit in hits], scores[best], atol=1e-5)


def test_few_vectors_are_searched_exactly_without_an_index(db: StandardDatabase) -> None:
    rows = fill(db, 50)
    index = ArangoVectorIndex(db)
    assert not index.ensure("points", DIMENSION)
    check_against_brute_force(index, rows)


def test_enough_vectors_get_an_index_that_finds_the_same(db: StandardDatabase) -> None:
    rows = fill(db, ENOUGH)
    index = ArangoVectorIndex(db)
    assert index.ensure("points", DIMENSION)
    assert index.ensure("points", DIMENSION)
    indexes = cast("list[dict[str, Any]]", db.collection("points").indexes())
    types = [found["type"] for found in indexes]
    assert types.count("vector") == 1
    check_against_brute_force(index, rows)


def test_an_index_follows_what_is_written_after_it(db: StandardDatabase) -> None:
    fill(db, ENOUGH)
    index = ArangoVectorIndex(db)
    index.ensure("points", DIMENSION)
    mine = [1.0, *[0.0] * (DIMENSION - 1)]
    db.collection("points").insert({"_key": "mine", "embedding": mine})
    assert index.search("points", mine, 1)[0].id == "points/mine"
    db.collection("points").delete("mine")
    assert index.search("points", mine, 1)[0].id != "points/mine"


def test_another_process_s_index_is_noticed(db: StandardDatabase) -> None:
    rows = fill(db, ENOUGH)
    ours = ArangoVectorIndex(db)
    check_against_brute_force(ours, rows)
    ArangoVectorIndex(db).ensure("points", DIMENSION)
    assert ours.has_index("points")


def test_documents_without_a_vector_are_no_hits(db: StandardDatabase) -> None:
    db.collection("points").insert_many([{"_key": "bare"}, {"_key": "v", "embedding": [1.0, 0.0]}])
    assert [hit.id for hit in ArangoVectorIndex(db).search("points", [1.0, 0.0], 5)] == ["points/v"]


def test_a_missing_collection_is_the_store_s_error(db: StandardDatabase) -> None:
    with pytest.raises(ArangoServerError, match="not found"):
        ArangoVectorIndex(db).search("pionts", [1.0], 5)
