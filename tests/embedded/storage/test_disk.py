"""Folders for the time being: gone with their owner, or with the next of their kind."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from hades_mcp.embedded.storage import Engine
from hades_mcp.embedded.storage.backup import back_up
from hades_mcp.embedded.storage.disk import Scratch, scratch
from hades_mcp.embedded.storage.restore import restore

OWNER = """
import sys, time
from pathlib import Path
from hades_mcp.embedded.storage.disk import Scratch
made = Scratch(Path(sys.argv[1]), "it-")
(made.path / "file").write_text("x")
print(made.path, flush=True)
sys.stdin.readline()
"""

IN_MEMORY = """
import sys
from hades_mcp.embedded.storage import Engine
engine = Engine(None)
with engine.database("_system").transaction(write=True) as tx:
    tx.create_collection("things").insert({})
print(engine.folder, flush=True)
sys.stdin.readline()
"""


def start(script: str, *arguments: str, temporary: Path | None = None) -> subprocess.Popen[str]:
    environment = {**os.environ, **({"TMPDIR": str(temporary)} if temporary else {})}
    return subprocess.Popen(
        [sys.executable, "-c", script, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )


def folder_of(process: subprocess.Popen[str]) -> Path:
    assert process.stdout is not None
    return Path(process.stdout.readline().strip())


def test_a_folder_is_gone_after_its_block(tmp_path: Path) -> None:
    with scratch(tmp_path, "it-") as path:
        (path / "file").write_text("x")
    assert list(tmp_path.iterdir()) == []


def test_only_what_a_killed_process_left_is_removed(tmp_path: Path) -> None:
    strangers = [tmp_path / "it-folder", tmp_path / "other-x"]
    for stranger in strangers:
        stranger.mkdir()
    (tmp_path / "it-file").write_text("x")
    with (
        start(OWNER, str(tmp_path)) as dead,
        start(OWNER, str(tmp_path)) as alive,
    ):
        abandoned, used = folder_of(dead), folder_of(alive)
        with scratch(tmp_path, "it-"):
            assert abandoned.exists()
        dead.kill()
        dead.wait(60)
        with scratch(tmp_path, "it-") as path:
            left = {*strangers, tmp_path / "it-file", used, path}
            assert set(tmp_path.iterdir()) == left
        assert (used / "file").read_text() == "x"
        alive.kill()


def test_an_empty_folder_is_removed_when_it_is_old(tmp_path: Path) -> None:
    for name in ("it-new", "it-old", "it-full"):
        (tmp_path / name).mkdir()
    (tmp_path / "it-old" / ".alive.new").write_bytes(b"")
    (tmp_path / "it-full" / "file").write_bytes(b"")
    for name in ("it-old", "it-full"):
        os.utime(tmp_path / name, (1, 1))
    with scratch(tmp_path, "it-"):
        pass
    assert {path.name for path in tmp_path.iterdir()} == {"it-new", "it-full"}


def test_closing_twice_is_harmless(tmp_path: Path) -> None:
    made = Scratch(tmp_path, "[it]*-")
    made.close()
    made.close()
    assert list(tmp_path.iterdir()) == []


def test_the_files_of_a_killed_process_in_memory_go_with_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with start(IN_MEMORY, temporary=tmp_path) as process:
        left = folder_of(process)
        with Engine(None) as engine:
            assert {left, engine.folder} == set(tmp_path.iterdir())
        process.kill()
        process.wait(60)
    with Engine(None) as engine:
        assert set(tmp_path.iterdir()) == {engine.folder}
    assert list(tmp_path.iterdir()) == []


def test_an_engine_nobody_closed_takes_its_folder_along() -> None:
    engine = Engine(None)
    folder = engine.folder
    engine.close()
    assert not folder.exists()
    lost = Engine(None)
    lost.database("_system").close()
    folder = lost.folder
    del lost
    assert not folder.exists()


@pytest.mark.parametrize("name", ["backup", "backup.zip"])
def test_what_killed_backups_and_restores_left_is_removed_by_the_next(
    tmp_path: Path, name: str
) -> None:
    with Engine(tmp_path / "data") as engine:
        abandoned = Scratch(tmp_path, f".{name}-")
        os.close(abandoned._lock)  # as the system does when a process is killed
        back_up(engine, tmp_path / name)
    assert not abandoned.path.exists()
    abandoned = Scratch(tmp_path, ".data-")
    os.close(abandoned._lock)
    restore(tmp_path / name, tmp_path / "data", replace=True)
    assert {path.name for path in tmp_path.iterdir()} == {"data", name}


@pytest.mark.parametrize("place", ["disk", "memory"])
def test_a_write_that_waits_for_the_disk_is_there(tmp_path: Path, place: str) -> None:
    with Engine(tmp_path if place == "disk" else None) as engine:
        database = engine.database("_system")
        with database.transaction(write=True) as tx:
            tx.create_collection("things", properties={"waitForSync": True})
        with database.transaction(write=True) as tx:
            tx.collection("things").insert({"_key": "a"})
            assert tx.session.sync
        with database.transaction(write=True) as tx:
            assert not tx.session.sync
            assert tx.collection("things").count() == 1
