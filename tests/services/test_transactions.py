"""Work is done whole, waits for other writers, and gives up with a plain word."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from arango.client import ArangoClient
from arango.exceptions import ArangoServerError

from hades_mcp.embedded.client import HOST, EmbeddedHTTPClient
from hades_mcp.embedded.storage import Engine
from hades_mcp.errors import Unavailable
from hades_mcp.services import transactions
from hades_mcp.services.layout import ensure_layout
from hades_mcp.services.refusals import translated
from hades_mcp.services.transactions import atomically

if TYPE_CHECKING:
    from collections.abc import Iterator

    from arango.database import StandardDatabase, TransactionDatabase


@pytest.fixture
def db() -> Iterator[StandardDatabase]:
    """A database whose writers do not wait for each other."""
    client = ArangoClient(
        hosts=HOST, http_client=EmbeddedHTTPClient(Engine(None, lock_timeout=0, expire=False))
    )
    client.db("_system").create_database("test")
    database = client.db("test")
    ensure_layout(database)
    yield database
    client.close()


def add_one(tx: TransactionDatabase) -> None:
    tx.collection("documents").insert({"_key": "one"})


def holding_the_lock(db: StandardDatabase) -> TransactionDatabase:
    other = db.begin_transaction(write="documents")
    other.collection("documents").insert({"_key": "other"})
    return other


def test_a_writer_in_the_way_is_waited_for(
    db: StandardDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = holding_the_lock(db)
    pauses: list[float] = []

    def the_other_ends(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 3:
            other.commit_transaction()

    monkeypatch.setattr("hades_mcp.services.transactions.time.sleep", the_other_ends)
    atomically(db, ["documents"], add_one)
    assert len(pauses) == 3
    assert db.collection("documents").has("one")


def test_a_writer_that_never_ends_is_not_waited_for_for_ever(
    db: StandardDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transactions, "PATIENCE", 0)
    other = holding_the_lock(db)
    with pytest.raises(Unavailable, match="The store is busy"):
        translated(atomically)(db, ["documents"], add_one)
    other.abort_transaction()
    assert not db.collection("documents").has("one")


def test_work_that_fails_leaves_nothing_and_frees_the_store(db: StandardDatabase) -> None:
    def fail(tx: TransactionDatabase) -> None:
        add_one(tx)
        raise ValueError("half way")

    with pytest.raises(ValueError, match="half way"):
        atomically(db, ["documents"], fail)
    assert db.collection("documents").count() == 0
    atomically(db, ["documents"], add_one)
    assert db.collection("documents").count() == 1


def test_another_refusal_is_not_tried_again(db: StandardDatabase) -> None:
    tries: list[int] = []

    def refused(tx: TransactionDatabase) -> None:
        tries.append(1)
        tx.collection("nowhere").insert({})

    with pytest.raises(ArangoServerError, match="nowhere"):
        atomically(db, ["documents"], refused)
    assert tries == [1]
