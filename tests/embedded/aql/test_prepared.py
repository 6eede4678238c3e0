import pytest

from hades_mcp.embedded.aql import execute, prepare
from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.storage.database import Database

BY_CITY = "FOR p IN people FILTER p.city == @city RETURN p.name"


def test_a_query_is_prepared_once_for_all_values(database: Database) -> None:
    with database.transaction() as transaction:
        first = prepare(BY_CITY, {"city": "Bonn"}, transaction=transaction)
        second = prepare(BY_CITY, {"city": "Kiel"}, transaction=transaction)
    assert first is second
    assert sorted(execute(database, BY_CITY, {"city": "Kiel"}).rows) == ["Bob"]


def test_a_value_that_shapes_the_plan_makes_another_plan(database: Database) -> None:
    query = "FOR d IN @@c RETURN d._id"
    assert len(execute(database, query, {"@c": "people"}).rows) == 4
    assert execute(database, query, {"@c": "log"}).rows == []
    ordered = "FOR i IN [2, 1] SORT i @way RETURN i"
    assert execute(None, ordered, {"way": "ASC"}).rows == [1, 2]
    assert execute(None, ordered, {"way": "DESC"}).rows == [2, 1]


def test_a_new_index_is_used_by_a_query_prepared_before(database: Database) -> None:
    assert "use-indexes" not in _rules(database)
    with database.transaction(write=True) as transaction:
        people = transaction.collection("people")
        people.ensure_index({"type": "persistent", "fields": ["city"]})
    assert "use-indexes" in _rules(database)
    assert sorted(execute(database, BY_CITY, {"city": "Bonn"}).rows) == ["Ann", "Cid"]


def test_a_dropped_collection_is_missed_by_a_query_prepared_before(database: Database) -> None:
    execute(database, "FOR d IN log RETURN d")
    with database.transaction(write=True) as transaction:
        transaction.drop_collection("log")
    with pytest.raises(ArangoError) as caught:
        execute(database, "FOR d IN log RETURN d")
    assert caught.value.number == 1203


def _rules(database: Database) -> tuple[str, ...]:
    prepared = execute(database, BY_CITY, {"city": "Bonn"}).prepared
    assert prepared is not None
    return prepared.rules
