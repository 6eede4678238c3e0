"""The best documents for any of some words are those that scoring each one finds, to the bit."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest

from hades_mcp.embedded import connect
from hades_mcp.embedded.storage.search.searcher import Searcher

if TYPE_CHECKING:
    from collections.abc import Iterator

    from arango.database import StandardDatabase

WORDS = "fox dog cow hen owl bee ant elk cat".split()  # noqa: SIM905  words, read as one
SEARCHES = [
    'd.text IN TOKENS(@words, "text_en")',
    'd.text IN TOKENS(@words, "text_en") OR d.title IN TOKENS(@words, "text_en")',
    'BOOST(d.text IN TOKENS(@words, "text_en"), 2.5) OR d.title == "fox"',
    'BOOST(BOOST(d.text == "fox", 2) OR d.title == "dog", 1.7) OR d.text == "cow"',
    'd.text == "fox"',
    'd.text == "no such word"',
]


@pytest.fixture(scope="module")
def db() -> Iterator[StandardDatabase]:
    """One database for all, who only read: it takes longer to fill than they take."""
    client = connect(None)
    yield client.db("_system")
    client.close()


@pytest.fixture(scope="module")
def animals(db: Any) -> None:
    lots = random.Random(7)
    for name in ("a", "b"):
        documents = [
            {
                "text": " ".join(lots.choices(WORDS, range(1, 10), k=lots.randint(1, 300))),
                "title": lots.choice(WORDS),
            }
            for _ in range(150)
        ]
        db.create_collection(name).insert_many(documents)
    db.create_analyzer("uncounted", "text", {"locale": "en", "stopwords": []}, [])
    fields = {"text": {"analyzers": ["text_en", "uncounted"]}, "title": {"analyzers": ["text_en"]}}
    links = {name: {"fields": fields} for name in ("a", "b")}
    db.create_arangosearch_view("v", {"links": links})


@pytest.mark.parametrize("search", SEARCHES)
@pytest.mark.parametrize("scorer", ["BM25(d)", "BM25(d, 2, 0)", "BM25(d, 0)", "TFIDF(d, true)"])
@pytest.mark.parametrize("most", [0, 3, 40, 10_000])
def test_arrays_and_single_steps_find_the_same(
    animals: None, ask: Any, monkeypatch: Any, search: str, scorer: str, most: int
) -> None:
    query = (
        f'FOR d IN v SEARCH ANALYZER({search}, "text_en") LET s = {scorer} '
        f"SORT s DESC LIMIT {most} RETURN [d._id, s]"
    )
    bind = {"words": "fox dogs cat"} if "@words" in search else {}
    with monkeypatch.context() as patched:
        patched.delattr(Searcher, "_best")  # which scores one by one
        fast = ask(query, **bind)
    monkeypatch.setattr("hades_mcp.embedded.storage.search.disjunctions.any_of", lambda _: None)
    assert fast == ask(query, **bind)
    assert bool(fast) == (most > 0 and "no such" not in search)


@pytest.fixture
def renamed(animals: None, db: StandardDatabase) -> Iterator[None]:
    db.collection("a").rename("renamed")
    yield
    db.collection("renamed").rename("a")


@pytest.mark.parametrize("loop", ["SORT BM25(d) DESC LIMIT 9", "SORT d._key", ""])
def test_ids_read_without_their_documents_are_those_in_the_documents(
    renamed: None, ask: Any, loop: str
) -> None:
    query = 'FOR d IN v SEARCH ANALYZER(d.text == "fox", "text_en") {} RETURN {}'
    ids = ask(query.format(loop, "[d._key, d._id]"))
    assert ids == [[d["_key"], d["_id"]] for d in ask(query.format(loop, "d"))]
    assert any(identifier.startswith("renamed/") for _, identifier in ids)


def test_what_an_analyzer_does_not_count_is_found_with_score_0(
    animals: None, ask: Any, monkeypatch: Any
) -> None:
    query = (
        'FOR d IN v SEARCH ANALYZER(d.text == "fox" OR d.text == "bee", "uncounted")'
        " SORT BM25(d) DESC LIMIT 20 RETURN [d._id, BM25(d)]"
    )
    fast = ask(query)
    monkeypatch.setattr("hades_mcp.embedded.storage.search.disjunctions.any_of", lambda _: None)
    assert fast == ask(query)
    assert [score for _, score in fast] == [0] * 20


@pytest.mark.parametrize(
    "search",
    [
        '["fox", "dog"] ALL IN d.text',
        'd.text == "fox" AND d.text == "dog"',
        'd.text == "fox" OR STARTS_WITH(d.text, "do")',
        'MIN_MATCH(d.text == "fox", d.text == "dog", d.text == "cow", 2)',
    ],
)
def test_other_searches_are_scored_one_by_one(
    animals: None, ask: Any, monkeypatch: Any, search: str
) -> None:
    taken: list[str] = []
    best = Searcher._best

    def seen(self: Searcher, *args: Any) -> Any:
        taken.append(search)
        return best(self, *args)

    monkeypatch.setattr(Searcher, "_best", seen)
    query = (
        f'FOR d IN v SEARCH ANALYZER({search}, "text_en") SORT BM25(d) DESC LIMIT 5 RETURN d._id'
    )
    assert len(ask(query)) == 5
    assert taken == [search]


def test_what_is_remembered_of_words_follows_what_is_written(db: Any, ask: Any) -> None:
    texts = db.create_collection("texts")
    texts.insert_many([{"_key": str(n), "text": "fox " * (n % 3)} for n in range(60)])
    texts.insert({"_key": "long", "text": "fox"})
    fields = {"text": {"analyzers": ["text_en"]}}
    db.create_arangosearch_view("early", {"links": {"texts": {"fields": fields}}})
    search = 'FOR d IN early SEARCH ANALYZER(d.text == "fox", "text_en")'

    def agree() -> set[str]:
        quick = ask(f"{search} SORT BM25(d) DESC LIMIT 1000 RETURN [d._key, BM25(d)]")
        slow = ask(f"{search} RETURN [d._key, BM25(d)]")
        assert sorted(quick) == sorted(slow)
        return {key for key, _ in quick}

    assert len(agree()) == 41
    texts.delete("1")
    texts.insert({"_key": "new", "text": "a fox and a dog"})
    texts.update({"_key": "2", "text": "a dog"})
    texts.update({"_key": "3", "text": "a fox"})
    texts.update({"_key": "4", "text": "fox " * 1100})  # more than usual numbers hold
    assert agree() >= {"new", "3", "4", "long"}
    assert not agree() & {"1", "2"}
    db.create_arangosearch_view("late", {"links": {"texts": {"fields": fields}}})
    search = search.replace("IN early", "IN late")
    assert len(agree()) == 41  # read anew, in one piece
    texts.truncate()
    assert agree() == set()
