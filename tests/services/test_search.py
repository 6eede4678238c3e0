"""Search answers with documents, the best first, or says why there are none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hades_mcp.embedders.onnx import OnnxEmbedder
from hades_mcp.errors import InvalidArgument, UnknownName
from hades_mcp.services.documents import DocumentService
from hades_mcp.services.search import SearchService
from hades_mcp.vectors.arango import ArangoVectorIndex

if TYPE_CHECKING:
    from pathlib import Path

    from arango.database import StandardDatabase


def test_a_question_finds_the_document_that_means_the_same(
    db: StandardDatabase, shop: Path
) -> None:
    embedder, vectors = OnnxEmbedder(), ArangoVectorIndex(db)
    DocumentService(db, embedder, vectors).ingest([shop])
    search = SearchService(db, embedder, vectors)
    assert (
        search.search("is it open at the weekend?", kind="section").hits[0].title
        == "Hours > Sunday"
    )
    best = search.search("how much cash do I get back?", kind="method").hits[0]
    assert (best.title, best.kind) == ("shop.till.Till.pay", "method")
    assert best.path == (shop / "shop" / "till.py").as_posix()
    assert best.snippet == "def pay(self, amount: int) -> int Return the change for a payment."
    assert 0.2 < best.score < 1


def test_hits_come_best_first_each_document_once_and_no_more_than_asked(
    documents: DocumentService, search: SearchService, tmp_path: Path
) -> None:
    (tmp_path / "long.txt").write_text("\n\n".join(f"tea {n} {'x' * 600}" for n in range(20)))
    (tmp_path / "short.txt").write_text("tea and biscuits")
    (tmp_path / "other.txt").write_text("coffee")
    documents.ingest([tmp_path])
    hits = search.search("tea", 2).hits
    assert {hit.title for hit in hits} == {"long.txt", "short.txt"}
    assert hits[0].score >= hits[1].score
    assert len(search.search("tea", 1).hits) == 1


def test_a_kind_that_is_rare_is_still_found(
    documents: DocumentService, search: SearchService, tmp_path: Path
) -> None:
    for number in range(60):
        (tmp_path / f"{number}.txt").write_text(f"tea tea tea {number}")
    (tmp_path / "m.py").write_text('def brew():\n    """Make tea."""\n')
    documents.ingest([tmp_path])
    hits = search.search("tea", 3, kind="function").hits
    assert [hit.title for hit in hits] == ["m.brew"]


def test_an_empty_store_says_what_to_do(search: SearchService) -> None:
    result = search.search("anything")
    assert result.hits == []
    assert "ingest" in result.hint


@pytest.mark.parametrize("limit", [0, -1, 51, 30_000])
def test_a_limit_out_of_range_is_refused(search: SearchService, limit: int) -> None:
    with pytest.raises(InvalidArgument, match="Use 1 to 50"):
        search.search("tea", limit)


def test_no_text_and_unknown_kinds_are_refused(search: SearchService) -> None:
    with pytest.raises(InvalidArgument):
        search.search("  ")
    with pytest.raises(UnknownName, match="Did you mean 'function'"):
        search.search("tea", kind="functions")
