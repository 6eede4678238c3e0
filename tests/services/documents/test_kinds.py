"""Tables, papers, pages and notes are stored as they are meant, again and again, and taken out."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from hades_mcp.errors import InvalidArgument, LimitReached
from hades_mcp.services.journal import Journal
from hades_mcp.services.layout import EDGE_COLLECTIONS
from hades_mcp.services.statements import rows

if TYPE_CHECKING:
    from pathlib import Path

    from arango.database import StandardDatabase

    from hades_mcp.services.documents.service import DocumentService

ROWS = 20
"""Rows of one transaction here; a thousand would only take longer."""

KEPT = ("documents", "chunks", "sources", *EDGE_COLLECTIONS)


@pytest.fixture(autouse=True)
def _short_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hades_mcp.services.documents.readers.rows.ROWS", ROWS)


def everything(db: StandardDatabase) -> dict[str, Any]:
    """All that ingest keeps, without the store's own marks."""
    return {
        d["_id"]: {name: value for name, value in d.items() if name != "_rev"}
        for name in KEPT
        for d in rows(db, "FOR d IN @@c RETURN d", {"@c": name})
    }


def edges(db: StandardDatabase, kind: str) -> set[tuple[str, str]]:
    query = "FOR e IN @@k RETURN [DOCUMENT(e._from).title, DOCUMENT(e._to).title]"
    return {(start, end) for start, end in rows(db, query, {"@k": kind})}


def table(path: Path, numbers: list[int]) -> None:
    path.write_text("".join(json.dumps({"word": f"w{n}", "n": n}) + "\n" for n in numbers))


def test_rows_are_found_by_their_columns(documents: DocumentService, tmp_path: Path) -> None:
    path = tmp_path / "books.csv"
    path.write_text("title,year,source,author\nTea,1999,gift,Ada\nCups,2001,shop,Bo\n")
    report = documents.ingest([path])
    assert (report.added, report.documents) == (1, 3)
    tea = documents.get("Tea")
    assert (tea["kind"], tea["year"], tea["author"]) == ("row", 1999, "Ada")
    assert (tea["source"], tea["source_"]) == (path.as_posix(), "gift")


def test_a_long_table_is_followed_row_by_row_and_deleted_whole(
    documents: DocumentService, db: StandardDatabase, tmp_path: Path, embedder: Any
) -> None:
    path = tmp_path / "words.jsonl"
    table(path, list(range(ROWS + 20)))
    report = documents.ingest([tmp_path])
    assert (report.added, report.documents) == (1, ROWS + 22)
    before = everything(db)
    embedder.asked.clear()
    assert documents.ingest([tmp_path]).unchanged == 1
    assert everything(db) == before
    assert embedder.asked == []
    table(path, [n for n in range(ROWS + 20) if n != 5])
    assert documents.ingest([tmp_path]).updated == 1
    assert len(embedder.asked) == 1  # the row that moved to the first thousand
    table(path, [1, 2, 3])  # the second thousand is gone
    assert documents.ingest([tmp_path]).updated == 1
    assert db.collection("documents").count() == 4
    assert db.collection("chunks").count() == 4
    table(path, list(range(ROWS + 20)))
    documents.ingest([tmp_path])
    assert documents.delete(str(path)).documents == ROWS + 22
    assert everything(db) == {}


def test_a_table_with_a_bad_line_far_down_is_not_stored_at_all(
    documents: DocumentService, db: StandardDatabase, tmp_path: Path
) -> None:
    path = tmp_path / "words.jsonl"
    table(path, list(range(ROWS + 20)))
    path.write_text(path.read_text() + "{broken\n")
    report = documents.ingest([tmp_path])
    [(_, reason)] = report.skipped
    assert reason.startswith(f"line {ROWS + 21}: not JSON")
    assert everything(db) == {}


def test_what_cites_another_by_its_doi_or_address_is_joined_to_it(
    documents: DocumentService, db: StandardDatabase, tmp_path: Path
) -> None:
    (tmp_path / "tea.md").write_text("---\ndoi: 10.1000/Tea\n---\n# On tea\n\nHot.\n")
    (tmp_path / "cups.html").write_text(
        '<link rel="canonical" href="https://www.cups.example/round/"><h1>On cups</h1>'
        "<p>As shown before (doi:10.1000/tea).</p>"
    )
    (tmp_path / "log.txt").write_text("Read https://doi.org/10.1000/tea today.")
    note = documents.add_text("See http://cups.example/round#top.", "Reading list")
    documents.ingest([tmp_path])
    assert edges(db, "cites") == {("On cups", "On tea"), ("log.txt", "On tea")}
    # what was cited before it was there is joined when the citing one comes again
    again = documents.add_text("See http://cups.example/round#top now.", "Reading list")
    assert (note.id, again.outcome) == (again.id, "updated")
    assert ("Reading list", "On cups") in edges(db, "cites")


def test_sections_are_joined_in_reading_order(
    documents: DocumentService, db: StandardDatabase, tmp_path: Path
) -> None:
    (tmp_path / "a.md").write_text("# A\n\n## One\n\n## Two\n\n### Three\n")
    documents.ingest([tmp_path])
    assert edges(db, "next") == {("A > One", "A > Two"), ("A > Two", "A > Three")}


def test_a_long_text_without_a_title_is_named_by_its_words(documents: DocumentService) -> None:
    added = documents.add_text("Tea is served at five.\n\nNot later.")
    assert added.title == "Tea is served at five."
    assert documents.add_text("Tea is served at five.\n\nNot later.").outcome == "unchanged"
    other = documents.add_text("Tea is served at five.\n\nOr later.")
    assert (other.outcome, other.id == added.id) == ("added", False)


def test_a_note_with_headings_has_sections(documents: DocumentService) -> None:
    added = documents.add_text("# Rules\n\nBe kind.\n\n## Tea\n\nAt five.", name="house/rules#1")
    assert (added.title, added.documents) == ("Rules", 2)
    assert documents.get("Rules > Tea")["text"] == "At five."
    assert documents.delete("text:house rules 1").documents == 2


def test_what_is_no_text_is_refused(documents: DocumentService) -> None:
    with pytest.raises(InvalidArgument, match="empty"):
        documents.add_text(" \n")
    with pytest.raises(LimitReached, match="in parts"):
        documents.add_text("x" * 2_000_001)


def test_a_deleted_file_comes_back_with_its_passages_and_edges(
    documents: DocumentService, db: StandardDatabase, shop: Path
) -> None:
    documents.ingest([shop])
    before = everything(db)
    for name in ("shop.stock", "shop.till.change", str(shop / "hours.md")):
        removed = documents.delete(name)
        assert everything(db) != before
        Journal(db).undo(removed.undo)
        assert everything(db) == before


def test_what_is_known_for_and_against_a_document_outlives_its_next_version(
    documents: DocumentService, db: StandardDatabase, shop: Path
) -> None:
    documents.ingest([shop])
    hours = documents.get("Hours")
    assert hours["evidence"]["source"] == "file"
    assert time.time() - hours["evidence"]["at"] < 3600
    old = hours["evidence"] | {"up": 3, "at": 1.0}
    for title in ("Hours", "Hours > Monday"):
        key = documents.get(title)["_key"]
        db.collection("documents").update({"_key": key, "evidence": old})
    (shop / "hours.md").write_text("# Hours\n\n## Monday\n\nTen to four.\n")
    assert documents.ingest([shop]).updated == 2  # README linked to what is gone
    changed = documents.get("Hours > Monday")["evidence"]
    assert (changed["up"], changed["at"] > 1.0) == (3, True)


def test_a_web_page_has_no_lines_to_point_at(documents: DocumentService, tmp_path: Path) -> None:
    (tmp_path / "tea.html").write_text("<h1>Tea</h1><p>Boil.</p><h2>Milk</h2><p>No.</p>")
    (tmp_path / "cups.md").write_text("# Cups\n\n## Small\n\nTwo.\n")
    documents.ingest([tmp_path])
    assert [documents.get(name)["line"] for name in ("Tea", "Milk")] == [None, None]
    assert [documents.get(name)["line"] for name in ("Cups", "Small")] == [1, 3]
