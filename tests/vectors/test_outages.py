"""A store that is down is said plainly, what can go on goes on, and nothing needs a restart."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from tests.vectors.backends import arango_face, free_port, wire

from hades_mcp.config import Settings
from hades_mcp.embedders.hashing import HashEmbedder
from hades_mcp.errors import ConfigError, Unavailable
from hades_mcp.services.upkeep.outbox import Mirror, waiting
from hades_mcp.vectors.milvus import MilvusStore
from hades_mcp.workspace import Workspace, open_workspace

if TYPE_CHECKING:
    from pathlib import Path

HOLD = """
import sys
from pymilvus import MilvusClient
client = MilvusClient(sys.argv[1])
print("held", flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "bees.md").write_text("# Bees\n\nBees make honey from nectar.\n")
    (folder / "rails.md").write_text("# Rails\n\nTrains run on steel rails.\n")
    return folder


def check_goes_on_without_milvus(workspace: Workspace, notes: Path, said: str) -> None:
    found = workspace.search.search("honey from nectar")
    assert "words only" in found.note
    assert said in found.note
    assert "honey" in found.hits[0].snippet
    (notes / "ships.md").write_text("# Ships\n\nShips sail on water.\n")
    (notes / "rails.md").unlink()
    report = workspace.documents.ingest([notes])
    assert (report.added, report.removed) == (1, 1)
    assert waiting(workspace.db) > 0


def check_all_made_up_for(workspace: Workspace) -> None:
    assert workspace.vectors.settle()
    assert waiting(workspace.db) == 0
    found = workspace.search.search("ships sail on water")
    assert found.note == ""
    assert "Ships" in found.hits[0].snippet
    assert workspace.fsck.check() == []


def test_a_milvus_lite_that_another_process_holds_is_said_and_used_when_it_is_free(
    tmp_path: Path, notes: Path
) -> None:
    settings = Settings(home=tmp_path / "home", vectors="milvus")
    with open_workspace(settings, embedder=HashEmbedder(32)) as workspace:
        workspace.documents.ingest([notes])
    held = [sys.executable, "-c", HOLD, str(settings.home / "milvus.db")]
    with subprocess.Popen(
        held, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        with open_workspace(settings, embedder=HashEmbedder(32)) as workspace:
            check_goes_on_without_milvus(workspace, notes, "another has it open")
            assert [finding.check for finding in workspace.fsck.check()] == ["milvus-away"]
            process.kill()
            process.wait(60)
            check_all_made_up_for(workspace)


def test_a_broken_milvus_lite_is_said_and_made_anew_once_it_is_moved_away(
    tmp_path: Path, notes: Path
) -> None:
    settings = Settings(home=tmp_path / "home", vectors="milvus")
    with open_workspace(settings, embedder=HashEmbedder(32)) as workspace:
        workspace.documents.ingest([notes])
    folder = settings.home / "milvus.db"
    for schema in folder.rglob("schema.json"):
        schema.write_text("{")
    with open_workspace(settings, embedder=HashEmbedder(32)) as workspace:
        check_goes_on_without_milvus(workspace, notes, "schema.json")
        (finding,) = workspace.fsck.check(mend=True)
        assert (finding.check, finding.count > 0, finding.mended) == ("milvus-away", True, False)
        assert "holds copies only: move that folder away" in finding.text
        folder.rename(settings.home / "broken.db")
        check_all_made_up_for(workspace)


def test_a_search_makes_up_for_what_a_dead_process_left(tmp_path: Path, notes: Path) -> None:
    settings = Settings(home=tmp_path / "home", vectors="milvus")
    with open_workspace(settings, embedder=HashEmbedder(32)) as workspace:
        workspace.documents.ingest([notes])
        # by a process that is none of ours, and does not reach Milvus
        elsewhere = Settings(home=tmp_path / "home")
        (notes / "ships.md").write_text("# Ships\n\nShips sail on water.\n")
        with open_workspace(elsewhere, embedder=HashEmbedder(32)) as other:
            other.documents.ingest([notes])
        workspace.db.aql.execute(
            'FOR n IN outbox FILTER n._key != "mirror" UPDATE n WITH {at: n.at - 60} IN outbox'
        )
        mirror = workspace.vectors
        assert isinstance(mirror, Mirror)
        before = len(mirror.marks())
        workspace.search.search("ships")
        assert len(mirror.marks()) > before
        assert workspace.fsck.check() == []


@pytest.mark.slow
def test_a_milvus_server_may_go_and_come_back_in_the_middle(
    tmp_path: Path, notes: Path, milvus_url: str
) -> None:
    # the wire is cut, not the server: that of the wheel does not come back from its own data
    port, far = free_port(), int(milvus_url.rpartition(":")[2])
    url = f"http://127.0.0.1:{port}"
    settings = Settings(home=tmp_path / "home", vectors="milvus", milvus_url=url)
    with wire(port, far):
        workspace = open_workspace(settings, embedder=HashEmbedder(32))
        workspace.documents.ingest([notes])
        assert workspace.search.search("honey from nectar").note == ""
    with workspace:
        check_goes_on_without_milvus(workspace, notes, url)
        with wire(port, far):
            check_all_made_up_for(workspace)


def test_an_arangodb_that_stops_is_said_and_used_again_when_it_is_back(
    tmp_path: Path, notes: Path
) -> None:
    port = free_port()
    settings = Settings(home=tmp_path / "home", arango_url=f"http://127.0.0.1:{port}")
    with arango_face(tmp_path / "served", port):
        workspace = open_workspace(settings, embedder=HashEmbedder(32))
        workspace.documents.ingest([notes])
    with workspace:
        for call in (
            lambda: workspace.search.search("honey"),
            lambda: workspace.documents.get("bees.md"),
            lambda: workspace.documents.ingest([notes]),
            lambda: workspace.queries.read("RETURN 1"),
        ):
            with pytest.raises(Unavailable, match="does not answer") as refused:
                call()
            assert "hades doctor" in refused.value.hint
        with arango_face(tmp_path / "served", port):
            assert "honey" in workspace.search.search("honey").hits[0].snippet
            assert workspace.documents.ingest([notes]).unchanged == 2


def test_a_folder_pymilvus_would_take_for_a_url_is_refused_with_the_setting_to_change(
    tmp_path: Path,
) -> None:
    with pytest.raises(ConfigError, match="HADES_MILVUS_PATH"):
        MilvusStore(tmp_path / "milvus")


def test_without_the_client_it_is_said_what_to_install(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['pymilvus'] = None\n"
        "from hades_mcp.vectors.milvus import MilvusStore\n"
        "MilvusStore(sys.argv[1]).has('x')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "m.db")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "pip install 'hades-mcp[milvus]'" in done.stderr


def test_importing_the_driver_does_not_load_the_client() -> None:
    code = "import sys, hades_mcp.vectors.milvus, hades_mcp.workspace; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"pymilvus", "milvus_lite", "grpc", "numpy"} & set(done.stdout.split())
