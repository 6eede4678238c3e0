from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.storage import Engine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from hades_mcp.embedded.storage import Database


@contextmanager
def _refused(number: int, match: str = "") -> Iterator[None]:
    with pytest.raises(ArangoError) as raised:
        yield
    assert raised.value.number == number, raised.value
    assert re.search(match, raised.value.message), raised.value


@pytest.fixture
def refused() -> Callable[..., AbstractContextManager[None]]:
    """Return `refused(number, match="")`: the block must raise ArangoDB's error of that number."""
    return _refused


@pytest.fixture(params=["disk", "memory"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    folder = tmp_path / "data" if request.param == "disk" else None
    with Engine(folder, lock_timeout=0.2) as engine:
        yield engine


@pytest.fixture
def database(engine: Engine) -> Database:
    return engine.database("_system")
