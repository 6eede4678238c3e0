"""Keys: generated ones never collide, given ones are checked."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hades_mcp.embedded.storage.revisions import Clock, decode_revision, encode_revision

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from hades_mcp.embedded.storage import Collection, Database

    Refused = Callable[..., AbstractContextManager[None]]


def made_keys(collection: Collection, count: int) -> list[str]:
    singly = [(collection.insert({}).new or {})["_key"] for _ in range(count)]
    many = collection.insert_many([{} for _ in range(count)])
    return singly + [result.new["_key"] for result in many if hasattr(result, "new") and result.new]


def test_generated_keys_are_growing_numbers_across_transactions(database: Database) -> None:
    keys: list[str] = []
    with database.transaction(write=True) as tx:
        keys += made_keys(tx.create_collection("things"), 5)
    with database.transaction(write=True) as tx:
        keys += made_keys(tx.collection("things"), 5)
        keys += made_keys(tx.create_collection("others"), 5)
    numbers = [int(key) for key in keys]
    assert numbers == sorted(set(numbers))
    assert len(numbers) == 30


def test_a_generated_key_never_meets_a_number_a_user_took(database: Database) -> None:
    with database.transaction(write=True) as tx:
        things = tx.create_collection("things")
        things.insert_many([{"_key": str(n)} for n in range(100, 400)])
        made_keys(things, 200)
        things.insert({"_key": str(2**63 - 3)})
    with database.transaction(write=True) as tx:
        assert made_keys(tx.collection("things"), 1) == [str(2**63 - 2), str(2**63 - 1)]


def test_keys_run_out_with_an_error_and_not_with_a_collision(
    database: Database, refused: Refused
) -> None:
    with database.transaction(write=True) as tx:
        things = tx.create_collection("things")
        things.insert({"_key": "9" * 19})
        with refused(1225):
            things.insert({})


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"type": "autoincrement"}, ["1", "2", "3", "4"]),
        ({"type": "autoincrement", "increment": 5}, ["5", "10", "15", "20"]),
        ({"type": "autoincrement", "increment": 5, "offset": 12}, ["12", "17", "22", "27"]),
    ],
)
def test_autoincrement_counts_from_its_offset(
    database: Database, options: Any, expected: list[str]
) -> None:
    with database.transaction(write=True) as tx:
        assert made_keys(tx.create_collection("things", key_options=options), 2) == expected


def test_padded_keys_sort_as_text(database: Database) -> None:
    with database.transaction(write=True) as tx:
        keys = made_keys(tx.create_collection("things", key_options={"type": "padded"}), 20)
    assert keys == sorted(set(keys))
    assert {len(key) for key in keys} == {16}


def test_a_padded_key_some_user_chose_is_refused_and_not_overwritten(
    database: Database, refused: Refused
) -> None:
    with database.transaction(write=True) as tx:
        things = tx.create_collection("things", key_options={"type": "padded"})
        number = int((things.insert({}).new or {})["_key"], 16) + 1
        things.insert({"_key": f"{number:016x}"})
        with refused(1210):
            things.insert({})


def test_uuid_keys_are_uuids(database: Database) -> None:
    with database.transaction(write=True) as tx:
        keys = made_keys(tx.create_collection("things", key_options={"type": "uuid"}), 3)
    assert len({uuid.UUID(key) for key in keys}) == 6


@pytest.mark.parametrize(
    "options",
    [
        {"type": "none"},
        {"type": 5},
        {"allowUserKeys": "yes"},
        {"type": "autoincrement", "increment": 0},
        {"type": "autoincrement", "offset": -1},
    ],
)
def test_senseless_key_options_are_refused(
    database: Database, options: Any, refused: Refused
) -> None:
    with database.transaction(write=True) as tx, refused(1232):
        tx.create_collection("things", key_options=options)


def test_user_keys_can_be_forbidden(database: Database, refused: Refused) -> None:
    with database.transaction(write=True) as tx:
        things = tx.create_collection("things", key_options={"allowUserKeys": False})
        with refused(1222, "unexpected document key"):
            things.insert({"_key": "mine"})
        things.insert({})


@pytest.mark.parametrize("key", ["a", "A-Z_0:9.@()+,=;$!*'%", "x" * 254, "0", "%"])
def test_legal_keys_are_taken_as_they_are(database: Database, key: str) -> None:
    with database.transaction(write=True) as tx:
        things = tx.create_collection("things")
        assert (things.insert({"_key": key}).new or {})["_key"] == key
        assert (things.get(key) or {})["_id"] == f"things/{key}"


@pytest.mark.parametrize("key", ["", "a b", "ä", "a/b", "x" * 255, "a\n", "\x00", 1, None, ["a"]])
def test_illegal_keys_are_refused(database: Database, key: Any, refused: Refused) -> None:
    with database.transaction(write=True) as tx:
        things = tx.create_collection("things")
        with refused(1221, "illegal document key"):
            things.insert({"_key": key})
        assert things.count() == 0


@given(st.integers(min_value=1, max_value=2**63))
def test_a_revision_reads_back(number: int) -> None:
    assert decode_revision(encode_revision(number)) == number


def test_revisions_are_written_as_arangodb_writes_them() -> None:
    # `_rev` values of ArangoDB 3.12.10, written one after the other
    numbers = [decode_revision(text) for text in ("_l6zhVRe---", "_l6zhVRe--_", "_l6zhVRe--A")]
    assert numbers == [numbers[0], numbers[0] + 1, numbers[0] + 2]
    assert encode_revision(numbers[2]) == "_l6zhVRe--A"


def test_a_clock_grows_beyond_what_it_was_shown() -> None:
    clock = Clock()
    future = encode_revision(decode_revision(clock.next()) + 2**40)
    first, *rest = [clock.next(future), clock.next(), *clock.take(5000), clock.next()]
    numbers = [decode_revision(text) for text in (future, first, *rest)]
    assert numbers == sorted(set(numbers))
    assert decode_revision("not a revision!") == 0
