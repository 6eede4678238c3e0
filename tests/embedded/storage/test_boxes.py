"""Multi-dimensional indexes: boxes found exactly, uniqueness, sparseness, bad definitions."""

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hades_mcp.embedded.aql import execute, explain
from hades_mcp.embedded.storage import Engine
from hades_mcp.embedded.storage.check import check

FIELDS = {"type": "mdi", "fields": ["x", "y"], "fieldValueTypes": "double"}
INTERVALS = {**FIELDS, "fields": ["from", "to"]}
VALUES = [-1e300, -7.5, -1, -0.0, 0, 1e-300, 0.1, 1, 2, 2.5, 3, 1000, 2**53 + 1, 1e300]
BOXES = [
    "d.x >= @low AND d.x <= @high AND d.y >= @low",
    "d.x > @low AND d.y < @high",
    "d.x == @low AND d.y <= @high",
    "d.y >= @high",
    "@low <= d.y AND d.x < @high",
]


@pytest.fixture
def points(database):
    with database.transaction(write=True) as transaction:
        collection = transaction.create_collection("points")
        rows = [{"x": x, "y": y, "kind": str(int(x) % 2)} for x in VALUES for y in VALUES]
        random.Random(1).shuffle(rows)
        collection.insert_many(rows)
    return database


def both(database: Any, query: str, **bind_vars: Any) -> Any:
    """Return what a query gives through an mdi index and without, and whether it used one."""
    with database.transaction(write=False) as transaction:
        nodes = explain(transaction, query, bind_vars)["plan"]["nodes"]
        found = execute(transaction, query, bind_vars).rows
        all_of_them = query.replace("IN points", "IN points OPTIONS { disableIndex: true }")
        used = any(node["type"] == "IndexNode" for node in nodes)
        return found, execute(transaction, all_of_them, bind_vars).rows, used


@pytest.mark.parametrize("condition", BOXES)
@pytest.mark.parametrize(("low", "high"), [(0, 2.5), (-1, 1000), (2**53 + 1, 1e300), (3, 1)])
def test_an_index_finds_what_a_filter_finds(points, condition, low, high):
    with points.transaction(write=True) as transaction:
        transaction.collection("points").ensure_index(FIELDS)
    query = f"FOR d IN points FILTER {condition} SORT d.x, d.y, d._key RETURN d"
    values = {"low": low, "high": high}
    bind_vars = {name: value for name, value in values.items() if f"@{name}" in condition}
    found, wanted, used = both(points, query, **bind_vars)
    assert used
    assert found == wanted


@pytest.mark.parametrize("bound", [None, True, "text", [1], {"a": 1}])
@pytest.mark.parametrize("operator", ["<=", ">=", "<", ">", "=="])
def test_a_bound_that_is_no_number_stands_where_its_type_does(points, operator, bound):
    with points.transaction(write=True) as transaction:
        transaction.collection("points").ensure_index(FIELDS)
    query = f"FOR d IN points FILTER d.x {operator} @bound SORT d._key RETURN d._key"
    found, wanted, used = both(points, query, bound=bound)
    assert used
    assert found == wanted


NUMBERS = st.one_of(
    st.integers(-4, 4),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
)


@pytest.fixture(scope="module")
def one_database():
    with Engine(None) as engine:
        yield engine.database("_system")


@given(data=st.data(), width=st.integers(1, 6))
def test_a_box_holds_just_the_points_between_its_bounds(one_database, data, width):
    points = data.draw(st.lists(st.tuples(*[NUMBERS] * width), max_size=30))
    spans = [sorted(map(float, data.draw(st.tuples(NUMBERS, NUMBERS)))) for _ in range(width)]
    names = [f"d{number}" for number in range(width)]
    with one_database.transaction(write=True) as transaction:
        collection = transaction.create_collection("c")
        index, _ = collection.ensure_index({**FIELDS, "fields": names})
        collection.insert_many([dict(zip(names, point, strict=True)) for point in points])
        hits = list(collection.within_box(index, (), spans))
        transaction.drop_collection("c")
    found = [tuple(each[name] for name in names) for each in hits]
    inside = [
        point
        for point in points
        if all(low <= float(at) <= high for at, (low, high) in zip(point, spans, strict=True))
    ]
    assert sorted(found) == sorted(inside)


def test_explain_tells_the_bounds_and_the_lookahead(points):
    with points.transaction(write=True) as transaction:
        transaction.collection("points").ensure_index(FIELDS)
        query = "FOR d IN points OPTIONS { lookahead: 32 } FILTER d.x > 1 AND d.y < 2 RETURN d"
        nodes = explain(transaction, query)["plan"]["nodes"]
    node = next(each for each in nodes if each["type"] == "IndexNode")
    assert (node["lookahead"], node["sorted"]) == (32, False)
    (conjunction,) = node["condition"]["subNodes"]
    assert [each["type"] for each in conjunction["subNodes"]] == ["compare >", "compare <"]
    assert "FilterNode" in [each["type"] for each in nodes]


def test_prefix_fields_must_all_be_given(points):
    definition = {**FIELDS, "type": "mdi-prefixed", "prefixFields": ["kind"]}
    with points.transaction(write=True) as transaction:
        transaction.collection("points").ensure_index(definition)
    query = "FOR d IN points FILTER d.kind == '1' AND d.x > 0 AND d.y < 3 SORT d._key RETURN d"
    found, wanted, used = both(points, query)
    assert used
    assert found == wanted != []
    found, wanted, used = both(points, "FOR d IN points FILTER d.x > 0 SORT d._key RETURN d")
    assert not used
    assert found == wanted


def test_a_sparse_index_serves_only_what_excludes_null(points):
    with points.transaction(write=True) as transaction:
        collection = transaction.collection("points")
        collection.insert({"_key": "empty"})
        collection.ensure_index({**FIELDS, "sparse": True})
    query = "FOR d IN points FILTER d.x {} AND d.y >= 0 SORT d._key RETURN d._key"
    for condition, expected in (("< 5", False), (">= 5", True), ("< 5 AND d.x != null", True)):
        found, wanted, used = both(points, query.format(condition))
        assert used is expected
        assert found == wanted


def test_a_unique_index_takes_each_point_once(database, refused):
    with database.transaction(write=True) as transaction:
        collection = transaction.create_collection("c")
        collection.ensure_index({**FIELDS, "unique": True})
        collection.insert({"_key": "a", "x": 1, "y": 0})
        with refused(1210, "conflicting key: a"):
            collection.insert({"x": 1.0, "y": -0.0})
        collection.insert({"_key": "b", "x": 0, "y": 1})
        with refused(1210):
            collection.update("b", {"x": 1, "y": 0})
        collection.remove("a")
        collection.update("b", {"x": 1, "y": 0})


@pytest.mark.parametrize("bad", [{"x": 1}, {"x": 1, "y": "2"}, {"x": 1, "y": None}, {"y": True}])
def test_what_is_no_number_is_kept_out(database, refused, bad):
    with database.transaction(write=True) as transaction:
        collection = transaction.create_collection("c")
        collection.ensure_index(FIELDS)
        with refused(1561):
            collection.insert(bad)
        assert collection.count() == 0


def test_documents_are_moved_and_removed_with_their_points(points):
    with points.transaction(write=True) as transaction:
        collection = transaction.collection("points")
        index, new = collection.ensure_index(INTERVALS | {"sparse": True})
        assert new
        collection.insert({"_key": "a", "from": 1, "to": 5})
        collection.insert({"_key": "b", "from": 2, "to": 3})
        collection.update("b", {"from": 8, "to": 9})
        collection.remove("a")
        spans = [(0, 10), (0, 10)]
        assert [found["_key"] for found in collection.within_box(index, (), spans)] == ["b"]
        collection.truncate()
        assert list(collection.within_box(index, (), spans)) == []


def test_checking_finds_a_point_that_was_lost(tmp_path):
    with Engine(tmp_path) as engine:
        with engine.database("_system").transaction(write=True) as transaction:
            collection = transaction.create_collection("c")
            index, _ = collection.ensure_index({**FIELDS, "name": "by_place"})
            collection.insert_many([{"x": place, "y": -place} for place in range(9)])
        assert check(engine) == []
        with engine.database("_system").transaction(write=True) as transaction:
            transaction.session.execute(f"DELETE FROM i{index.id} WHERE x0 > 6")
        assert any("by_place" in str(finding) for finding in check(engine))


def test_stored_values_make_no_other_index(database):
    with database.transaction(write=True) as transaction:
        collection = transaction.create_collection("c")
        first, _ = collection.ensure_index(FIELDS)
        assert collection.ensure_index({**FIELDS, "storedValues": ["z"]}) == (first, False)
        assert collection.ensure_index({**FIELDS, "type": "zkd"})[1]


@pytest.mark.parametrize(
    "definition",
    [
        {"type": "mdi", "fields": ["x"]},
        {**FIELDS, "fieldValueTypes": "int"},
        {**FIELDS, "fields": ["x[*]"]},
        {**FIELDS, "prefixFields": ["a"]},
        {**FIELDS, "type": "mdi-prefixed"},
        {**FIELDS, "type": "mdi-prefixed", "prefixFields": ["x"]},
        {**FIELDS, "type": "mdi-prefixed", "prefixFields": ["a"], "storedValues": ["a"]},
        {**FIELDS, "storedValues": [f"s{number}" for number in range(33)]},
    ],
)
def test_a_bad_definition_is_refused(database, refused, definition):
    with database.transaction(write=True) as transaction, refused(10):
        transaction.create_collection("c").ensure_index(definition)
