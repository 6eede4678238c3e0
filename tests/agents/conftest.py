"""A real model server for the tests that need one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.tools.model_server import FetchImpossible, model_server

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def model_url() -> Iterator[str]:
    """The real 0.5B behind a real llama-server; skipped only where they cannot be had."""
    try:
        with model_server() as url:
            yield url
    except FetchImpossible as error:
        pytest.skip(f"no real model here: {error}")
