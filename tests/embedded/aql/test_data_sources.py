"""What a name stands for: a collection by its name or id, or a view, which is no value."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from hades_mcp.embedded.aql import execute
from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.storage.database import Database
from hades_mcp.embedded.storage.transaction import Transaction
from hades_mcp.embedded.storage.views import create_view


@pytest.fixture
def transaction(database: Database) -> Iterator[Transaction]:
    transaction = database.begin(write=True)
    links = {"people": {"includeAllFields": True}}
    create_view(transaction, "_system", {"name": "found", "type": "arangosearch", "links": links})
    yield transaction
    transaction.abort()


@pytest.mark.parametrize(
    "query",
    [
        "FOR d IN @@c FILTER d.age == 42 RETURN d.name",
        "LET n = LENGTH(@@c) RETURN n == 4 ? 'Cid' : n",
        "UPDATE 'cid' WITH {age: 43} IN @@c RETURN NEW.name",
    ],
)
def test_a_collection_may_be_bound_by_its_id(transaction: Transaction, query: str) -> None:
    number = transaction.collection("people").info.id
    assert execute(transaction, query, {"@c": number}).rows == ["Cid"]


def test_an_id_nobody_has_is_an_unknown_collection(run: Callable[..., list[Any]]) -> None:
    with pytest.raises(ArangoError) as caught:
        run("FOR d IN @@c RETURN d", **{"@c": "987654321"})
    assert caught.value.number == 1203


@pytest.mark.parametrize(
    "query",
    ["RETURN LENGTH(found)", "RETURN found", "LET a = found RETURN a", "RETURN FIRST(found)"],
)
def test_a_view_is_no_value(transaction: Transaction, query: str) -> None:
    with pytest.raises(ArangoError) as caught:
        execute(transaction, query)
    assert caught.value.number == 9
    assert "'view' is not supported in expressions" in caught.value.message
