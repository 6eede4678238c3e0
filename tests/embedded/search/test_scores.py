"""Scores as ArangoDB computes them: the arithmetic of IResearch, single precision included."""

import pytest
from arango.exceptions import AQLQueryExecuteError

TEXTS = ["foo bar", "foo", "bar", "foo baz", "baz"]


@pytest.fixture
def texts(db):
    db.create_collection("c").insert_many([{"text": text} for text in TEXTS])
    fields = {"text": {"analyzers": ["text_en"]}}
    db.create_arangosearch_view("v", {"links": {"c": {"fields": fields}}})


def test_a_boosted_term_scores_as_in_the_manual(texts, ask):
    # the manual's figures for texts of one word; those of two were computed with older norms
    found = ask(
        'FOR d IN v SEARCH ANALYZER(BOOST(d.text == "foo", 2.5) OR d.text == "bar", "text_en")'
        " LET score = BM25(d) SORT score DESC RETURN [d.text, score]"
    )
    scores = dict(found)
    assert scores["bar"] == 0.9913395643234253
    assert scores["foo"] == pytest.approx(1.525835633277893, rel=1e-7)
    assert [text for text, _ in found] == ["foo bar", "foo", "foo baz", "bar"]


def test_longer_texts_score_less_unless_length_is_left_out(texts, ask):
    query = (
        'FOR d IN v SEARCH ANALYZER(d.text == "foo", "text_en")'
        " SORT d.text RETURN [BM25(d), BM25(d, 1.2, 0), TFIDF(d), TFIDF(d, true)]"
    )
    one, two, three = ask(query)
    assert one[0] > two[0] == three[0]
    assert one[1] == two[1] == three[1]
    assert one[2] == two[2]
    assert one[3] == pytest.approx(2**0.5 * two[3])


def test_scores_are_0_where_nothing_is_searched_for(texts, ask):
    assert ask("FOR d IN v RETURN BM25(d)") == [0] * 5
    assert ask("FOR d IN v SEARCH true RETURN TFIDF(d)") == [0] * 5


def test_scores_of_another_variable_are_refused(texts, db, ask):
    for query in ("FOR d IN c RETURN BM25(d)", "RETURN TFIDF({})"):
        with pytest.raises(AQLQueryExecuteError, match="scorer functions") as caught:
            ask(query)
        assert caught.value.error_code == 9


def test_the_best_alone_are_those_a_whole_sort_begins_with(texts, db, ask):
    db.collection("c").insert_many([{"text": f"foo bar {n} {'x ' * (n % 7)}"} for n in range(40)])
    query = (
        "FOR d IN v SEARCH ANALYZER(d.text IN ['foo', 'bar'], 'text_en')"
        " LET score = BM25(d) SORT score DESC, TFIDF(d) {} RETURN [d._key, score]"
    )
    every = ask(query.format(""))
    assert len(every) == 44
    for limit in ("LIMIT 0", "LIMIT 3", "LIMIT 2, 30", "LIMIT 40, 10"):
        first, _, count = limit.removeprefix("LIMIT ").rpartition(", ")
        start = int(first or 0)
        assert ask(query.format(limit)) == every[start : start + int(count)]
    nodes = db.aql.explain(query.format("LIMIT 3"))["nodes"]
    assert "SortNode" not in [node["type"] for node in nodes]
    view = next(node for node in nodes if node["type"] == "EnumerateViewNode")
    assert view["scorersSort"] == [{"index": 0, "asc": False}, {"index": 1, "asc": True}]
    assert view["scorersSortLimit"] == 3


def test_a_document_scores_what_its_nested_objects_score_together(db, ask):
    words = [["foo"], ["foo", "foo"], ["foo", "bar"], ["bar"]]
    held = [{"l": [{"t": word} for word in each]} for each in words]
    db.create_collection("c").insert_many(held)
    fields: dict[str, object] = {"l": {"nested": {"t": {}}}}
    db.create_arangosearch_view("v", {"links": {"c": {"fields": fields}}})
    query = "FOR d IN v SEARCH d.l[? FILTER CURRENT.t == 'foo'] SORT d._key RETURN BM25(d)"
    one, two, other = ask(query)
    assert one == other > 0
    assert two == pytest.approx(2 * one)
