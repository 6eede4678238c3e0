"""One bakery for each back end: embedded, over HTTP, Milvus Lite, a Milvus server."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
from tests.promises.backends.kitchens import furnished
from tests.vectors.backends import NotInstalled, arango_face, free_port, milvus_server

from hades_mcp.config import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.promises.backends.kitchens import Kitchen


@pytest.fixture(
    scope="module",
    params=["embedded", "http", "lite", pytest.param("milvus", marks=pytest.mark.slow)],
)
def kitchen(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Kitchen]:
    home = tmp_path_factory.mktemp(request.param)
    with ExitStack() as stack:
        settings = _settings(request.param, home, stack)
        yield stack.enter_context(furnished(settings))


def _settings(name: str, home: Path, stack: ExitStack) -> Settings:
    match name:
        case "http":
            url = stack.enter_context(arango_face(home / "served", free_port()))
            return Settings(home=home, arango_url=url)
        case "lite":
            return Settings(home=home, vectors="milvus")
        case "milvus":
            try:
                url = stack.enter_context(milvus_server(home / "milvus", free_port()))
            except NotInstalled:
                pytest.skip(str(NotInstalled.__doc__))
            return Settings(home=home, vectors="milvus", milvus_url=url)
        case _:
            return Settings(home=home)
