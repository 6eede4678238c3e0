"""One bakery for each back end: embedded, over HTTP, Milvus Lite, a Milvus server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.promises.backends.kitchens import Kitchen
from tests.vectors.backends import NotInstalled, arango_face, free_port, milvus_server

from hades_mcp.config import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(
    scope="module",
    params=["embedded", "http", "lite", pytest.param("milvus", marks=pytest.mark.slow)],
)
def kitchen(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Kitchen]:
    home = tmp_path_factory.mktemp(request.param)
    match request.param:
        case "http":
            with arango_face(home / "served", free_port()) as url:
                yield from opened(Settings(home=home, arango_url=url))
        case "lite":
            yield from opened(Settings(home=home, vectors="milvus"))
        case "milvus":
            try:
                with milvus_server(home / "milvus", free_port()) as url:
                    yield from opened(Settings(home=home, vectors="milvus", milvus_url=url))
            except NotInstalled:
                pytest.skip(str(NotInstalled.__doc__))
        case _:
            yield from opened(Settings(home=home))


def opened(settings: Settings) -> Iterator[Kitchen]:
    kitchen = Kitchen(settings)
    try:
        kitchen.furnish()
        yield kitchen
    finally:
        kitchen.close()
