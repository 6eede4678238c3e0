"""A folder that is watched is stored as it changes."""

from __future__ import annotations

import threading
from queue import Queue
from typing import TYPE_CHECKING, Any

import pytest

from hades_mcp.config import Settings
from hades_mcp.embedders.hashing import HashEmbedder
from hades_mcp.errors import NotFound
from hades_mcp.services.documents.watching import watch
from hades_mcp.services.statements import rows
from hades_mcp.workspace import Workspace, open_workspace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PATIENCE = 60


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with open_workspace(Settings(home=tmp_path / "home"), embedder=HashEmbedder(32)) as opened:
        yield opened


@pytest.fixture
def reports(workspace: Workspace, shop: Path) -> Iterator[Queue[Any]]:
    """What the watch tells, after the first ingest."""
    told: Queue[Any] = Queue()
    stop = threading.Event()
    thread = threading.Thread(
        target=watch, args=(workspace.documents, [shop], told.put), kwargs={"stop": stop}
    )
    thread.start()
    try:
        assert told.get(timeout=PATIENCE).added == 5
        yield told
    finally:
        stop.set()
        thread.join(PATIENCE)
        assert not thread.is_alive()


def paths(workspace: Workspace) -> set[str]:
    return {
        path.rpartition("/")[2] for path in rows(workspace.db, "FOR s IN sources RETURN s.path")
    }


def test_files_written_changed_and_deleted_are_followed(
    workspace: Workspace, reports: Queue[Any], shop: Path
) -> None:
    (shop / "news.md").write_text("# News\n\nTea is here.\n")
    assert reports.get(timeout=PATIENCE).added == 1
    assert workspace.documents.get("News")["text"] == "Tea is here."
    (shop / "news.md").write_text("# News\n\nTea is gone.\n")
    assert reports.get(timeout=PATIENCE).updated == 1
    assert workspace.documents.get("News")["text"] == "Tea is gone."
    (shop / "news.md").unlink()
    assert reports.get(timeout=PATIENCE).removed == 1
    assert "news.md" not in paths(workspace)


def test_a_folder_that_goes_takes_its_files_and_hidden_ones_never_come(
    workspace: Workspace, reports: Queue[Any], shop: Path
) -> None:
    (shop / ".git").mkdir()
    (shop / ".git" / "notes.md").write_text("# No\n")
    (shop / "bad.csv").write_text("a,b\n1,2,3\n")
    [(path, reason)] = reports.get(timeout=PATIENCE).skipped
    assert (path, reason) == (str(shop / "bad.csv"), "line 2: 3 cells under 2 columns")
    (shop / "shop").rename(shop.parent / "elsewhere")
    removed = 0
    while removed < 3:
        removed += reports.get(timeout=PATIENCE).removed
    assert paths(workspace) == {"README.md", "hours.md"}


def test_a_path_that_is_not_there_is_refused_at_once(workspace: Workspace, shop: Path) -> None:
    with pytest.raises(NotFound, match="Did you mean"):
        watch(workspace.documents, [shop / "hour.md"], lambda _: None)
