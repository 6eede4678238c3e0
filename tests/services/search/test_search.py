"""Search answers with documents, the best first, or says why there are none."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pytest

from hades_mcp.embedders.hashing import HashEmbedder
from hades_mcp.embedders.onnx import OnnxEmbedder
from hades_mcp.errors import InvalidArgument, Unavailable, UnknownName
from hades_mcp.services.documents.service import DocumentService
from hades_mcp.services.layout import ANALYZER, SEARCH_VIEW, ensure_layout
from hades_mcp.services.search.rankings import fused
from hades_mcp.services.search.service import SearchService
from hades_mcp.services.statements import rows
from hades_mcp.tokens import count_tokens
from hades_mcp.vectors.arango import ArangoVectorIndex

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from arango.database import StandardDatabase

    from hades_mcp.embedders.base import Progress, Vectors


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


def test_hits_without_a_word_of_the_question_are_said_to_be_only_near(
    documents: DocumentService, search: SearchService
) -> None:
    documents.add_text("Tea and biscuits.", "Tea")
    assert "None of the words occurs" in search.search("zzyzx").note
    assert search.search("tea").note == ""


def test_where_takes_the_path_that_hits_show_or_its_end(
    documents: DocumentService, search: SearchService, tmp_path: Path
) -> None:
    for name in ("in/tea.md", "in/cup.md", "out/tea.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(f"# {name}\n\nHot tea.\n")
    documents.ingest([tmp_path])

    def found(*paths: str) -> list[str]:
        return sorted(hit.title for hit in search.search("tea", where={"path": list(paths)}).hits)

    (hit,) = search.search("tea", where={"path": "in/cup.md"}).hits
    assert found(hit.path or "") == ["in/cup.md"]
    assert found("tea.md") == ["in/tea.md", "out/tea.md"]
    assert found(str(tmp_path / "in")) == found("in/") == ["in/cup.md", "in/tea.md"]
    assert found("ea.md") == found() == []


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


def write(folder: Path, **texts: str) -> None:
    for name, text in texts.items():
        (folder / f"{name}.md").write_text(f"# {name}\n\n{text}\n")


def test_a_rare_word_is_found_though_it_means_nothing_to_the_embedder(
    db: StandardDatabase, tmp_path: Path
) -> None:
    write(tmp_path, **{f"note{n}": f"Error code E{n} of the pump." for n in range(4000, 4060)})
    embedder, vectors = OnnxEmbedder(), ArangoVectorIndex(db)
    DocumentService(db, embedder, vectors).ingest([tmp_path])
    assert SearchService(db, embedder, vectors).search("E4033", 1).hits[0].title == "note4033"


def test_words_are_found_in_titles_and_in_the_parts_of_identifiers(
    documents: DocumentService, db: StandardDatabase, tmp_path: Path
) -> None:
    code = "def begin_stream(x):\n    return x\n\ndef other(x):\n    return x\n"
    (tmp_path / "m.py").write_text(code)
    documents.ingest([tmp_path])
    words = SearchService(db, Gone(), ArangoVectorIndex(db)).search("streams").hits
    assert "m.begin_stream" in {hit.title for hit in words}
    assert "m.other" not in {hit.title for hit in words}


def test_a_name_in_the_question_counts_as_a_whole(
    documents: DocumentService, search: SearchService, tmp_path: Path
) -> None:
    for number in range(30):
        write(tmp_path, **{f"n{number}": "The till pays change. Change the till."})
    write(tmp_path, odd="A long text about other things, which calls pay_till once, and no more.")
    documents.ingest([tmp_path])
    assert search.search("what uses pay_till?", 1).hits[0].title == "odd"


def test_where_keeps_to_attributes_of_documents(
    documents: DocumentService, search: SearchService, db: StandardDatabase, tmp_path: Path
) -> None:
    write(tmp_path, a="tea", b="tea", c="tea", d="tea")
    documents.ingest([tmp_path])
    patch = "FOR d IN documents FILTER d.title == @title UPDATE d WITH @with IN documents"
    described: dict[str, dict[str, Any]] = {
        "a": {"year": 2024, "tags": ["green", "hot"]},
        "b": {"year": 2025, "tags": ["black"], "meta": {"by": "Ann"}},
        "c": {"year": 2026},
    }
    for title, attributes in described.items():
        rows(db, patch, {"title": title, "with": attributes})

    def titles(**where: Any) -> list[str]:
        found = search.search("tea", where={k.replace("__", "."): v for k, v in where.items()})
        return sorted(hit.title for hit in found.hits)

    assert titles(year=2024) == ["a"]
    assert titles(year=[2025, 2026]) == ["b", "c"]
    assert titles(tags="hot") == ["a"]
    assert titles(tags=["hot", "black"], year=2025) == ["b"]
    assert titles(meta__by="Ann") == ["b"]
    assert titles(year=None) == ["d"]
    assert search.search("tea", where={"year": 1999}).hint.startswith("Nothing fits")


def test_an_attribute_no_document_has_leads_to_the_right_one(
    documents: DocumentService, search: SearchService, tmp_path: Path
) -> None:
    write(tmp_path, a="tea")
    documents.ingest([tmp_path])
    with pytest.raises(UnknownName, match="Did you mean 'qualified_name'"):
        search.search("tea", where={"qualified_nam": "a"})
    with pytest.raises(InvalidArgument, match="attribute"):
        search.search("tea", where={"title": {"$ne": "a"}})
    with pytest.raises(InvalidArgument, match="attribute"):
        search.search("tea", where={"": "a"})


@pytest.mark.parametrize(
    "name", ["x) OR (true", "title` == 1 REMOVE d IN documents //", "@kind", "d.title"]
)
def test_the_name_of_an_attribute_is_never_a_piece_of_aql(
    documents: DocumentService, search: SearchService, tmp_path: Path, name: str
) -> None:
    write(tmp_path, a="tea")
    documents.ingest([tmp_path])
    with pytest.raises(UnknownName):
        search.search("tea", where={name: "a"})
    assert search.search("tea").hits


def test_a_filter_that_few_of_many_fit_still_finds_them(
    documents: DocumentService, search: SearchService, db: StandardDatabase, tmp_path: Path
) -> None:
    write(tmp_path, **{f"n{n}": "tea tea tea" for n in range(80)}, odd="nothing about it")
    documents.ingest([tmp_path])
    (hit,) = search.search("tea", where={"title": "odd"}).hits
    assert hit.title == "odd"


def test_connected_to_keeps_to_what_hangs_together_with_a_document(
    documents: DocumentService, search: SearchService, shop: Path
) -> None:
    documents.ingest([shop])
    near = search.search("shop", 50, where={"connected_to": "Sunday"}).hits
    assert {hit.title for hit in near} >= {"Hours", "The shop"}
    assert not any(hit.title.startswith("shop.") for hit in near)
    with pytest.raises(UnknownName, match="Did you mean 'Sunday'"):
        search.search("shop", where={"connected_to": "Sundy"})


def test_hops_add_what_the_graph_leads_to_and_say_by_which_way(
    documents: DocumentService, search: SearchService, shop: Path
) -> None:
    documents.ingest([shop])
    alone = search.search("coins", 1).hits
    assert [hit.title for hit in alone] == ["shop.till.change"]
    one = search.search("coins", 1, hops=1).hits
    (added,) = [hit for hit in one if hit.via]
    assert one[0].title == "shop.till.change"
    assert {alone[0].id, added.id} == {hit.id for hit in one}
    assert added.via in {
        f"{alone[0].id} <-calls- {added.id}",
        f"{alone[0].id} <-contains- {added.id}",
    }
    assert 0 < added.score < one[0].score
    two = search.search("coins", 1, hops=2).hits
    assert len(two) == 3
    everything = search.search("coins", 5, hops=2).hits
    assert any(hit.via.count("documents/") == 3 for hit in everything)


def test_what_the_graph_adds_never_outranks_the_hit_it_was_reached_from(
    documents: DocumentService, search: SearchService, db: StandardDatabase, tmp_path: Path
) -> None:
    write(tmp_path, one="tea tea tea", two="tea tea and tea")
    documents.ingest([tmp_path])
    seed, other = search.search("tea", 2).hits
    relate = "INSERT {_from: @from, _to: @to} INTO relations"
    rows(db, relate, {"from": seed.id, "to": other.id})
    first, second = search.search("tea", 1, hops=1).hits
    assert (first.id, second.id) == (seed.id, other.id)
    assert second.via.startswith(seed.id)


def test_hops_keep_to_the_filter_too(
    documents: DocumentService, search: SearchService, shop: Path
) -> None:
    documents.ingest([shop])
    hits = search.search("coins", 2, kind="method", hops=2).hits
    assert {hit.kind for hit in hits} == {"method"}


def test_what_is_believed_comes_before_what_is_not(
    documents: DocumentService, search: SearchService, db: StandardDatabase, tmp_path: Path
) -> None:
    write(tmp_path, good="tea is hot", bad="tea is hot")
    documents.ingest([tmp_path])
    patch = "FOR d IN documents FILTER d.title == @title UPDATE d WITH {evidence: @e} IN documents"
    for title, votes in {"good": {"up": 9}, "bad": {"down": 9}}.items():
        rows(db, patch, {"title": title, "e": {"source": "file", **votes}})
    good, bad = search.search("tea is hot", 2).hits
    assert (good.title, bad.title) == ("good", "bad")
    assert good.trust > 0.9
    assert bad.trust < 0.5
    assert good.trust == round(good.trust, 2)


def test_meaning_decides_where_the_rankings_contradict_each_other(
    db: StandardDatabase, tmp_path: Path
) -> None:
    embedder, vectors = OnnxEmbedder(), ArangoVectorIndex(db)
    write(
        tmp_path,
        meant="Our shop is open until six in the evening from Monday to Friday, then it shuts.",
        worded="Shop, closing and time are English words.",
    )
    DocumentService(db, embedder, vectors).ingest([tmp_path])
    # what is newer is believed a little more, by less than is shown
    newer = "FOR d IN documents FILTER d.title == @t UPDATE d WITH {evidence: {at: @at}} IN @@c"
    now = time.time()
    for title, at in {"meant": now - 60, "worded": now}.items():
        rows(db, newer, {"t": title, "at": at, "@c": "documents"})
    first, second = SearchService(db, embedder, vectors).search("closing time of the shop", 2).hits
    assert first.score == second.score
    assert (first.title, second.title) == ("meant", "worded")


def test_hits_are_packed_whole_into_a_budget_of_tokens(
    documents: DocumentService, search: SearchService, tmp_path: Path
) -> None:
    write(tmp_path, **{f"n{n}": "tea " * 60 for n in range(20)})
    documents.ingest([tmp_path])
    whole = search.search("tea", 20, tokens=100_000)
    assert (len(whole.hits), whole.truncated, whole.omitted) == (20, False, 0)
    result = search.search("tea", 20, tokens=1000)
    assert result.truncated
    assert len(result.hits) + result.omitted == 20
    assert result.hits == whole.hits[: len(result.hits)]
    assert count_tokens(json.dumps([asdict(hit) for hit in result.hits])) <= 1000
    assert len(search.search("tea", 20, tokens=1).hits) == 1


def test_the_part_of_a_passage_is_shown_that_the_question_is_about(
    documents: DocumentService, search: SearchService, tmp_path: Path
) -> None:
    (tmp_path / "a.txt").write_text(
        "coffee is nice " * 40 + "brewing oolong takes time " + "x " * 50
    )
    documents.ingest([tmp_path])
    shown = search.search("how is oolong brewed?", 1).hits[0].snippet
    assert "brewing oolong takes time" in shown
    assert shown.startswith("…")
    assert len(shown) <= 300


class Gone(HashEmbedder):
    """An embedder whose model is not there."""

    def embed(self, texts: Sequence[str], *, progress: Progress | None = None) -> Vectors:
        raise Unavailable("The model is not there.")


def test_without_an_embedder_words_still_find(
    documents: DocumentService, db: StandardDatabase, shop: Path
) -> None:
    documents.ingest([shop])
    result = SearchService(db, Gone(), ArangoVectorIndex(db)).search("coins", 3)
    assert [hit.title for hit in result.hits] == ["shop.till.change"]
    assert result.note == "Found by words only, not by meaning: The model is not there."


def test_without_a_view_meaning_still_finds_and_without_both_it_says_so(
    documents: DocumentService, search: SearchService, db: StandardDatabase, shop: Path
) -> None:
    documents.ingest([shop])
    assert search.search("coins", 1).note == ""
    db.delete_view(SEARCH_VIEW)
    result = search.search("shop.till.Till.pay(self, amount)", 1)
    assert [hit.title for hit in result.hits] == ["shop.till.Till.pay"]
    assert result.note.startswith("Found by meaning only, not by words: ")
    with pytest.raises(Unavailable, match="model is not there"):
        SearchService(db, Gone(), ArangoVectorIndex(db)).search("coins")


def test_a_store_of_an_earlier_version_gets_its_view_when_it_is_opened(
    documents: DocumentService, search: SearchService, db: StandardDatabase, shop: Path
) -> None:
    documents.ingest([shop])
    db.delete_view(SEARCH_VIEW)
    db.delete_analyzer(ANALYZER)
    ensure_layout(db)
    result = SearchService(db, Gone(), ArangoVectorIndex(db)).search("Sunday")
    assert "Hours > Sunday" in {hit.title for hit in result.hits}


def test_what_is_first_in_every_ranking_scores_one() -> None:
    scores = fused([["a", "b", "c"], ["a", "c"]])
    assert scores["a"] == pytest.approx(1)
    assert scores["b"] == pytest.approx(6 / 7 / 2)
    assert scores["c"] == pytest.approx((6 / 8 + 6 / 7) / 2)
