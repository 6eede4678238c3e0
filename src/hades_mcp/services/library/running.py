"""Runs the examples of a library over its own data, and says which give the rows they promise."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

from arango.exceptions import ArangoServerError

from hades_mcp import assets
from hades_mcp.errors import ConfigError
from hades_mcp.services.library.files import FOLDER, read_library
from hades_mcp.services.refusals import message
from hades_mcp.services.statements import rows

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from arango.database import StandardDatabase
    from arango.graph import Graph

DATA = "data.json"


def run_examples(home: Path, library: str) -> dict[str, str]:
    """Run every example in a database of its own, in memory; nothing else is touched.

    Args:
        home: Where the user's own libraries are.
        library: Its name.

    Returns:
        `_key` of each example that says what it gives → why it failed, "" if it did not. Empty for
        a library without data.

    Raises:
        UnknownName: There is no such library.
        ConfigError: One of its files is broken.
    """
    topics = read_library(home, library)
    path = f"{FOLDER}/{library}/{DATA}"
    if path not in assets.names(home, "prompts", ".json"):
        return {}
    try:
        data = json.loads(assets.find(home, "prompts", path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"prompts/{path} cannot be read: {error}.") from None
    with _world(data) as db:
        return {
            example_key(library, topic.name, position): _failure(db, example.aql, example)
            for topic in topics
            for position, example in enumerate(topic.examples, start=1)
            if example.expected
        }


def example_key(library: str, topic: str, position: int) -> str:
    """Return the `_key` of a topic's example, the first of which is 1."""
    return f"{library}-{topic}-{position:02}"


def _failure(db: StandardDatabase, aql: str, example: Any) -> str:
    names = [one["name"] for one in cast("list[Any]", db.collections()) if not one["system"]]
    transaction = db.begin_transaction(write=names)
    try:
        found = rows(transaction, aql, example.bind_vars)
    except ArangoServerError as error:
        return message(error)
    finally:
        transaction.abort_transaction()  # the next example finds the data as it was
    return "" if found == example.expected else "other rows than it says"


@contextmanager
def _world(data: dict[str, Any]) -> Iterator[StandardDatabase]:
    from hades_mcp.embedded import connect  # noqa: PLC0415  only who runs examples

    client = connect()
    try:
        client.db("_system").create_database("library")
        db = client.db("library")
        for section, edge in (("collections", False), ("edgeCollections", True)):
            for name, documents in data.get(section, {}).items():
                db.create_collection(name, edge=edge)
                db.collection(name).insert_many(documents)
        for name, definitions in data.get("graphs", {}).items():
            graph = cast("Graph", db.create_graph(name))
            for one in definitions:
                graph.create_edge_definition(one["edge_collection"], one["from"], one["to"])
        yield db
    finally:
        client.close()
