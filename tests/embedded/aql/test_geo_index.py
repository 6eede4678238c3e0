"""Whatever a geo index finds is what the conditions alone would find, in the same order."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hades_mcp.embedded.aql import QueryOptions, execute
from hades_mcp.embedded.storage.engine import Engine
from hades_mcp.embedded.storage.transaction import Transaction

PLAIN = QueryOptions(rules=("-all",))

longitudes = st.sampled_from([-180, -179.5, -1, 0, 0.5, 1, 90, 179.5, 180])
latitudes = st.sampled_from([-90, -60, -1, 0, 0.5, 1, 45, 90])
spots = st.tuples(longitudes, latitudes).map(list)
shapes: st.SearchStrategy[Any] = st.one_of(
    spots,
    spots.map(lambda spot: {"type": "Point", "coordinates": spot}),
    spots.map(
        lambda spot: {
            "type": "LineString",
            "coordinates": [[spot[0] / 2, spot[1] / 2], [spot[0] / 2 + 1, spot[1] / 2]],
        }
    ),
)
AREA = "GEO_POLYGON([[-2, -2], [2, -2], [2, 2], [-2, 2], [-2, -2]])"
BELT = "GEO_POLYGON([[-100, -2], [0, -2], [100, -2], [100, 2], [0, 2], [-100, 2], [-100, -2]])"
CONDITIONS = [
    "GEO_DISTANCE(d.at, @spot) <= @far",
    "@far > GEO_DISTANCE(@spot, d.at)",
    "GEO_IN_RANGE(d.at, @spot, 100, @far)",
    f"GEO_CONTAINS({AREA}, d.at)",
    f"GEO_INTERSECTS(d.at, {BELT})",
    "DISTANCE(d.lat, d.lng, @spot[1], @spot[0]) < @far",
    "GEO_DISTANCE([d.lng, d.lat], @spot) < @far AND d.n > 0",
]


@pytest.fixture(scope="module")
def transaction() -> Iterator[Transaction]:
    with Engine(None) as engine:
        transaction = engine.database("_system").begin(write=True)
        docs = transaction.create_collection("docs")
        docs.ensure_index({"type": "geo", "fields": ["at"], "geoJson": True})
        docs.ensure_index({"type": "geo", "fields": ["lat", "lng"]})
        yield transaction
        transaction.abort()


def both(transaction: Transaction, query: str, bind_vars: dict[str, Any]) -> tuple[Any, Any]:
    found = {name: value for name, value in bind_vars.items() if f"@{name}" in query}
    optimized = execute(transaction, query, found)
    assert optimized.prepared is not None
    assert "geo-index-optimizer" in optimized.prepared.rules
    return optimized.rows, execute(transaction, query, found, options=PLAIN).rows


@settings(
    max_examples=80,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    places=st.lists(st.tuples(shapes, spots), max_size=8),
    spot=spots,
    far=st.sampled_from([0, 1, 60_000, 200_000, 5_000_000, 30_000_000, None]),
    condition=st.sampled_from(CONDITIONS),
    ordered=st.booleans(),
)
def test_a_geo_index_finds_what_the_conditions_alone_find(
    transaction: Transaction,
    places: list[tuple[Any, list[float]]],
    spot: list[float],
    far: float | None,
    condition: str,
    ordered: bool,
) -> None:
    docs = transaction.collection("docs")
    docs.truncate()
    docs.insert_many(
        [
            {"_key": str(n), "n": n, "at": shape, "lng": pair[0], "lat": pair[1]}
            for n, (shape, pair) in enumerate(places)
        ]
    )
    query = f"FOR d IN docs FILTER {condition} "
    query += "SORT GEO_DISTANCE(d.at, @spot) LIMIT 3 RETURN " if ordered else "SORT d.n RETURN "
    result = "ROUND(GEO_DISTANCE(d.at, @spot))" if ordered else "d.n"
    optimized, plain = both(transaction, query + result, {"spot": spot, "far": far})
    assert optimized == plain


def test_documents_without_a_place_are_not_near_anything(transaction: Transaction) -> None:
    docs = transaction.collection("docs")
    docs.truncate()
    docs.insert_many([{"n": 1}, {"n": 2, "at": "here"}, {"n": 3, "at": [0, 0]}])
    query = "FOR d IN docs SORT GEO_DISTANCE(d.at, [0, 1]) RETURN d.n"
    assert execute(transaction, query).rows == [3]


def test_only_as_much_is_read_as_a_limit_asks_for(transaction: Transaction) -> None:
    docs = transaction.collection("docs")
    docs.truncate()
    docs.insert_many([{"n": n, "at": [0, n / 10]} for n in range(500)])
    query = "FOR d IN docs SORT GEO_DISTANCE(d.at, [0, 0]) LIMIT 3 RETURN d.n"
    found = execute(transaction, query)
    assert found.rows == [0, 1, 2]
    assert found.stats["scannedIndex"] < 10
