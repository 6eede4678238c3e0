"""What belongs to nothing is found, counted and mended; what is whole is left alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

from hades_mcp.config import Settings
from hades_mcp.embedders.hashing import HashEmbedder
from hades_mcp.services.statements import rows
from hades_mcp.services.upkeep.outbox import Mirror
from hades_mcp.vectors.milvus import StoredVector
from hades_mcp.workspace import Workspace, open_workspace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(params=["arango", pytest.param("milvus", marks=pytest.mark.slow)])
def workspace(request: pytest.FixtureRequest, tmp_path: Path, shop: Path) -> Iterator[Workspace]:
    settings = Settings(home=tmp_path / "home", vectors=request.param)
    with open_workspace(settings, embedder=HashEmbedder(64)) as opened:
        opened.documents.ingest([shop])
        yield opened


@pytest.fixture
def mirrored(tmp_path: Path, shop: Path) -> Iterator[Workspace]:
    settings = Settings(home=tmp_path / "home", vectors="milvus")
    with open_workspace(settings, embedder=HashEmbedder(64)) as opened:
        opened.documents.ingest([shop])
        yield opened


def change(workspace: Workspace, query: str) -> None:
    """Write past HADES, as somebody at the database's own console might."""
    rows(workspace.db, query)


def wrong(workspace: Workspace) -> dict[str, int]:
    found: dict[str, int] = {}
    for finding in workspace.fsck.check():
        found[finding.check] = found.get(finding.check, 0) + finding.count
    return found


def check_mending(workspace: Workspace) -> None:
    before = wrong(workspace)
    mended = workspace.fsck.check(mend=True)
    # one thing mended may mend another
    assert {finding.check for finding in mended} <= set(before)
    assert all(finding.mended for finding in mended)
    assert wrong(workspace) == {}


def test_what_hades_stored_itself_is_whole(workspace: Workspace) -> None:
    assert wrong(workspace) == {}
    workspace.documents.delete("shop.till")
    assert wrong(workspace) == {}


def test_an_empty_store_is_whole(tmp_path: Path) -> None:
    for vectors in ("arango", "milvus"):
        settings = Settings(home=tmp_path / vectors, vectors=vectors)
        with open_workspace(settings, embedder=HashEmbedder(8)) as empty:
            assert wrong(empty) == {}


def test_chunks_whose_document_is_gone_are_found_and_removed(workspace: Workspace) -> None:
    removed = 'FOR d IN documents FILTER d.title LIKE "%Till" REMOVE d IN documents RETURN 1'
    assert rows(workspace.db, removed) == [1]
    found = wrong(workspace)
    assert found["chunk-without-document"] >= 1
    assert found["edge-without-end"] >= found["chunk-without-document"]
    assert found["file-without-documents"] == 1
    check_mending(workspace)


def test_a_file_that_lost_documents_is_whole_after_its_next_ingest(
    workspace: Workspace, shop: Path
) -> None:
    count = workspace.db.collection("documents").count()
    change(workspace, 'FOR d IN documents FILTER d.kind == "class" REMOVE d IN documents')
    workspace.fsck.check(mend=True)
    assert workspace.documents.ingest([shop]).updated >= 1
    assert workspace.db.collection("documents").count() == count
    assert wrong(workspace) == {}


@pytest.mark.parametrize("mend", [False, True])
@pytest.mark.parametrize("gone", ["documents", "chunks", "chunk_of", "calls"])
def test_what_a_query_removed_comes_back_whole_with_the_next_ingest(
    workspace: Workspace, shop: Path, gone: str, mend: bool
) -> None:
    def stored() -> dict[str, int]:
        names = ("documents", "chunks", "chunk_of", "calls", "contains", "links", "imports")
        return {name: cast("int", workspace.db.collection(name).count()) for name in names}

    before = stored()
    change(workspace, f"FOR d IN {gone} REMOVE d IN {gone}")
    workspace.fsck.check(mend=mend)
    workspace.documents.ingest([shop])
    assert stored() == before
    assert wrong(workspace) == {}
    assert workspace.search.search("pay the till").hits
    assert workspace.documents.ingest([shop]).unchanged == 5


def test_an_edge_to_nowhere_is_found_and_removed_and_no_other(workspace: Workspace) -> None:
    edges = workspace.db.collection("relations")
    (one, other) = rows(workspace.db, "FOR d IN documents LIMIT 2 RETURN d._id")
    edges.insert({"_key": "good", "_from": one, "_to": other})
    edges.insert({"_key": "bad", "_from": one, "_to": "documents/nowhere"})
    assert wrong(workspace) == {"edge-without-end": 1}
    (finding,) = workspace.fsck.check(mend=True)
    assert (finding.collection, finding.examples) == ("relations", ("relations/bad",))
    assert (edges.has("good"), edges.has("bad")) == (True, False)


@pytest.mark.parametrize("broken", ["null", "[0.5, 0.5]", '"none"'])
def test_a_chunk_without_a_vector_gets_the_one_it_had(workspace: Workspace, broken: str) -> None:
    query = 'FOR c IN chunks FILTER c.text LIKE "%Closed%" RETURN c.embedding'
    (before,) = rows(workspace.db, query)
    change(
        workspace,
        'FOR c IN chunks FILTER c.text LIKE "%Closed%" '
        f"UPDATE c WITH {{embedding: {broken}}} IN chunks",
    )
    assert wrong(workspace)["chunk-without-vector"] == 1
    check_mending(workspace)
    assert rows(workspace.db, query) == [before]
    assert workspace.search.search("Closed all day", 1).hits[0].title.endswith("Sunday")


def test_a_chunk_cut_off_from_its_document_is_tied_to_it_again(workspace: Workspace) -> None:
    change(workspace, "FOR e IN chunk_of LIMIT 2 REMOVE e IN chunk_of")
    assert wrong(workspace) == {"chunk-without-edge": 2}
    check_mending(workspace)


def test_what_should_have_expired_long_ago_is_swept_up(workspace: Workspace) -> None:
    workspace.db.collection("pages").insert({"_key": "old", "expires": 1})
    assert wrong(workspace) == {"expired": 1}
    check_mending(workspace)
    assert not workspace.db.collection("pages").has("old")


def test_differences_to_milvus_are_found_and_mended(mirrored: Workspace) -> None:
    mirror = mirrored.vectors
    assert isinstance(mirror, Mirror)
    first, second, third = sorted(mirror.marks())[:3]
    name = mirror._registered()["name"]
    odd = [1.0, *[0.0] * 63]
    mirror.store.upsert(name, [StoredVector("nobody's", "m", odd), StoredVector(first, "m", odd)])
    mirror.store.delete(name, [second])
    mirrored.db.collection("chunks").update({"_key": third, "embedding": odd})
    found = {finding.check: finding for finding in mirrored.fsck.check()}
    assert found["vector-without-chunk"].examples == ("Milvus/nobody's",)
    assert found["chunk-not-in-milvus"].examples == (f"Milvus/{second}",)
    assert found["vector-outdated"].count == 2
    check_mending(mirrored)


def test_a_milvus_folder_that_was_deleted_is_filled_again(mirrored: Workspace) -> None:
    mirror = mirrored.vectors
    assert isinstance(mirror, Mirror)
    count = len(mirror.marks())
    mirror.store.drop(mirror._registered()["name"])
    assert mirrored.fsck.check() == []
    assert len(mirror.marks()) == count
    assert mirrored.search.search("boxes of tea").note == ""


def test_notes_nobody_reads_are_reported(mirrored: Workspace, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    with open_workspace(settings, embedder=HashEmbedder(64)) as without:
        without.documents.delete("README.md")
        assert wrong(without) == {}
        change(without, 'FOR n IN outbox FILTER n._key != "mirror" UPDATE n WITH {at: 1} IN outbox')
        assert wrong(without)["outbox-unread"] >= 1
    assert wrong(mirrored) == {}
    with open_workspace(settings, embedder=HashEmbedder(64)) as without:
        assert wrong(without) == {}


def test_a_deletion_that_is_undone_is_undone_in_milvus_too(mirrored: Workspace) -> None:
    mirror = mirrored.vectors
    assert isinstance(mirror, Mirror)
    before = mirror.marks()
    mirrored.documents.delete("README.md")
    assert mirror.marks().keys() < before.keys()
    assert mirrored.fsck.check() == []
    mirrored.journal.undo()
    assert mirror.settle()
    assert mirror.marks() == before
    assert mirrored.fsck.check() == []
