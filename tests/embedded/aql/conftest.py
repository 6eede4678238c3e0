"""Queries run without data, and a small database to run others on."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from hades_mcp.embedded.aql import Result, execute
from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.storage.database import Database
from hades_mcp.embedded.storage.engine import Engine

PEOPLE = [
    {"_key": "ann", "name": "Ann", "age": 31, "city": "Bonn"},
    {"_key": "bob", "name": "Bob", "age": 25, "city": "Kiel"},
    {"_key": "cid", "name": "Cid", "age": 42, "city": "Bonn"},
    {"_key": "dee", "name": "Dee", "age": 25},
]
KNOWS = [("ann", "bob"), ("bob", "cid"), ("cid", "dee"), ("ann", "dee")]


@pytest.fixture
def database() -> Iterator[Database]:
    with Engine(None) as engine:
        database = engine.database("_system")
        with database.transaction(write=True) as transaction:
            people = transaction.create_collection("people")
            knows = transaction.create_collection("knows", edge=True)
            transaction.create_collection("log")
            for person in PEOPLE:
                people.insert(dict(person))
            for number, (start, end) in enumerate(KNOWS):
                edge = {"_from": f"people/{start}", "_to": f"people/{end}", "since": number}
                knows.insert(edge)
            if not transaction.has_collection("_graphs"):
                transaction.create_collection("_graphs")
            definition = {"collection": "knows", "from": ["people"], "to": ["people"]}
            transaction.collection("_graphs").insert(
                {"_key": "friends", "edgeDefinitions": [definition], "orphanCollections": []}
            )
        yield database


@pytest.fixture
def run(database: Database) -> Callable[..., list[Any]]:
    def rows(text: str, **bind_vars: Any) -> list[Any]:
        return result_of(database, text, bind_vars).rows

    return rows


def result_of(target: Database | None, text: str, bind_vars: dict[str, Any]) -> Result:
    return execute(target, text, {name.replace("__", "@"): v for name, v in bind_vars.items()})


@pytest.fixture
def refusal(database: Database) -> Callable[..., ArangoError]:
    def error(text: str, **bind_vars: Any) -> ArangoError:
        with pytest.raises(ArangoError) as caught:
            result_of(database, text, bind_vars)
        return caught.value

    return error
