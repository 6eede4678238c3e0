"""Persistent indexes: the answers of a sorted brute-force search, whatever was written before."""

from __future__ import annotations

from functools import cmp_to_key
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.storage import Bound, Engine
from hades_mcp.embedded.values import compare

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from hades_mcp.embedded.storage import Collection, Database, Index, Transaction

    Refused = Callable[..., AbstractContextManager[None]]


@pytest.fixture
def tx(database: Database) -> Iterator[Transaction]:
    with database.transaction(write=True) as transaction:
        yield transaction


@pytest.fixture
def things(tx: Transaction) -> Collection:
    return tx.create_collection("things")


def persistent(*fields: str, **options: Any) -> dict[str, Any]:
    return {"type": "persistent", "fields": list(fields), **options}


def keys(
    collection: Collection,
    index: Index,
    low: Bound | None = None,
    high: Bound | None = None,
    **options: Any,
) -> list[str]:
    return [document["_key"] for document in collection.lookup(index, low, high, **options)]


def equal(*values: Any) -> tuple[Bound, Bound]:
    return Bound(values), Bound(values)


scalars = (
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.sampled_from([0.5, -0.5, 1e300, 2**53, 2**53 + 1])
    | st.sampled_from(["", "a", "A", "b", "ä", "Z", "aa", "\x00", "ab\x00c"])
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=2)
    ),
    max_leaves=4,
)
rows = st.lists(st.fixed_dictionaries({}, optional={"a": values, "b": scalars}), max_size=12)
bounds = st.none() | st.builds(
    Bound,
    st.tuples(values) | st.tuples(values, scalars),
    st.booleans(),
)


def ordered(left: tuple[Any, ...], right: tuple[Any, ...]) -> int:
    return next((order for order in map(compare, left, right) if order), 0)


def inside(value: tuple[Any, ...], low: Bound | None, high: Bound | None) -> bool:
    if low and ordered(value, low.values) < (0 if low.inclusive else 1):
        return False
    return not (high and ordered(value, high.values) > (0 if high.inclusive else -1))


@settings(max_examples=150, deadline=None)
@given(rows, bounds, bounds, st.booleans(), st.booleans())
def test_a_range_of_a_compound_index_is_what_brute_force_finds(
    documents: list[dict[str, Any]],
    low: Bound | None,
    high: Bound | None,
    sparse: bool,
    reverse: bool,
) -> None:
    with MODEL.begin(write=True) as tx:
        things = tx.create_collection("model")
        half = len(documents) // 2
        things.insert_many(documents[:half])
        index, _ = things.ensure_index(persistent("a", "b", sparse=sparse))
        things.insert_many(documents[half:])
        found = list(things.lookup(index, low, high, reverse=reverse))
        expected = [
            document
            for document in things.scan()
            if inside(pair(document), low, high)
            and not (sparse and None in (document.get("a"), document.get("b")))
        ]
        tx.abort()
    expected.sort(key=cmp_to_key(lambda x, y: ordered(pair(x), pair(y))))
    if reverse:
        expected.reverse()
    assert [document["_key"] for document in found] == [d["_key"] for d in expected]


def pair(document: dict[str, Any]) -> tuple[Any, Any]:
    return document.get("a"), document.get("b")


@settings(max_examples=80, deadline=None)
@given(st.lists(values | st.lists(scalars, max_size=4), max_size=8), scalars, st.booleans())
def test_an_array_index_answers_membership_exactly(
    arrays: list[Any], wanted: Any, sparse: bool
) -> None:
    with MODEL.begin(write=True) as tx:
        things = tx.create_collection("model")
        index, _ = things.ensure_index(persistent("tags[*]", sparse=sparse))
        things.insert_many([{"tags": array} for array in arrays])
        found = keys(things, index, *equal(wanted))
        everything = keys(things, index)
        members = {
            document["_key"]: document["tags"]
            for document in things.scan()
            if isinstance(document["tags"], list)
        }
        tx.abort()
    assert sorted(found) == sorted(
        key
        for key, tags in members.items()
        if any(compare(tag, wanted) == 0 and not (sparse and tag is None) for tag in tags)
    )
    assert len(everything) == len(set(everything))


class _Model:
    """One engine for all examples: making files for each would take most of the time."""

    engine: Engine | None = None

    def begin(self, *, write: bool) -> Transaction:
        if self.engine is None:
            self.engine = Engine(None)
        return self.engine.database("_system").begin(write=write)


MODEL = _Model()


@pytest.fixture(scope="module", autouse=True)
def _close_model() -> Iterator[None]:
    yield
    if MODEL.engine is not None:
        MODEL.engine.close()


def test_a_unique_index_refuses_a_second_holder_in_arangodbs_words(
    things: Collection, refused: Refused
) -> None:
    index, _ = things.ensure_index(persistent("name.first", "name.last", unique=True))
    name = {"first": "hans", "last": "hansen"}
    holder = (things.insert({"name": name}).new or {})["_key"]
    with refused(
        1210,
        f"^unique constraint violated - in index {index.name} of type persistent over"
        f" 'name.first, name.last'; conflicting key: {holder}$",
    ):
        things.insert({"name": name})
    other = (things.insert({"name": {**name, "first": "jan"}}).new or {})["_key"]
    attempts: list[Callable[[], object]] = [
        lambda: things.update(other, {"name": name}),
        lambda: things.replace(other, {"name": name}),
        lambda: things.insert({"_key": other, "name": name}, overwrite_mode="update"),
    ]
    for attempt in attempts:
        with refused(1210):
            attempt()
    things.update(holder, {"age": 5})  # its own entry is no conflict
    things.remove(holder)
    things.update(other, {"name": name})
    assert keys(things, index, *equal("hans")) == [other]


def test_null_is_a_value_to_a_unique_index_unless_it_is_sparse(
    tx: Transaction, refused: Refused
) -> None:
    full, sparse = tx.create_collection("full"), tx.create_collection("sparse")
    full.ensure_index(persistent("a", unique=True))
    sparse.ensure_index(persistent("a", unique=True, sparse=True))
    for document in ({}, {"a": None}, {"b": 1}):
        sparse.insert(document)
    full.insert({})
    with refused(1210):
        full.insert({"a": None})
    assert (full.count(), sparse.count()) == (1, 3)


def test_a_batch_with_conflicts_reports_each_and_keeps_the_rest(things: Collection) -> None:
    index, _ = things.ensure_index(persistent("a", unique=True))
    results = things.insert_many([{"a": n % 4} for n in range(10)])
    assert [isinstance(result, ArangoError) for result in results] == [False] * 4 + [True] * 6
    assert len(keys(things, index)) == things.count() == 4


def test_a_unique_index_over_an_array_counts_members_of_one_document_once(
    things: Collection, refused: Refused
) -> None:
    things.ensure_index(persistent("tags[*]", unique=True))
    things.insert({"tags": ["x", "x", "y"]})
    with refused(1210):
        things.insert({"tags": ["z", "y"]})
    things.insert({"tags": ["z"]})


def test_an_index_over_attributes_of_array_members(things: Collection) -> None:
    index, _ = things.ensure_index(persistent("people[*].name.first"))
    things.insert({"_key": "a", "people": [{"name": {"first": "x"}}, {"name": 1}, 5]})
    things.insert({"_key": "b", "people": {"name": {"first": "x"}}})
    assert keys(things, index, *equal("x")) == ["a"]
    assert keys(things, index, *equal(None)) == ["a"]


def test_an_index_made_over_conflicting_documents_is_refused_and_leaves_nothing(
    things: Collection, refused: Refused
) -> None:
    things.insert_many([{"_key": "one", "a": 1}, {"_key": "two", "a": 1}])
    with refused(1210, "conflicting key: one"):
        things.ensure_index(persistent("a", unique=True))
    assert [index.type for index in things.indexes()] == ["primary"]
    things.insert({"a": 1})


def test_the_same_definition_finds_the_index_there_is(things: Collection) -> None:
    first, made = things.ensure_index(persistent("a", "b", name="mine"))
    again, made_again = things.ensure_index({"type": "persistent", "fields": ["a", "b"]})
    assert (made, made_again) == (True, False)
    assert first == again
    assert things.index("mine") == things.index(first.id) == first
    _, other = things.ensure_index(persistent("b", "a"))
    assert other
    assert [index.type for index in things.indexes()] == ["primary", "persistent", "persistent"]


def test_a_dropped_index_is_gone_and_writing_goes_on(things: Collection, refused: Refused) -> None:
    index, _ = things.ensure_index(persistent("a", unique=True))
    things.insert({"a": 1})
    things.drop_index(index.id)
    things.insert({"a": 1})
    with refused(1212):
        things.drop_index(index.id)
    with refused(11):
        things.drop_index("primary")
    assert things.count() == 2


@pytest.mark.parametrize(
    ("definition", "number"),
    [
        ({}, 10),
        ({"type": "magic", "fields": ["a"]}, 10),
        ({"type": "persistent"}, 10),
        ({"type": "persistent", "fields": []}, 10),
        ({"type": "persistent", "fields": "a"}, 10),
        ({"type": "persistent", "fields": [1]}, 10),
        ({"type": "persistent", "fields": ["a", "a"]}, 10),
        ({"type": "persistent", "fields": ["a..b"]}, 10),
        ({"type": "persistent", "fields": ["_id"]}, 10),
        ({"type": "persistent", "fields": ["a[*].b[*]"]}, 10),
        ({"type": "persistent", "fields": ["a"], "unique": "yes"}, 10),
        ({"type": "persistent", "fields": ["a"], "name": "a/b"}, 1208),
        ({"type": "persistent", "fields": ["a"], "name": "primary"}, 1005),
        ({"type": "ttl", "fields": ["a"]}, 10),
        ({"type": "ttl", "fields": ["a", "b"], "expireAfter": 1}, 10),
        ({"type": "vector", "fields": ["a"]}, 10),
        ({"type": "vector", "fields": ["a"], "params": {"metric": "cosine"}}, 10),
        ({"type": "vector", "fields": ["a"], "params": {"metric": "x", "dimension": 3}}, 10),
    ],
)
def test_a_bad_definition_is_refused(
    things: Collection, definition: dict[str, Any], number: int, refused: Refused
) -> None:
    with refused(number):
        things.ensure_index(definition)
    assert len(things.indexes()) == 1


def test_a_ttl_index_is_kept_with_its_expiry(things: Collection) -> None:
    index, _ = things.ensure_index({"type": "ttl", "fields": ["at"], "expireAfter": 3600})
    # attributes as ArangoDB 3.12.10 answers them
    assert index.definition() == {
        "estimates": False,
        "expireAfter": 3600,
        "fields": ["at"],
        "id": index.id,
        "name": index.name,
        "sparse": True,
        "type": "ttl",
        "unique": False,
    }


def test_only_a_sorted_index_can_be_looked_up(things: Collection, refused: Refused) -> None:
    with refused(1209):
        things.lookup(things.index("primary"), None, None)
    with refused(1209):
        things.nearest(things.index("primary"), [1.0], 1)


def test_indexes_are_built_anew_under_another_collation_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Engine(tmp_path) as engine:
        database = engine.database("_system")
        with database.transaction(write=True) as tx:
            things = tx.create_collection("things")
            index, _ = things.ensure_index(persistent("a"))
            things.insert_many([{"_key": key, "a": key} for key in "bca"])
        with database.transaction(write=True) as tx:
            # an index as an older library might have left it: in another order
            tx.session.execute(f"UPDATE i{index.id} SET k = CAST(-rid AS BLOB)")
            tx.session.execute("UPDATE indexes SET collation = 'icu-old'")
            tx.session.execute("UPDATE counters SET value = value + 1 WHERE name = 'catalog'")
        for _ in range(2):
            with database.transaction() as tx:
                assert keys(tx.collection("things"), index) == ["a", "b", "c"]
