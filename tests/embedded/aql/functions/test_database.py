"""Functions that read collections, over a real database."""

import pytest

from hades_mcp.embedded.aql.context import Context
from hades_mcp.embedded.aql.functions import resolve
from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.storage.engine import Engine


@pytest.fixture
def run():
    engine = Engine(None)
    with engine.database("_system").transaction(write=True) as transaction:
        people = transaction.create_collection("people", schema={"rule": {"type": "object"}})
        for key in ("alice", "bob"):
            people.insert({"_key": key})
        context = Context(transaction)

        def call(name, *arguments):
            return resolve(name).call(context, *arguments)

        yield call, context
    engine.close()


def test_documents_are_found_by_key_and_by_identifier(run):
    call, _ = run
    assert call("DOCUMENT", "people", "alice")["_id"] == "people/alice"
    assert call("DOCUMENT", "people", "people/alice")["_key"] == "alice"
    assert call("DOCUMENT", "people/bob")["_key"] == "bob"
    found = call("DOCUMENT", "people", ["alice", "people/bob", "carol"])
    assert [document["_key"] for document in found] == ["alice", "bob"]


def test_what_is_not_there_is_null(run):
    call, context = run
    assert call("DOCUMENT", "people", "carol") is None
    assert call("DOCUMENT", "people", "other/alice") is None
    assert call("DOCUMENT", "alice") is None
    assert call("DOCUMENT", 5) is None
    assert call("DOCUMENT", "nowhere/alice") is None
    assert context.warnings == []


def test_collections_are_counted_and_listed(run):
    call, _ = run
    assert call("COLLECTION_COUNT", "people") == 2
    assert "people" in [collection["name"] for collection in call("COLLECTIONS")]
    assert call("SCHEMA_GET", "people")["rule"] == {"type": "object"}
    assert call("SHARD_ID", "people", {}) == "people"
    with pytest.raises(ArangoError, match="nowhere") as caught:
        call("COLLECTION_COUNT", "nowhere")
    assert caught.value.number == 1203


def test_a_query_without_a_database_finds_no_collection():
    with pytest.raises(ArangoError) as caught:
        resolve("COLLECTIONS").call(Context())
    assert caught.value.number == 1203
