"""A process that is killed at any point leaves both stores in step after the next start."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from hades_mcp.config import Settings
from hades_mcp.embedders.hashing import HashEmbedder
from hades_mcp.services.statements import rows
from hades_mcp.services.upkeep.outbox import Mirror, waiting
from hades_mcp.workspace import Workspace, open_workspace

if TYPE_CHECKING:
    from pathlib import Path

WRITE = """
import pathlib, random, sys
from hades_mcp.config import Settings
from hades_mcp.embedders.hashing import HashEmbedder
from hades_mcp.workspace import open_workspace

home, folder = map(pathlib.Path, sys.argv[1:3])
chance = random.Random(int(sys.argv[3]))
with open_workspace(Settings(home=home, vectors="milvus"), embedder=HashEmbedder(32)) as workspace:
    print("open", flush=True)
    for turn in range(1000):
        name = folder / f"{chance.randrange(12)}.md"
        if name.exists() and chance.random() < 0.3:
            name.unlink()
        else:
            parts = range(chance.randrange(1, 6))
            name.write_text("".join(f"# Part {p}\\n\\n{chance.random()}\\n\\n" for p in parts))
        workspace.documents.ingest([folder])
        print(turn, flush=True)
"""

POINTS = [
    "after-commit",
    *(
        pytest.param(point, marks=pytest.mark.slow)
        for point in ("after-upsert", "after-delete", "before-strike", "in-fill")
    ),
]

# the writer is killed by itself, exactly there: a signal from outside comes where it comes
AT = """
import os, pathlib, signal, sys
from hades_mcp.services.upkeep import outbox
from hades_mcp.vectors.milvus import MilvusStore

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

def then_die(method):
    def dying(*arguments):
        method(*arguments)
        die()
    return dying

match sys.argv[4]:
    case "after-commit":
        outbox.Mirror.settle = die
    case "after-upsert":
        MilvusStore.upsert = then_die(MilvusStore.upsert)
    case "after-delete":
        MilvusStore.delete = then_die(MilvusStore.delete)
    case "before-strike":
        outbox._strike = die
    case "in-fill":
        outbox._filled = die
"""


def open_here(home: Path) -> Workspace:
    return open_workspace(Settings(home=home, vectors="milvus"), embedder=HashEmbedder(32))


def check_in_step(workspace: Workspace) -> None:
    mirror = workspace.vectors
    assert isinstance(mirror, Mirror)
    assert waiting(workspace.db) == 0
    query = "FOR c IN chunks RETURN [c._key, MD5(TO_STRING(c.embedding))]"
    assert mirror.marks() == dict(rows(workspace.db, query))
    assert workspace.fsck.check() == []


@pytest.mark.parametrize("point", POINTS)
def test_a_kill_between_the_stores_is_made_up_for_at_the_next_start(
    tmp_path: Path, point: str
) -> None:
    home, folder = tmp_path / "home", tmp_path / "notes"
    folder.mkdir()
    (folder / "0.md").write_text("# One\n\nFirst\n\n# Two\n\nSecond\n")
    (folder / "1.md").write_text("# Three\n\nThird\n")
    if point != "in-fill":
        with open_here(home) as workspace:
            workspace.documents.ingest([folder])
            check_in_step(workspace)
    (folder / "0.md").write_text("# One\n\nChanged\n")
    (folder / "1.md").unlink()
    command = [sys.executable, "-c", AT + WRITE, str(home), str(folder), "1", point]
    killed = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    with open_here(home) as workspace:
        check_in_step(workspace)
        assert rows(workspace.db, "FOR c IN chunks LIMIT 1 RETURN 1") == [1]


@pytest.mark.slow
def test_kills_at_any_moment_leave_both_stores_in_step(tmp_path: Path) -> None:
    home, folder = tmp_path / "home", tmp_path / "notes"
    folder.mkdir()
    turns = 0
    for seed in range(20):
        command = [sys.executable, "-c", WRITE, str(home), str(folder), str(seed)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            # a different moment each time, wherever the next turn has got to
            for line in process.stdout:
                turns += line != "open\n"
                if line == f"{seed % 7}\n":
                    break
            try:
                process.wait(timeout=0.003 * (seed * 7 % 20))
            except subprocess.TimeoutExpired:
                process.kill()
        with open_here(home) as workspace:
            check_in_step(workspace)
    assert turns >= 20
