"""Several processes ingest into one folder; one that is killed leaves nothing half-stored."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from hades_mcp.config import Settings
from hades_mcp.embedders.hashing import HashEmbedder
from hades_mcp.services.statements import rows
from hades_mcp.workspace import open_workspace

if TYPE_CHECKING:
    from pathlib import Path

    from arango.database import StandardDatabase

FILES = 24

INGEST = """
import sys, pathlib
from hades_mcp.config import Settings
from hades_mcp.embedders.hashing import HashEmbedder
from hades_mcp.workspace import open_workspace

def told(done, total, what):
    print(done, total, what, flush=True)

home, folder = map(pathlib.Path, sys.argv[1:])
with open_workspace(Settings(home=home), embedder=HashEmbedder(64)) as workspace:
    report = workspace.documents.ingest([folder], progress=told)
print("report", report.added, report.updated, report.unchanged)
"""


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """A package whose modules each use the one before."""
    folder = tmp_path / "library"
    folder.mkdir()
    (folder / "__init__.py").write_text('"""A library."""\n')
    for number in range(FILES):
        other = (number or FILES) - 1
        functions = "\n\n".join(
            f'def f{n}() -> None:\n    """Do {n}."""\n    m{other}.f{n}()' for n in range(10)
        )
        (folder / f"m{number}.py").write_text(f"from library import m{other}\n\n{functions}\n")
    return folder


def start(home: Path, folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", INGEST, str(home), str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def counts(db: StandardDatabase) -> dict[str, Any]:
    names = ("sources", "documents", "chunks", "chunk_of", "calls", "imports", "contains")
    return {name: db.collection(name).count() for name in names}


def whole_files(db: StandardDatabase) -> int:
    """Check that what is there is whole, file by file; return how many files there are."""
    stored = rows(db, "FOR s IN sources RETURN s")
    documents = {d["_key"] for d in rows(db, "FOR d IN documents RETURN {_key: d._key}")}
    chunks = {c["_key"]: c["n"] for c in rows(db, _CHUNKS)}
    assert documents == {key for entry in stored for key in entry["parts"]}
    assert set(chunks) == {
        f"{key}-{n}"
        for entry in stored
        for key, part in entry["parts"].items()
        for n in range(part["chunks"])
    }
    assert set(chunks.values()) <= {64}
    for kind in ("calls", "imports", "contains"):
        keys = set(rows(db, "FOR e IN @@kind RETURN e._key", {"@kind": kind}))
        assert keys == {key for entry in stored for key in entry["edges"].get(kind, ())}
    return len(stored)


_CHUNKS = "FOR c IN chunks RETURN {_key: c._key, n: LENGTH(c.embedding)}"


def test_a_killed_ingest_leaves_whole_files_and_the_next_one_finishes(
    tmp_path: Path, library: Path
) -> None:
    home = tmp_path / "home"
    process = start(home, library)
    assert process.stdout is not None
    while "m13.py" not in process.stdout.readline():
        assert process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)
    with open_workspace(Settings(home=home), embedder=HashEmbedder(64)) as workspace:
        kept = whole_files(workspace.db)
        assert 0 < kept < FILES
        report = workspace.documents.ingest([library])
        assert (report.added, report.unchanged) == (FILES + 1 - kept, kept)
        assert whole_files(workspace.db) == FILES + 1
        assert counts(workspace.db)["documents"] == FILES * 11 + 1
        assert counts(workspace.db)["calls"] == FILES * 10


def test_processes_that_ingest_one_folder_at_once_end_with_one_copy(
    tmp_path: Path, library: Path
) -> None:
    home = tmp_path / "home"
    processes = [start(home, library) for _ in range(3)]
    added = 0
    for process in processes:
        out, err = process.communicate(timeout=120)
        assert err == ""
        word, new, updated, unchanged = out.splitlines()[-1].split()
        assert word == "report"
        assert (int(new) + int(unchanged), int(updated)) == (FILES + 1, 0)
        added += int(new)
    assert added == FILES + 1
    with open_workspace(Settings(home=home), embedder=HashEmbedder(64)) as workspace:
        assert whole_files(workspace.db) == FILES + 1
        assert counts(workspace.db)["calls"] == FILES * 10
