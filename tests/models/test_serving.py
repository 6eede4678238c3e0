"""llama-server is started the way HADES needs it, and models are loaded where that can be asked."""

from __future__ import annotations

import itertools
import os
import signal
import stat
import struct
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from tests.tools.fetch_model import FetchImpossible, fetch_model, fetch_server
from tests.tools.model_server import free_port, started, wait_until_ready

from hades_mcp.config import load_settings
from hades_mcp.errors import ConfigError, UnknownName
from hades_mcp.models import loading, serving
from hades_mcp.models.gguf import read_metadata
from hades_mcp.models.registry import ready_servers
from hades_mcp.models.servers import Asking
from hades_mcp.models.serving import Serving, command_line, find_weights, our_template
from hades_mcp.models.warming import bring_near

if TYPE_CHECKING:
    from collections.abc import Sequence

HELP = "--ui,  --webui, --no-ui, --no-webui   whether\n--slots, --no-slots   expose"


def gguf(path: Path, architecture: str, *, lists: Sequence[str] = ()) -> Path:
    """Write the head of a GGUF file, as ggml's docs/gguf.md lays it out."""

    def text(value: str) -> bytes:
        return struct.pack("<Q", len(value)) + value.encode()

    entries = [text("general.architecture") + struct.pack("<I", 8) + text(architecture)]
    entries.append(text("qwen2.context_length") + struct.pack("<II", 4, 32768))
    numbers = struct.pack("<IIQ", 9, 6, 3) + struct.pack("<3f", 1, 2, 3)
    entries.append(text("some.scores") + numbers)
    words = struct.pack("<IIQ", 9, 8, len(lists)) + b"".join(map(text, lists))
    entries.append(text("tokenizer.ggml.tokens") + words)
    entries.append(text("general.name") + struct.pack("<I", 8) + text("Test"))
    path.write_bytes(b"GGUF" + struct.pack("<IQQ", 3, 0, len(entries)) + b"".join(entries))
    return path


def test_metadata_is_read_past_lists_and_strings(tmp_path):
    path = gguf(tmp_path / "m.gguf", "qwen2", lists=["a", "bc", ""])
    assert read_metadata(path) == {"general.architecture": "qwen2", "general.name": "Test"}
    assert read_metadata(path, "qwen2.") == {"qwen2.context_length": 32768}


@pytest.mark.parametrize("keep", [0, 3, 10, 60, 100])
def test_half_a_file_is_no_weights(tmp_path, keep):
    path = gguf(tmp_path / "m.gguf", "qwen2")
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(ConfigError, match="is no GGUF file"):
        read_metadata(path)


def test_our_template_is_given_to_the_models_it_is_for_and_to_no_other(tmp_path):
    settings = load_settings()
    found = our_template(settings, gguf(tmp_path / "q.gguf", "qwen2"))
    assert found is not None
    assert "```json" in found.read_text(encoding="utf-8")
    assert our_template(settings, tmp_path) == found  # a folder of nothing else
    assert our_template(settings, gguf(tmp_path / "l.gguf", "llama")) is None
    assert our_template(settings, tmp_path) is None


def test_the_command_gives_each_conversation_the_whole_window(tmp_path):
    plan = Serving(tmp_path / "m.gguf", alias="m", slots=3, context=4096, threads=2)
    command = command_line(Path("llama-server"), plan, known=HELP)
    pairs = dict(itertools.pairwise(command))
    assert pairs["--ctx-size"] == "12288"
    assert (pairs["--parallel"], pairs["--threads"]) == ("3", "2")
    assert pairs["--model"] == str(tmp_path / "m.gguf")
    assert (pairs["--host"], pairs["--port"]) == ("127.0.0.1", "8080")
    assert "--jinja" in command


def test_flags_that_a_version_does_not_have_are_left_out(tmp_path):
    plan = Serving(tmp_path / "m.gguf")
    assert "--no-ui" in command_line(Path("s"), plan, known=HELP)
    old = command_line(Path("s"), plan, known="--no-webui   disable")
    assert "--no-webui" in old
    assert not {"--no-ui", "--slots"} & set(old)


def test_a_folder_is_served_as_models_that_are_loaded_when_asked(tmp_path):
    command = command_line(Path("s"), Serving(tmp_path, alias="x"), known="")
    assert "--models-dir" in command
    assert not {"--model", "--alias"} & set(command)


def test_who_listens_to_everybody_needs_a_key_and_no_list_of_processes_shows_it():
    with pytest.raises(ConfigError, match="HADES_MODEL_API_KEY"):
        serving.environment(load_settings(), "0.0.0.0")
    settings = load_settings(model_api_key="secret")
    assert serving.environment(settings, "0.0.0.0")["LLAMA_API_KEY"] == "secret"


def test_weights_are_found_by_path_name_and_known_name(tmp_path):
    settings = load_settings(model_folder=str(tmp_path))
    known = gguf(tmp_path / "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf", "qwen2")
    mine = gguf(tmp_path / "mine.gguf", "qwen2")
    assert find_weights(settings, "qwen2.5-coder-0.5b") == known
    assert find_weights(settings, "mine") == find_weights(settings, str(mine)) == mine
    with pytest.raises(UnknownName, match=r"Did you mean 'mine.gguf'"):
        find_weights(settings, "mine2.gguf")


def test_no_llama_server_says_how_to_get_one(tmp_path):
    with pytest.raises(ConfigError, match=r"HADES_LLAMA_SERVER"):
        serving.find_server(load_settings(llama_server=str(tmp_path / "none")))


def test_weights_are_brought_into_memory_and_found_there_the_next_time(tmp_path):
    ram = tmp_path / "ram"
    ram.mkdir()
    weights = gguf(tmp_path / "m.gguf", "qwen2")
    seen: list[int] = []
    near = bring_near(weights, "ram", ram=ram, progress=lambda done, *_: seen.append(done))
    assert near.read_bytes() == weights.read_bytes()
    assert near.parent.parent == ram
    assert stat.S_IMODE(near.parent.stat().st_mode) == 0o700
    assert [one.name for one in near.parent.iterdir()] == ["m.gguf"]
    assert bring_near(weights, "ram", ram=ram, progress=lambda done, *_: seen.append(done)) == near
    assert bring_near(weights, "cache", progress=lambda done, *_: seen.append(done)) == weights
    assert seen == [weights.stat().st_size] * 2
    assert bring_near(weights, "disk") == weights
    with pytest.raises(ConfigError, match="no folder"):
        bring_near(weights, "ram", ram=tmp_path / "none")


@pytest.mark.anyio
@pytest.mark.parametrize(("owner", "hint"), [("vllm", "started with"), ("organization", "models")])
async def test_a_server_that_loads_nothing_when_asked_says_what_does(wire, owner, hint):
    wire.lists({"id": "m", "owned_by": owner})
    with pytest.raises(ConfigError, match="loads no model when asked"):
        await loading.load(load_settings(model_url=wire.url), "m")


@pytest.mark.anyio
async def test_ollama_loads_and_frees_by_keep_alive(wire):
    wire.lists({"id": "m:latest", "object": "model", "owned_by": "library"})
    wire.says("/api/version", {"version": "0.12.6"})
    wire.says("/api/tags", {"models": [{"name": "m:latest", "model": "m:latest"}]})
    wire.says("/api/ps", {"models": []})
    wire.says("/api/show", {})
    wire.says("/api/generate", {"model": "m:latest", "response": "", "done": True})
    settings = load_settings(model_url=wire.url)
    assert await loading.load(settings, "m") == wire.root
    assert wire.bodies[-1]["options"] == {"num_ctx": 8192}
    await loading.unload(settings, "m")
    assert wire.bodies[-1]["keep_alive"] == 0


@pytest.fixture(scope="module")
def real() -> tuple[Path, Path]:
    try:
        return fetch_server(), fetch_model("0.5b")
    except FetchImpossible as error:
        pytest.skip(f"no real model here: {error}")


@pytest.mark.slow
def test_a_real_server_is_started_with_our_template_and_ends_on_a_signal(real, tmp_path):
    server, weights = real
    port = free_port()
    command = [sys.executable, "-m", "hades_mcp", "--home", str(tmp_path), "models", "serve"]
    options = ["--port", str(port), "--context", "2048", "--threads", "1", "--weights", "cache"]
    environment = {**os.environ, "HADES_LLAMA_SERVER": str(server), "OMP_WAIT_POLICY": "passive"}
    log = tmp_path / "log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*command, str(weights), *options], stdout=out, stderr=out, env=environment
        )
        try:
            wait_until_ready(process, port, log)
            props = httpx2.get(f"http://127.0.0.1:{port}/props", timeout=30).json()
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=30)
    assert props["default_generation_settings"]["n_ctx"] == 2048
    assert props["chat_template"].startswith("{#- Serving template of Qwen2.5-Coder")
    assert props["model_alias"] == weights.stem


async def asking_for(url: str, path: str) -> Any:
    async with Asking(url) as asking:
        return await asking.get(path)


@pytest.mark.slow
@pytest.mark.anyio
async def test_a_real_router_loads_and_unloads_when_asked(real, tmp_path):
    server, weights = real
    folder = tmp_path / "models"
    folder.mkdir()
    (folder / "coder.gguf").symlink_to(weights)
    port = free_port()
    template = our_template(load_settings(), folder)
    plan = Serving(folder, port=port, context=1024, threads=1, template=template)
    command = command_line(server, plan, known=serving.help_of(server))
    settings = load_settings(model_url=f"http://127.0.0.1:{port}")
    with started([*command, "--no-models-autoload"], tmp_path / "log") as process:
        wait_until_ready(process, port, tmp_path / "log")
        await loading.load(settings, "coder")
        (held,) = (await ready_servers(settings))[0].models
        assert (held.loaded, held.trained_window) == (True, 32768)
        props = await asking_for(settings.model_url, "/props?model=coder")
        assert props["chat_template"].startswith("{#- Serving template of Qwen2.5-Coder")
        await loading.unload(settings, "coder")
        (held,) = (await ready_servers(settings))[0].models
        assert held.loaded is False
