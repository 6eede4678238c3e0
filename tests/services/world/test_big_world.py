"""A world far bigger than the memory it may use goes in, and comes out again."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from typing import TYPE_CHECKING

import orjson
import pytest

if TYPE_CHECKING:
    from pathlib import Path

MEGABYTE = 2**20
CAP = 400
"""Megabytes of data segment: reserved, not used; each thread alone reserves ten."""

PROGRAM = f"""
import pathlib, resource, sys
resource.setrlimit(resource.RLIMIT_DATA, ({CAP * MEGABYTE}, {CAP * MEGABYTE}))
from hades_mcp.config import Settings
from hades_mcp.embedders.hashing import HashEmbedder
from hades_mcp.workspace import open_workspace
folder, source, target = map(pathlib.Path, sys.argv[1:])
with open_workspace(Settings(home=folder), embedder=HashEmbedder(8)) as workspace:
    print(workspace.world.load(source).in_words())
    workspace.world.dump(target)
status = pathlib.Path("/proc/self/status").read_text()  # getrusage counts the parent's memory too
print(int(status.split("VmHWM:")[1].split()[0]) // 1024)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the cap is Linux's")
def test_two_hundred_megabytes_are_imported_and_exported_in_less_memory_than_they_take(
    tmp_path: Path,
) -> None:
    source = tmp_path / "big.json"
    things = write_world(source)
    assert source.stat().st_size > 200 * MEGABYTE
    target = tmp_path / "out.json"
    command = [sys.executable, "-c", PROGRAM, str(tmp_path / "home"), str(source), str(target)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=900)
    assert done.returncode == 0, done.stderr
    report, peak = done.stdout.splitlines()
    edges = f"{things - 1} edges in 1, 1 graphs, 0 texts"
    assert report == f"{things} documents in 1 collections, {edges}"
    assert int(peak) < 200  # megabytes resident
    assert digest(target) == digest(source)


def write_world(path: Path, count: int = 300_000) -> int:
    """Write a chain of things as `hades export` writes it; return how many."""
    thing = {"name": "a thing of some length " * 26, "n": 1.5, "tags": ["a", "b"], "at": {"x": 1}}
    with path.open("wb") as file:
        file.write(b'{"collections":{\n"things":[\n')
        for i in range(count):
            file.write(b",\n" if i else b"")
            file.write(orjson.dumps({"_key": f"t{i}"} | thing))
        file.write(b'\n]},\n"edgeCollections":{\n"next_thing":[\n')
        for i in range(1, count):
            file.write(b",\n" if i > 1 else b"")
            ends = {"_from": f"things/t{i - 1}", "_to": f"things/t{i}"}
            file.write(orjson.dumps({"_key": f"e{i}"} | ends))
        file.write(b'\n]},\n"graphs":{\n"chain":')
        definition = {"edge_collection": "next_thing", "from": ["things"], "to": ["things"]}
        file.write(orjson.dumps([definition]) + b'},\n"documents":[]}\n')
    return count


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "blake2b").hexdigest()
