"""Vectors of two models are never mixed; all are made anew at once, even after a kill."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from hades_mcp.config import Settings
from hades_mcp.embedders.hashing import HashEmbedder
from hades_mcp.errors import ConfigError
from hades_mcp.services.pins import read_pin
from hades_mcp.services.statements import rows
from hades_mcp.services.upkeep.outbox import Mirror
from hades_mcp.services.upkeep.reembedding import BATCH
from hades_mcp.workspace import open_workspace

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from hades_mcp.embedders.base import Progress, Vectors

    Open = Any

_SIZES = "FOR c IN chunks COLLECT n = LENGTH(c.embedding), model = c.model RETURN [n, model]"


class Other(HashEmbedder):
    """Another model of the same dimension; stops when it is told to."""

    def __init__(self, dimension: int = 32, most: int | None = None) -> None:
        super().__init__(dimension)
        self.model_id = "other"
        self.most = most
        self.texts = 0

    def embed(self, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:
        self.texts += len(texts)
        if self.most is not None and self.texts > self.most:
            raise KeyboardInterrupt
        return super().embed([text[::-1] for text in texts], progress=progress)


@pytest.fixture
def home(tmp_path: Path, shop: Path) -> Path:
    """A store of the model `hashing-32`, large enough for an index."""
    lines = "".join(f'{{"word": "w{n}"}}\n' for n in range(BATCH + 30))
    (shop / "words.jsonl").write_text(lines)
    with open_workspace(Settings(home=tmp_path / "home"), embedder=HashEmbedder(32)) as workspace:
        workspace.documents.ingest([shop])
        workspace.contexts.add("talk", "The shop is closed on Sunday.")
    return tmp_path / "home"


def test_another_model_may_not_write_and_is_not_compared(home: Path, shop: Path) -> None:
    (shop / "new.md").write_text("# New\n\nClosed.\n")
    with open_workspace(Settings(home=home), embedder=Other()) as workspace:
        with pytest.raises(ConfigError, match=r"made by hashing-32 .* now other .*hades reembed"):
            workspace.documents.ingest([shop])
        with pytest.raises(ConfigError, match="hades reembed"):
            workspace.documents.add_text("Closed.")
        found = workspace.search.search("closed on sunday")
        assert "hades reembed" in found.note
        assert found.hits  # by words
        assert rows(workspace.db, _SIZES) == [[32, "hashing-32"]]


def test_new_weights_under_an_old_name_are_another_model(home: Path, shop: Path) -> None:
    class Newer(HashEmbedder):
        digest = "another"

    (shop / "new.md").write_text("# New\n")
    with (
        open_workspace(Settings(home=home), embedder=Newer(32)) as workspace,
        pytest.raises(ConfigError, match="another"),
    ):
        workspace.documents.ingest([shop])


@pytest.mark.parametrize("dimension", [32, 48])
def test_all_vectors_move_to_another_model_at_once(home: Path, shop: Path, dimension: int) -> None:
    with open_workspace(Settings(home=home), embedder=Other(dimension)) as workspace:
        seen: list[Any] = []
        report = workspace.reembed.run(progress=lambda *step: seen.append(step))
        assert report.before.startswith("hashing-32")
        assert seen[-1][0] == seen[-1][1] == sum(report.vectors.values())
        assert rows(workspace.db, _SIZES) == [[dimension, "other"]]
        found = workspace.search.search("closed on sunday", limit=3)
        assert (found.note, bool(found.hits)) == ("", True)
        assert workspace.db.collection("reembedded").count() == 0
        pin = read_pin(workspace.db, "context_entries")
        assert pin is not None
        assert pin.model == "other"
        assert workspace.documents.ingest([shop]).unchanged == 6
        assert workspace.reembed.run().vectors == {}  # nothing is left to do
        assert workspace.contexts.get("talk", query="closed on Sunday")


def test_what_was_made_before_an_interruption_is_not_made_again(home: Path) -> None:
    with open_workspace(Settings(home=home), embedder=Other(48, most=BATCH)) as workspace:
        with pytest.raises(KeyboardInterrupt):
            workspace.reembed.run()
        assert rows(workspace.db, _SIZES) == [[32, "hashing-32"]]
    with open_workspace(Settings(home=home), embedder=HashEmbedder(32)) as workspace:
        assert workspace.search.search("closed on sunday").note == ""
        workspace.documents.add_text("Written meanwhile.")
    again = Other(48)
    with open_workspace(Settings(home=home), embedder=again) as workspace:
        report = workspace.reembed.run()
        assert report.resumed == BATCH
        assert again.texts == sum(report.vectors.values()) - BATCH
        assert rows(workspace.db, _SIZES) == [[48, "other"]]


def test_a_text_that_changes_before_the_move_gets_the_vector_of_its_new_words(
    home: Path, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        open_workspace(Settings(home=home), embedder=HashEmbedder(32)) as old,
        open_workspace(Settings(home=home), embedder=Other(48)) as new,
    ):
        drop = new.reembed._drop_index

        def write_first() -> None:
            monkeypatch.setattr(new.reembed, "_drop_index", drop)
            (shop / "hours.md").write_text("# Hours\n\n## Always\n\nOpen.\n")
            assert old.documents.ingest([shop / "hours.md"]).updated == 1
            drop()

        monkeypatch.setattr(new.reembed, "_drop_index", write_first)
        new.reembed.run()
        query = "FOR c IN chunks FILTER CONTAINS(c.text, 'Open.') RETURN c.embedding"
        [stored] = rows(new.db, query)
        expected = Other(48).embed(["Hours > Always\nOpen."])[0]
        assert stored == pytest.approx(expected.tolist(), abs=1e-5)
        with pytest.raises(ConfigError, match="hades reembed"):
            old.documents.add_text("Too late.")


def test_an_undo_after_the_move_brings_no_old_vectors_back(home: Path, shop: Path) -> None:
    with open_workspace(Settings(home=home), embedder=HashEmbedder(32)) as workspace:
        removed = workspace.documents.delete(str(shop / "hours.md"))
    with open_workspace(Settings(home=home), embedder=Other(48)) as workspace:
        workspace.reembed.run()
        workspace.journal.undo(removed.undo)
        assert workspace.documents.get("Hours > Sunday")["text"] == "Closed all day."
        assert rows(workspace.db, _SIZES) == [[48, "other"]]
        query = "FOR c IN chunks FILTER c.text == 'Closed all day.' RETURN c.embedding"
        [stored] = rows(workspace.db, query)
        expected = Other(48).embed(["Hours > Sunday\nClosed all day."])[0]
        assert stored == pytest.approx(expected.tolist(), abs=1e-5)
        assert workspace.search.search("closed all day", limit=1).hits[0].title == "Hours > Sunday"


KILLED = """
import sys, pathlib
from hades_mcp.config import Settings
from hades_mcp.embedders.hashing import HashEmbedder
from hades_mcp.workspace import open_workspace
with open_workspace(Settings(home=pathlib.Path(sys.argv[1])), embedder=HashEmbedder(64)) as w:
    w.reembed.run(progress=lambda *step: print(*step, flush=True))
"""


def test_a_killed_run_leaves_the_old_vectors_and_the_next_one_finishes(home: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(home)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)
    with open_workspace(Settings(home=home), embedder=HashEmbedder(32)) as workspace:
        sizes = rows(workspace.db, _SIZES)
    assert sizes in ([[32, "hashing-32"]], [[64, "hashing-64"]])
    with open_workspace(Settings(home=home), embedder=HashEmbedder(64)) as workspace:
        workspace.reembed.run()
        assert rows(workspace.db, _SIZES) == [[64, "hashing-64"]]


def test_the_embedder_is_a_setting(tmp_path: Path) -> None:
    with open_workspace(Settings(home=tmp_path, embedder="hashing")) as workspace:
        workspace.documents.add_text("Nine to five.", "Hours")
        assert rows(workspace.db, _SIZES) == [[384, "hashing-384"]]
    with open_workspace(Settings(home=tmp_path), preload=False) as workspace:
        assert workspace.reembed.run().vectors["chunks"] == 1
        assert workspace.search.search("when is it open").hits


@pytest.mark.slow
@pytest.mark.parametrize("dimension", [32, 48])
def test_a_copy_of_the_vectors_in_milvus_moves_with_them(home: Path, dimension: int) -> None:
    pytest.importorskip("milvus_lite", reason="the extra milvus is not installed")
    settings = Settings(home=home, vectors="milvus")
    with open_workspace(settings, embedder=HashEmbedder(32)) as workspace:
        assert workspace.search.search("closed on sunday").note == ""
    with open_workspace(settings, embedder=Other(dimension)) as workspace:
        assert "hades reembed" in workspace.search.search("closed on sunday").note
        workspace.reembed.run()
        assert workspace.search.search("closed on sunday").note == ""
        marks = "FOR c IN chunks RETURN [c._key, MD5(TO_STRING(c.embedding))]"
        assert isinstance(workspace.vectors, Mirror)
        assert workspace.vectors.marks() == dict(rows(workspace.db, marks))
