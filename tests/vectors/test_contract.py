"""What every back end keeps: the same vectors in, the same neighbours out, whoever searches."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from tests.vectors.backends import DIMENSION

from hades_mcp.services.layout import CHUNKS

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from tests.vectors.backends import Backend

HOSTILE = [
    "it's",
    "x'-or-1==1-or-'x",
    "a%20b",
    "%",
    "100%25",
    "(a)+(b),=;$!*",
    "_a:b@c.d",
    "k" * 254,
]
"""Legal `_key`s that mean something in a filter expression, a URL or a pattern."""


def unit(position: int) -> list[float]:
    return [float(n == position) for n in range(DIMENSION)]


def random_rows(count: int, seed: int = 7) -> NDArray[np.float64]:
    rows = np.random.default_rng(seed).normal(size=(count, DIMENSION))
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True))


def test_the_nearest_come_first_with_their_cosine(backend: Backend) -> None:
    rows = random_rows(60)
    backend.put({str(n): row.tolist() for n, row in enumerate(rows)})
    for query in random_rows(4, seed=8):
        scores = rows @ query
        best = np.argsort(-scores)[:10]
        hits = backend.search(query.tolist(), 10)
        assert [hit.id for hit in hits] == [f"{CHUNKS}/{n}" for n in best]
        assert np.allclose([hit.score for hit in hits], scores[best], atol=1e-4)


def test_an_empty_store_finds_nothing(backend: Backend) -> None:
    backend.workspace.vectors.settle()
    assert backend.found(unit(0), 5) == []


def test_what_is_put_again_is_found_where_it_is_now(backend: Backend) -> None:
    backend.put({"a": unit(0), "b": unit(1)})
    backend.put({"a": unit(2)})
    assert backend.found(unit(2), 1) == ["a"]
    assert backend.search(unit(0), 1)[0].score == pytest.approx(0, abs=1e-5)
    assert sorted(backend.found(unit(0), 9)) == ["a", "b"]


def test_what_is_removed_is_not_found_and_removing_it_again_does_no_harm(backend: Backend) -> None:
    backend.put({"a": unit(0), "b": unit(1)})
    backend.remove("a")
    backend.remove("a", "never")
    assert backend.found(unit(0), 9) == ["b"]


def test_a_chunk_without_a_vector_is_no_hit(backend: Backend) -> None:
    backend.put({"bare": None, "a": unit(0)})
    assert backend.found(unit(0), 9) == ["a"]
    backend.put({"a": None})
    assert backend.found(unit(0), 9) == []


@pytest.mark.parametrize("key", HOSTILE)
def test_a_key_means_nothing_but_itself(lite: Backend, key: str) -> None:
    lite.put({key: unit(0), "other": unit(1)})
    assert lite.found(unit(0), 1) == [key]
    lite.remove(key)
    assert lite.found(unit(0), 9) == ["other"]


def test_hostile_keys_live_side_by_side(backend: Backend) -> None:
    rows = random_rows(len(HOSTILE))
    backend.put({key: row.tolist() for key, row in zip(HOSTILE, rows, strict=True)})
    for key, row in zip(HOSTILE, rows, strict=True):
        assert backend.found(row.tolist(), 1) == [key]
    backend.remove(*HOSTILE[::2])
    assert sorted(backend.found(rows[0].tolist(), 20)) == sorted(HOSTILE[1::2])


def test_what_was_stored_is_found_after_a_restart(backend: Backend) -> None:
    backend.put({"a": unit(0), "b": unit(1)})
    backend.reopen()
    assert backend.found(unit(1), 1) == ["b"]
    backend.put({"c": unit(2)})
    assert backend.found(unit(2), 1) == ["c"]


def test_what_is_written_and_not_settled_is_made_up_for_at_the_next_start(
    backend: Backend,
) -> None:
    backend.put({"a": unit(0), "b": unit(1)})
    backend.put({"c": unit(2)}, settle=False)
    backend.remove("a", settle=False)
    backend.reopen()
    assert backend.found(unit(2), 1) == ["c"]
    assert sorted(backend.found(unit(0), 9)) == ["b", "c"]


def test_several_thousand_go_in_and_all_are_found(backend: Backend) -> None:
    rows = random_rows(2100)
    backend.put({f"k{n}": row.tolist() for n, row in enumerate(rows)})
    near = backend.found(rows[2099].tolist(), 100)
    best = [f"k{n}" for n in np.argsort(-(rows @ rows[2099]))[:100]]
    assert near[0] == "k2099"
    # a graph of neighbours is not exact
    assert len(set(near) & set(best)) >= 95
