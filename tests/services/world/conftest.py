"""Databases that worlds go into."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.services.world.worlds import World

from hades_mcp.embedded import connect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[[], World]]:
    client = connect()
    made: list[str] = []

    def one() -> World:
        made.append(f"db{len(made)}")
        client.db("_system").create_database(made[-1])
        return World(client.db(made[-1]), tmp_path)

    yield one
    client.close()


@pytest.fixture
def world(make: Callable[[], World]) -> World:
    return make()
