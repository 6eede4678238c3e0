"""Ingest stores files whole, joined and once; again changes only what changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hades_mcp.errors import NotFound, Unavailable, UnknownName
from hades_mcp.services.documents.writing import Writer
from hades_mcp.services.layout import EDGE_COLLECTIONS, INGESTED_EDGES, VERTEX_COLLECTIONS
from hades_mcp.services.statements import rows

if TYPE_CHECKING:
    from pathlib import Path

    from arango.database import StandardDatabase

    from hades_mcp.embedders.hashing import HashEmbedder
    from hades_mcp.services.documents.service import DocumentService


def edges(db: StandardDatabase, kind: str) -> set[tuple[str, str]]:
    """All edges of a kind, by the names of their ends."""
    query = """
    FOR e IN @@kind
      RETURN [DOCUMENT(e._from).qualified_name, DOCUMENT(e._to).qualified_name]
    """
    return {(start, end) for start, end in rows(db, query, {"@kind": kind})}


def everything(db: StandardDatabase) -> dict[str, Any]:
    names = VERTEX_COLLECTIONS + EDGE_COLLECTIONS
    found = {name: rows(db, "FOR d IN @@c RETURN d", {"@c": name}) for name in names}
    return {d["_id"]: d for documents in found.values() for d in documents}


def test_a_project_becomes_documents_joined_as_its_code_and_links_say(
    documents: DocumentService, db: StandardDatabase, shop: Path
) -> None:
    report = documents.ingest([shop])
    assert (report.added, report.updated, report.unchanged, report.removed) == (5, 0, 0, 0)
    assert report.skipped == []
    assert report.documents == db.collection("documents").count() == 13
    assert report.chunks == db.collection("chunks").count() == db.collection("chunk_of").count()
    assert report.edges == sum(len(edges(db, kind)) for kind in INGESTED_EDGES)
    root = shop.as_posix()
    assert edges(db, "imports") == {("shop", "shop.till"), ("shop.till", "shop.stock")}
    assert edges(db, "inherits") == {("shop.till.Till", "shop.stock.Shelf")}
    assert edges(db, "calls") == {("shop.till.Till.pay", "shop.till.change")}
    assert edges(db, "links") == {(f"{root}/README.md", f"{root}/hours.md#sunday")}
    assert ("shop", "shop.till") in edges(db, "contains")
    assert ("shop.till.Till", "shop.till.Till.pay") in edges(db, "contains")
    assert (f"{root}/hours.md", f"{root}/hours.md#monday") in edges(db, "contains")


def test_again_changes_nothing_and_embeds_nothing(
    documents: DocumentService, db: StandardDatabase, shop: Path, embedder: Any
) -> None:
    documents.ingest([shop])
    before = everything(db)
    embedder.asked.clear()
    report = documents.ingest([shop])
    assert (report.added, report.updated, report.unchanged) == (0, 0, 5)
    assert everything(db) == before
    assert embedder.asked == []


def test_only_the_part_that_changed_is_embedded_again(
    documents: DocumentService, shop: Path, embedder: Any
) -> None:
    documents.ingest([shop])
    embedder.asked.clear()
    till = shop / "shop" / "till.py"
    till.write_text("# a new first line\n" + till.read_text().replace("Count coins", "Sum coins"))
    report = documents.ingest([shop])
    assert (report.updated, report.unchanged) == (1, 4)
    assert len(embedder.asked) == 1
    assert "Sum coins" in embedder.asked[0]
    assert documents.get("shop.till.change")["line"] == 16


def test_what_vanishes_from_a_file_vanishes_with_its_edges(
    documents: DocumentService, db: StandardDatabase, shop: Path
) -> None:
    documents.ingest([shop])
    stock = shop / "shop" / "stock.py"
    whole = stock.read_text()
    stock.write_text('"""Sold out."""\n')
    report = documents.ingest([stock])
    assert report.updated == 1
    assert edges(db, "inherits") == set()
    with pytest.raises(UnknownName, match=r"no document 'shop\.stock\.Shelf'"):
        documents.get("shop.stock.Shelf")
    # it comes back, and with it the edge from a file that did not change
    stock.write_text(whole)
    assert documents.ingest([shop]).updated == 2
    assert edges(db, "inherits") == {("shop.till.Till", "shop.stock.Shelf")}


def test_a_file_alone_is_linked_with_what_was_stored_before(
    documents: DocumentService, db: StandardDatabase, shop: Path
) -> None:
    documents.ingest([shop])
    before = {kind: edges(db, kind) for kind in INGESTED_EDGES}
    assert documents.ingest([shop / "shop" / "till.py"]).unchanged == 1
    assert documents.ingest([shop / "README.md"]).unchanged == 1
    assert {kind: edges(db, kind) for kind in INGESTED_EDGES} == before


def test_a_deleted_file_is_removed_when_its_folder_is_ingested(
    documents: DocumentService, db: StandardDatabase, shop: Path
) -> None:
    documents.ingest([shop])
    (shop / "hours.md").unlink()
    report = documents.ingest([shop])
    assert report.removed == 1
    assert edges(db, "links") == set()
    left = everything(db).values()
    assert not [d for d in left if "hours.md" in str(d.get("source", d.get("path", "")))]


def test_bad_files_are_reported_and_the_others_stored(
    documents: DocumentService, db: StandardDatabase, shop: Path
) -> None:
    (shop / "logo.png").write_bytes(b"\x89PNG\0\0")
    (shop / "latin.txt").write_bytes(b"caf\xe9")
    (shop / "broken.py").write_text("def broken(:\n")
    (shop / "gone.md").symlink_to(shop / "nowhere")
    report = documents.ingest([shop])
    reasons = {path.rpartition("/")[2]: reason for path, reason in report.skipped}
    assert reasons["logo.png"] == "binary"
    assert reasons["latin.txt"].startswith("not UTF-8")
    assert reasons["broken.py"].startswith("not Python")
    assert "No such file" in reasons["gone.md"]
    assert (report.added, len(report.skipped)) == (5, 4)
    assert len(rows(db, "FOR s IN sources RETURN s")) == 5


def test_a_file_that_breaks_later_keeps_its_last_good_version(
    documents: DocumentService, shop: Path
) -> None:
    documents.ingest([shop])
    (shop / "shop" / "stock.py").write_text("class Shelf(:\n")
    report = documents.ingest([shop])
    assert len(report.skipped) == 1
    assert documents.get("shop.stock.Shelf")["kind"] == "class"


def test_a_missing_path_stores_nothing(
    documents: DocumentService, db: StandardDatabase, shop: Path
) -> None:
    with pytest.raises(NotFound, match="Did you mean"):
        documents.ingest([shop, shop / "shops"])
    assert db.collection("documents").count() == 0


def test_progress_counts_all_passages_and_names_the_file(
    documents: DocumentService, shop: Path
) -> None:
    seen: list[tuple[int, int, str]] = []
    report = documents.ingest([shop], progress=lambda *step: seen.append(step))
    assert [done for done, _, _ in seen] == sorted(done for done, _, _ in seen)
    assert {total for _, total, _ in seen} == {report.chunks}
    assert seen[-1] == (report.chunks, report.chunks, "")
    assert str(shop / "hours.md") in {what for _, _, what in seen}


def test_a_file_is_stored_whole_or_not_at_all(
    documents: DocumentService,
    db: StandardDatabase,
    shop: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    documents.ingest([shop])
    before = everything(db)
    (shop / "hours.md").write_text("# Hours\n\n## Always\n\nOpen.\n")

    def fail(*_: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr("hades_mcp.services.documents.writing._chunk_edge", fail)
    with pytest.raises(Unavailable, match="the disk is full"):
        documents.ingest([shop / "hours.md"])
    assert everything(db) == before


def test_one_who_was_overtaken_plans_again(
    db: StandardDatabase,
    documents: DocumentService,
    shop: Path,
    embedder: HashEmbedder,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    embed = Writer._embed

    def another_is_faster(self: Writer, *args: Any) -> None:
        monkeypatch.setattr(Writer, "_embed", embed)
        documents.ingest([shop / "hours.md"])  # between our look and our write
        embed(self, *args)

    monkeypatch.setattr(Writer, "_embed", another_is_faster)
    report = documents.ingest([shop / "hours.md"])
    assert (report.added, report.unchanged) == (0, 1)
    assert db.collection("documents").count() == 3


@pytest.mark.parametrize("name", ["shop.till.Till.pay", "till.pay", "SHOP.TILL.TILL.PAY"])
def test_a_document_is_found_by_the_names_people_use(
    documents: DocumentService, shop: Path, name: str
) -> None:
    documents.ingest([shop])
    document = documents.get(name)
    assert document["qualified_name"] == "shop.till.Till.pay"
    assert documents.get(document["_id"]) == document
    assert "embedding" not in document


def test_a_part_deleted_comes_back_with_the_next_ingest(
    documents: DocumentService, db: StandardDatabase, shop: Path
) -> None:
    documents.ingest([shop])
    before = {kind: edges(db, kind) for kind in INGESTED_EDGES}
    assert documents.delete("shop.till.change").documents == 1
    assert edges(db, "calls") == set()
    assert db.collection("chunks").count() == db.collection("chunk_of").count()
    assert documents.ingest([shop]).updated == 1
    assert {kind: edges(db, kind) for kind in INGESTED_EDGES} == before


def test_a_file_is_deleted_by_its_path_or_by_its_own_document(
    documents: DocumentService, db: StandardDatabase, shop: Path
) -> None:
    documents.ingest([shop])
    assert documents.delete(str(shop / "hours.md")).documents == 3
    assert documents.delete("shop.till").documents == 4
    assert documents.delete("The shop").documents == 2
    assert {row["path"].rpartition("/")[2] for row in rows(db, "FOR s IN sources RETURN s")} == {
        "__init__.py",
        "stock.py",
    }
    with pytest.raises(UnknownName):
        documents.delete("The shop")


def test_what_was_not_ingested_is_not_deleted_as_a_file(
    documents: DocumentService, db: StandardDatabase
) -> None:
    db.collection("documents").insert({"_key": "mine", "title": "my own note"})
    assert documents.get("My own note")["_key"] == "mine"
    with pytest.raises(NotFound, match="Remove it by AQL"):
        documents.delete("documents/mine")


@pytest.mark.parametrize("source", [5, None, "text:Tea"])
def test_a_document_that_only_looks_like_part_of_a_file_is_not_deleted_as_one(
    documents: DocumentService, db: StandardDatabase, source: object
) -> None:
    documents.add_text("Boil water.", "Tea")
    db.create_collection("mine")
    db.collection("mine").insert({"_key": "x", "source": source})
    with pytest.raises(NotFound, match="'mine/x' was not ingested from a file"):
        documents.delete("mine/x")
    assert documents.get("Tea")["text"] == "Boil water."
