"""`hades models`: what servers hold, fetched, loaded and served from the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.models.conftest import WireServer
from tests.models.file_server import serving_files
from tests.models.test_pulling import BODY, SHA256
from tests.models.test_registry import LLAMA_MODEL, LORA, PROPS
from tests.models.test_serving import gguf
from tests.tools.loopback import served

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.cli.conftest import Hades


@pytest.fixture(autouse=True)
def _no_weights_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HADES_MODEL_FOLDER", str(tmp_path / "weights"))


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


def test_pull_fetches_verifies_and_names_the_file(hades: Hades, tmp_path: Path) -> None:
    with serving_files() as files:
        files.files["/m.gguf"] = BODY
        done = hades("models", "pull", f"{files.root}/m.gguf", "--sha256", SHA256)
        assert done.out == f"{tmp_path}/weights/m.gguf\n"
        assert f"SHA-256 {SHA256}, verified" in done.err
        listed = hades("models", "list", "--model-url", files.root)
        wrong = hades("models", "pull", f"{files.root}/m.gguf", "--sha256", "0" * 64)
    assert "m.gguf  0 MB" in listed.out
    assert wrong.code == 2
    assert "not what was promised" in wrong.err


def test_pull_lets_ollama_fetch_its_own(hades: Hades, wire: WireServer) -> None:
    wire.says_lines("/api/pull", {"status": "pulling manifest"}, {"status": "success"})
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HADES_MODEL_URL", wire.url)
        assert hades("models", "pull", "ollama:m").out == "ollama has m\n"
    assert wire.bodies[-1]["model"] == "m"


def test_serve_prints_the_command_it_would_run(hades: Hades, tmp_path: Path) -> None:
    server = tmp_path / "llama-server"
    server.write_text("#!/bin/sh\necho '--slots --no-ui'\n")
    server.chmod(0o755)
    weights = gguf(tmp_path / "m.gguf", "qwen2")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HADES_LLAMA_SERVER", str(server))
        done = hades("models", "serve", weights, "--print", "--port", "9999", "--slots", "2")
        open_to_all = hades("models", "serve", weights, "--host", "0.0.0.0", "--print")
    assert done.out.startswith(f"{server} --model {weights} --jinja --alias m --chat-template-file")
    assert "--port 9999 --ctx-size 16384 --parallel 2" in done.out
    assert open_to_all.code == 5
