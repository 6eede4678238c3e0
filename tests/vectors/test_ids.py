"""Whatever a key holds, its id in Milvus is plain, comes back as the key, and selects only it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hades_mcp.vectors.milvus import MilvusStore, StoredVector, _id, _key

if TYPE_CHECKING:
    from collections.abc import Iterator

hostile = st.text(
    st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60
) | st.sampled_from(
    ["' or 1 == 1 or '", '"] or id != "', "\\", "\\'", "%27", "id in []", "{ids}", "\x00", "ключ"]
)


@given(hostile)
def test_an_id_has_nothing_an_expression_could_trip_over(key: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9_.~:@%-]+", _id(key))
    assert _key(_id(key)) == key


@given(hostile, hostile)
def test_two_keys_never_share_an_id(one: str, other: str) -> None:
    assert (_id(one) == _id(other)) == (one == other)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MilvusStore]:
    opened = MilvusStore(tmp_path_factory.mktemp("ids") / "milvus.db")
    opened.create("keys", 2)
    opened.upsert("keys", [StoredVector("bystander", "m", [0.0, 1.0])])
    yield opened
    opened.close()


@settings(max_examples=40)
@given(st.sets(hostile, min_size=1, max_size=4))
def test_deleting_hostile_keys_deletes_them_and_nothing_else(
    store: MilvusStore, keys: set[str]
) -> None:
    store.upsert("keys", [StoredVector(key, "m", [1.0, 0.0]) for key in keys])
    assert {key for key, _ in store.search("keys", [1.0, 0.0], len(keys))} == keys
    store.delete("keys", keys)
    assert dict(store.marks("keys")) == {"bystander": "m"}
