"""`hades models`: what servers hold, fetched, loaded and served from the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.models.conftest import WireServer, served
from tests.models.test_registry import LLAMA_MODEL, LORA, PROPS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.cli.conftest import Hades


@pytest.fixture
def wire() -> Iterator[WireServer]:
    with served(WireServer()) as server:
        yield server


def test_list_tells_each_servers_models_windows_and_adapters(
    hades: Hades, wire: WireServer
) -> None:
    wire.lists(LLAMA_MODEL)
    wire.says("/props", PROPS)
    wire.says("/lora-adapters", LORA)
    done = hades("models", "list", "--model-url", wire.url)
    assert done.code == 0
    head, model = done.out.splitlines()
    assert head.endswith("llama-server, ready")
    assert " ".join(model.split()) == (
        "qwen2.5-coder-0.5b loaded · 8,192 tokens (trained for 32,768) · 630M · Q4_K - Medium ·"
        " 485 MB · adapters: 0 graph at 1"
    )


def test_list_without_a_server_says_so_and_fails(hades: Hades, wire: WireServer) -> None:
    wire.refuses(503, {"error": {"message": "Loading model"}}, "/models")
    done = hades("models", "list", "--model-url", wire.url)
    assert done.code == 1
    assert "nobody, loading" in done.out
    (row,) = hades("models", "list", "--json", "--model-url", wire.url).rows
    assert row["state"] == "loading"
