"""Selectivity: what share of an index's entries differ, told from a few documents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from hades_mcp.embedded.storage import Database


@pytest.mark.parametrize(
    ("values", "share"),
    [(1, 1 / 1000), (2, 2 / 1000), (10, 10 / 1000), (500, 0.5), (1000, 1.0)],
)
def test_it_is_the_number_of_different_entries_over_the_entries(
    database: Database, values: int, share: float
) -> None:
    with database.transaction(write=True) as tx:
        things = tx.create_collection("things")
        index, _ = things.ensure_index({"type": "persistent", "fields": ["n"]})
        things.insert_many({"n": n % values} for n in range(1000))
        assert things.selectivity(index) == pytest.approx(share, rel=0.01)


def test_it_is_about_right_where_some_values_are_frequent(database: Database) -> None:
    with database.transaction(write=True) as tx:
        things = tx.create_collection("things")
        index, _ = things.ensure_index({"type": "persistent", "fields": ["n"]})
        things.insert_many({"n": n if n % 2 else "often"} for n in range(2000))
        assert things.selectivity(index) == pytest.approx(0.5, abs=0.2)


def test_unique_indexes_differ_in_all_and_others_have_no_estimate(database: Database) -> None:
    with database.transaction(write=True) as tx:
        things = tx.create_collection("things")
        unique: dict[str, Any] = {"type": "persistent", "fields": ["n"], "unique": True}
        geo: dict[str, Any] = {"type": "geo", "fields": ["p"]}
        for definition in (unique, geo):
            things.ensure_index(definition)
        things.insert_many({"n": n} for n in range(10))
        assert [things.selectivity(index) for index in things.indexes()] == [1.0, 1.0, None]


def test_it_follows_a_collection_that_grows(database: Database) -> None:
    with database.transaction(write=True) as tx:
        things = tx.create_collection("things")
        index, _ = things.ensure_index({"type": "persistent", "fields": ["tags[*]"]})
        assert things.selectivity(index) == 1.0
        things.insert_many({"tags": [n, -n]} for n in range(1, 100))
        assert things.selectivity(index) == 1.0
        things.insert_many({"tags": ["x"]} for n in range(400))
        assert (things.selectivity(index) or 0) < 0.7


def test_that_of_edges_is_about_both_ends(database: Database) -> None:
    with database.transaction(write=True) as tx:
        ways = tx.create_collection("ways", edge=True)
        ways.insert_many({"_from": f"v/{n}", "_to": f"v/{n % 10}"} for n in range(1000))
        assert ways.selectivity(ways.indexes()[1]) == pytest.approx((1 + 0.01) / 2, rel=0.01)


def test_it_survives_gaps(database: Database) -> None:
    with database.transaction(write=True) as tx:
        things = tx.create_collection("things")
        index, _ = things.ensure_index({"type": "persistent", "fields": ["n"]})
        things.insert_many({"_key": str(n), "n": n // 2} for n in range(100))
        for n in range(98):
            things.remove(str(n))
        assert things.selectivity(index) == 0.5
