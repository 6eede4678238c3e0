"""One fixture, many back ends: embedded, its HTTP face, Milvus Lite, a Milvus server."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

import pytest
from tests.vectors.backends import Backend, NotInstalled, arango_face, free_port, milvus_server

from hades_mcp.config import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_COUNT = count()


@pytest.fixture(scope="session")
def milvus_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    try:
        with milvus_server(tmp_path_factory.mktemp("milvus"), free_port()) as url:
            yield url
    except NotInstalled:
        pytest.skip(str(NotInstalled.__doc__))


@pytest.fixture(scope="session")
def arango_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with arango_face(tmp_path_factory.mktemp("served"), free_port()) as url:
        yield url


@pytest.fixture
def lite(tmp_path: Path) -> Iterator[Backend]:
    opened = Backend(Settings(home=tmp_path, vectors="milvus"))
    yield opened
    opened.workspace.close()


@pytest.fixture(
    params=[
        "embedded",
        "http",
        "lite",
        pytest.param("server", marks=pytest.mark.slow),
    ]
)
def backend(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Backend]:
    match request.param:
        case "embedded":
            opened = Backend(Settings(home=tmp_path))
        case "lite":
            opened = request.getfixturevalue("lite")
        case "server":
            url = request.getfixturevalue("milvus_url")
            opened = Backend(Settings(home=tmp_path, vectors="milvus", milvus_url=url))
        case _:
            url = request.getfixturevalue("arango_url")
            opened = Backend(Settings(home=tmp_path, arango_url=url, database=f"t{next(_COUNT)}"))
    yield opened
    opened.workspace.close()
