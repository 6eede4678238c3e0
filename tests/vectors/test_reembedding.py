"""The copy in Milvus follows a change of the model, of its dimension too, and not before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hades_mcp.config import Settings
from hades_mcp.embedders.hashing import HashEmbedder
from hades_mcp.services.upkeep.outbox import Mirror
from hades_mcp.services.upkeep.reembedding import ReembedService
from hades_mcp.workspace import open_workspace

if TYPE_CHECKING:
    from pathlib import Path


def test_milvus_searches_the_old_vectors_until_all_have_moved(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home", vectors="milvus")
    note = tmp_path / "bees.md"
    note.write_text("# Bees\n\nBees make honey from nectar.\n")
    with open_workspace(settings, embedder=HashEmbedder(32)) as old:
        old.documents.ingest([note])
        kept = old.vectors
        assert isinstance(kept, Mirror)
        before = kept.marks()
        with open_workspace(settings, embedder=HashEmbedder(48)) as new:
            assert kept.marks() == before
            assert old.search.search("honey from nectar").note == ""
            moved = new.vectors
            assert isinstance(moved, Mirror)
            ReembedService(new.db, new.embedder, moved).run()
            after = moved.marks()
            assert after.keys() == before.keys()
            assert not set(after.values()) & set(before.values())
            assert new.search.search("honey from nectar").note == ""
            assert new.fsck.check() == []
        assert "hades reembed" in old.search.search("honey").note
