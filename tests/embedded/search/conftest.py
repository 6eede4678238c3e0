"""A database of its own for each test, through the driver, and what a query returns."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from arango.database import StandardDatabase

from hades_mcp.embedded import connect

Ask = Callable[..., list[Any]]


@pytest.fixture
def db() -> Iterator[StandardDatabase]:
    client = connect(None)
    yield client.db("_system")
    client.close()


@pytest.fixture
def ask(db: StandardDatabase) -> Ask:
    def ask(query: str, **bind_vars: Any) -> list[Any]:
        return list(db.aql.execute(query, bind_vars=bind_vars))  # type: ignore[arg-type]

    return ask
