"""The workspace opens everything in one place, for several processes at once, or says why not."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any, cast

import pytest

from hades_mcp.config import Settings
from hades_mcp.embedders.hashing import HashEmbedder
from hades_mcp.errors import ConfigError, Unavailable
from hades_mcp.services.layout import EDGE_COLLECTIONS, VERTEX_COLLECTIONS
from hades_mcp.workspace import open_workspace

if TYPE_CHECKING:
    from pathlib import Path


def test_an_empty_folder_becomes_a_workspace_that_remembers(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    with open_workspace(settings, embedder=HashEmbedder()) as workspace:
        workspace.contexts.add("c", "remember")
        names = {one["name"] for one in cast("list[Any]", workspace.db.collections())}
        assert names >= {*VERTEX_COLLECTIONS, *EDGE_COLLECTIONS}
        assert workspace.traces.list(10) == ()
    with open_workspace(settings, embedder=HashEmbedder()) as workspace:
        assert [entry.content for entry in workspace.contexts.get("c").entries] == ["remember"]


def test_closing_twice_does_no_harm(tmp_path: Path) -> None:
    workspace = open_workspace(Settings(home=tmp_path), preload=False)
    workspace.close()
    workspace.close()


def test_the_model_is_loaded_in_the_background(tmp_path: Path) -> None:
    with open_workspace(Settings(home=tmp_path)) as workspace:
        assert workspace.embedder.embed(["x"]).shape == (1, 384)


def test_processes_that_start_at_the_same_moment_share_one_new_folder(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib;"
        "from hades_mcp.config import Settings;"
        "from hades_mcp.workspace import open_workspace;"
        "print(flush=True); sys.stdin.readline();"
        "w = open_workspace(Settings(home=pathlib.Path(sys.argv[1])), preload=False);"
        "print(sum(not c['system'] for c in w.db.collections())); w.close()"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "home")]
    processes = [
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        for _ in range(4)
    ]
    for process in processes:  # each has loaded its modules
        assert process.stdout is not None
        assert process.stdout.readline() == b"\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write(b"\n")
        process.stdin.flush()
    expected = len(VERTEX_COLLECTIONS) + len(EDGE_COLLECTIONS)
    for process in processes:
        out, err = process.communicate(timeout=60)
        assert (out.strip(), err) == (str(expected).encode(), b"")


def test_a_folder_that_cannot_be_used_says_which_setting_to_change(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ConfigError, match="HADES_HOME"):
        open_workspace(Settings(home=tmp_path / "file" / "home"))


def test_a_foreign_file_in_the_folder_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "databases" / "_system.sqlite"
    path.parent.mkdir()
    path.write_bytes(b"not a database, but somebody's file" * 100)
    with pytest.raises(ConfigError, match=r"_system\.sqlite"):
        open_workspace(Settings(home=tmp_path))
    assert path.read_bytes().startswith(b"not a database")


def test_a_server_that_does_not_answer_is_named(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, arango_url="http://127.0.0.1:1")
    with pytest.raises(Unavailable, match="HADES_ARANGO_URL"):
        open_workspace(settings)


def test_importing_the_workspace_loads_no_model_and_no_numpy() -> None:
    code = (
        "import sys, hades_mcp.workspace;"
        "assert not {'numpy', 'onnxruntime', 'mcp', 'icu'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
