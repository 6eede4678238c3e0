"""Search functions and operators by the examples of the manual."""

from collections.abc import Callable
from typing import Any

import pytest
from arango.exceptions import AQLQueryExecuteError

Ask = Callable[..., list[Any]]

BIGRAM = {"min": 2, "max": 2, "preserveOriginal": False, "streamType": "utf8"}
TEXTS = {
    "fox": "the quick brown fox jumps over the lazy dog",
    "some": "some brown fox",
    "snow": "snow fox",
    "red": "quick red fox",
    "lorem": "Lorem ipsum dolor sit amet, consectetur adipiscing elit",
}


@pytest.fixture
def texts(db):
    """Texts indexed by several Analyzers, words and values as they are, with their presence."""
    both = ["frequency", "position"]
    db.create_analyzer("bigram", "ngram", BIGRAM, both)
    db.create_analyzer("bars", "delimiter", {"delimiter": "|"}, [])
    documents: list[dict[str, Any]] = [
        {"_key": key, "text": text, "word": text.split()[1]} for key, text in TEXTS.items()
    ]
    documents += [
        {"_key": "bars", "text": "foo|bar|baz"},
        {"_key": "values", "value": [1, 4], "flag": True, "nil": None, "sub": {"deep": "x"}},
        {"_key": "more", "value": 7, "flag": False, "tags": ["a", "b"]},
    ]
    db.create_collection("c").insert_many(documents)
    fields = {"text": {"analyzers": ["text_en", "bigram", "bars", "identity"]}}
    link = {"fields": fields, "includeAllFields": True, "storeValues": "id"}
    db.create_arangosearch_view("v", {"links": {"c": link}})


def found(ask: Ask, condition: str, **bind_vars: Any) -> str:
    query = f"FOR d IN v SEARCH {condition} SORT d._key RETURN d._key"
    return " ".join(ask(query, **bind_vars))


@pytest.mark.parametrize(
    ("condition", "keys"),
    [
        ("ANALYZER(d.text == 'bar', 'bars')", "bars"),
        ("d.text == 'bar'", ""),
        ("d.text == 'foo|bar|baz'", "bars"),
        ("ANALYZER(PHRASE(d.text, 'snow') OR PHRASE(d.text, 'red'), 'text_en')", "red snow"),
        (
            "ANALYZER(PHRASE(d.text, 'snow') OR PHRASE(d.text, 'red', 'bigram'), 'text_en')",
            "red snow",
        ),
        ("ANALYZER(d.text IN TOKENS('a quick dog', 'text_en'), 'text_en')", "fox red"),
        (
            "ANALYZER(d.text NOT IN TOKENS('a quick fox', 'text_en'), 'text_en')",
            "bars lorem more values",
        ),
        ("MIN_MATCH(d.word == 'brown', d.word == 'red', d._key == 'red', 2)", "red"),
        (
            "ANALYZER(TOKENS('quick brown fox', 'text_en') AT LEAST (2) == d.text, 'text_en')",
            "fox red some",
        ),
        ("ANALYZER(TOKENS('quick brown fox', 'text_en') ALL IN d.text, 'text_en')", "fox"),
        (
            "ANALYZER(TOKENS('quick brown fox', 'text_en') ANY IN d.text, 'text_en')",
            "fox red snow some",
        ),
        (
            "ANALYZER(TOKENS('quick brown fox', 'text_en') NONE IN d.text, 'text_en')",
            "bars lorem more values",
        ),
        ("[2, 3] ALL < d.value", "more values"),
        ("[2, 6] ANY > d.value", "values"),
        ("[7] NONE > d.value", "more"),
        ("[] ALL IN d.value", "bars fox lorem more red snow some values"),
        ("[] ANY IN d.value", ""),
    ],
)
def test_contexts_and_operators(texts, ask, condition, keys):
    assert found(ask, condition) == keys


@pytest.mark.parametrize(
    ("condition", "keys"),
    [
        ("d.value == 4", "values"),
        ("d.value == 4.0", "values"),
        ("4 == d.value", "values"),
        ("d.value == '4'", ""),
        ("d.value != 4 AND EXISTS(d.value)", "more"),
        ("d.value IN 4..9", "more values"),
        ("d.value NOT IN 4..9 AND EXISTS(d.value)", ""),
        ("d.value IN [1, 7]", "more values"),
        ("d.value >= 7", "more"),
        ("d.value > 7", ""),
        ("7 > d.value", "values"),
        ("d.flag == true", "values"),
        ("d.flag < true", "more"),
        ("d.nil == null", "values"),
        ("d.nil > null", ""),
        ("d.nil >= null", "values"),
        ("d.missing == null", ""),
        ("d.tags == 'b'", "more"),
        ("d.tags[1] == 'b'", ""),
        ("d.sub.deep == 'x'", "values"),
        ("d['sub']['deep'] == 'x'", "values"),
        ("d.sub[@name] == 'x'", "values"),
        ("'b' IN d.tags", "more"),
        ("'x' IN [d.tags, d.sub.deep]", "values"),
        ("d._id == 'c/more'", "more"),
        ("IN_RANGE(d.value, 3, 5, true, true)", "values"),
        ("IN_RANGE(d.value, 4, 7, false, false)", ""),
        ("IN_RANGE(d.word, 'b', 'c', true, false)", "some"),
        ("NOT (d.value == 1 OR d.value == 7) AND NOT EXISTS(d.text)", ""),
        ("LENGTH(d.tags) == 2", "more"),
        ("d.value[0] + d.value[1] == 5", "values"),
        ("true", "bars fox lorem more red snow some values"),
        ("false", ""),
        ("1 == 2", ""),
    ],
)
def test_values(texts, ask, condition, keys):
    binds = {"name": "deep"} if "@name" in condition else {}
    assert found(ask, condition, **binds) == keys


@pytest.mark.parametrize(
    ("condition", "keys"),
    [
        ("STARTS_WITH(d.text, 'quick r')", "red"),
        ("ANALYZER(STARTS_WITH(d.text, 'ips'), 'text_en')", "lorem"),
        ("ANALYZER(STARTS_WITH(d.text, ['something', 'ips']), 'text_en')", "lorem"),
        ("ANALYZER(STARTS_WITH(d.text, ['lo', 'ips', 'x'], 2), 'text_en')", "lorem"),
        ("ANALYZER(STARTS_WITH(d.text, ['lo', 'sno', 'x'], 2), 'text_en')", ""),
        ("STARTS_WITH(d.text, '')", "bars fox lorem red snow some"),
        ("ANALYZER(LIKE(d.text, 'q%c_'), 'text_en')", "fox red"),
        ("ANALYZER(d.text LIKE 'f_x', 'text_en')", "fox red snow some"),
        ("d.text LIKE '%|bar|%'", "bars"),
        ("d.text NOT LIKE '%o%' AND EXISTS(d.text)", ""),
        ("LEVENSHTEIN_MATCH(d.word, 'quikc', 2, false)", "fox"),
        ("LEVENSHTEIN_MATCH(d.word, 'quikc', 1, false)", ""),
        ("LEVENSHTEIN_MATCH(d.word, 'quikc', 1)", "fox"),
        ("LEVENSHTEIN_MATCH(d.word, 'kc', 1, true, 64, 'qui')", "fox"),
        ("NGRAM_MATCH(d.text, 'quick fox', 'bigram')", "fox red"),
        ("NGRAM_MATCH(d.text, 'quick blue fox', 0.4, 'bigram')", "fox red"),
        ("NGRAM_MATCH(d.text, 'quick blue fox', 0.9, 'bigram')", ""),
        ("ANALYZER(NGRAM_MATCH(d.text, 'snow fox', 1), 'bigram')", "snow"),
        ("EXISTS(d.text)", "bars fox lorem red snow some"),
        ("EXISTS(d.sub)", "values"),
        ("EXISTS(d.su)", ""),
        ("EXISTS(d.value, 'numeric')", "more values"),
        ("EXISTS(d.value, 'string')", ""),
        ("EXISTS(d.flag, 'bool')", "more values"),
        ("EXISTS(d.nil, 'null')", "values"),
        ("EXISTS(d.nil, 'type')", "values"),
        ("EXISTS(d.text, 'analyzer', 'text_en')", "bars fox lorem red snow some"),
        ("EXISTS(d.word, 'analyzer', 'text_en')", ""),
        ("EXISTS(d.word, 'analyzer')", "fox lorem red snow some"),
    ],
)
def test_functions(texts, ask, condition, keys):
    assert found(ask, condition) == keys


@pytest.mark.parametrize(
    ("phrase", "keys"),
    [
        ("'lorem ipsum'", "lorem"),
        ("'ipsum lorem'", ""),
        ("'ipsum', 2, 'amet'", "lorem"),
        ("'ipsum', 1, 'amet'", ""),
        ("'lorem', 0, 'ipsum'", "lorem"),
        ("'ipsum', -1, 'lorem'", "lorem"),
        ("'ipsum', -2, 'lorem'", "lorem"),
        ("'lorem', -2, 'ipsum'", ""),
        ("['quick brown fox']", "fox"),
        ("['quick', 'brown', 'fox']", "fox"),
        ("TOKENS('quick brown fox', 'text_en')", "fox"),
        ("['quick', 1, 'fox', 'jumps']", "fox"),
        ("'quick', 1, 'fox', 0, 'jumps'", "fox"),
        ("'quick', 1, [], 1, 'jumps'", "fox"),
        ("[]", ""),
        ("{STARTS_WITH: ['qui']}, 0, {WILDCARD: ['b%o_n']}, 0, {TERMS: ['fox', 'run']}", "fox"),
        ("{LEVENSHTEIN_MATCH: ['foks', 2]}, 0, {TERMS: ['jump', 'run']}", "fox"),
        ("{TERMS: ['jump']}, 0, {IN_RANGE: ['over', 'through', true, false]}", "fox"),
        ("[{STARTS_WITH: 'qui'}, 0, {WILDCARD: 'b%o_n'}, 0, {TERM: 'fox'}]", "fox"),
        ("['fox', 0, ['jumps', 'runs'], 0, {IN_RANGE: ['over', 'p', true, false]}]", "fox"),
        ("{TERM: 'quick'}, 0, {TERM: ['red']}", "red"),
        ("{TERMS: ['jumps', 'runs']}", ""),
    ],
)
def test_phrases(texts, ask, phrase, keys):
    assert found(ask, f"PHRASE(d.text, {phrase}, 'text_en')") == keys
    assert found(ask, f"ANALYZER(PHRASE(d.text, {phrase}), 'text_en')") == keys


@pytest.mark.parametrize(
    "condition",
    [
        "EXISTS(1)",
        "EXISTS(d.text, 'sort')",
        "EXISTS(d.text, 'string', 'text_en')",
        "PHRASE('text', 'foo', 'text_en')",
        "PHRASE(d.text, 1, 'text_en')",
        "PHRASE(d.text, {NEAR: 'x'}, 'text_en')",
        "PHRASE(d.text, 'a', 'b', 'c', 'text_en')",
        "STARTS_WITH(d.text, 1)",
        "STARTS_WITH(d.text, ['a'], -1)",
        "LEVENSHTEIN_MATCH(d.text, 'a', 5, false)",
        "LEVENSHTEIN_MATCH(d.text, 'a', 4)",
        "LEVENSHTEIN_MATCH(d.text, 'a', -1)",
        "NGRAM_MATCH(d.text, 'a', 0, 'bigram')",
        "NGRAM_MATCH(d.text, 'a', 1.5, 'bigram')",
        "MIN_MATCH(d.text == 'a', -1)",
        "IN_RANGE(d.value, 1, 'a', true, true)",
        "IN_RANGE(d.value, 1, 2, 0, 1)",
        "ANALYZER(d.text == 'a', 'nowhere')",
        "BOOST(d.text == 'a', 'much')",
        "d.text == [1]",
        "d.text > {}",
        "d.text IN 'a'",
        "LIKE(d.text, 1)",
    ],
)
def test_arguments_that_make_no_sense_are_refused_with_error_10(texts, ask, condition):
    with pytest.raises(AQLQueryExecuteError, match="AQL") as caught:
        found(ask, condition)
    assert caught.value.error_code == 10


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("NGRAM_MATCH('quick fox', 'quick blue fox', 'bigram')", False),
        ("NGRAM_MATCH('quick fox', 'quick blue fox', 0.4, 'bigram')", True),
        ("LEVENSHTEIN_MATCH('quick', 'quikc', 1)", True),
        ("LEVENSHTEIN_MATCH('quick', 'quikc', 1, false)", False),
        ("LEVENSHTEIN_MATCH('quick', 'kc', 1, true, 64, 'qui')", True),
        ("STARTS_WITH('lorem', ['x', 'lo'])", True),
        ("STARTS_WITH('lorem', ['lor', 'lo', 'x'], 3)", False),
        ("IN_RANGE(4, 3, 5, true, true)", True),
        ("MIN_MATCH(true, 1 == 2, 2 > 1, 2)", True),
        ("ANALYZER(1 == 1, 'text_en')", True),
        ("BOOST(7, 2)", 7),
    ],
)
def test_what_also_works_outside_search(texts, ask, expression, value):
    assert ask(f"RETURN {expression}") == [value]


def test_what_only_works_in_search_is_refused_outside(texts, ask):
    for expression in ("EXISTS(d.text)", "PHRASE(d.text, 'x', 'text_en')"):
        with pytest.raises(AQLQueryExecuteError, match="only within") as caught:
            ask(f"FOR d IN c FILTER {expression} RETURN d")
        assert caught.value.error_code == 9
    with pytest.raises(AQLQueryExecuteError, match="non-view") as caught:
        ask("FOR d IN c SEARCH d.text == 'x' RETURN d")
    assert caught.value.error_code == 1501
    with pytest.raises(AQLQueryExecuteError, match="Subqueries") as caught:
        ask("FOR d IN v SEARCH d.text IN (FOR x IN c RETURN x.text) RETURN d")
    assert caught.value.error_code == 1501


def test_values_of_outer_loops_are_searched_for_one_after_another(texts, ask):
    query = (
        "FOR word IN ['snow', 'red'] FOR d IN v"
        " SEARCH ANALYZER(d.text == word, 'text_en') RETURN [word, d._key]"
    )
    assert ask(query) == [["snow", "snow"], ["red", "red"]]


def test_offsets_are_limited_by_path_and_by_kind(db, ask):
    features = ["frequency", "norm", "position", "offset"]
    words = {"locale": "en", "stopwords": [], "stemming": False}
    db.create_analyzer("words", "text", words, features)
    db.create_collection("c").insert({"text": "né a b a b a", "list": ["x", "a y"]})
    link = {"includeAllFields": True, "analyzers": ["words"], "trackListPositions": True}
    db.create_arangosearch_view("v", {"links": {"c": link}})
    search = "FOR d IN v SEARCH ANALYZER({}, 'words') RETURN OFFSET_INFO(d, {})"

    def offsets(condition: str, rules: str) -> Any:
        return ask(search.format(condition, rules))[0]

    text = "d.text == 'a' OR PHRASE(d.text, 'b a') OR d.list[1] == 'a'"
    assert offsets(text, "'text'") == [
        {"name": ["text"], "offsets": [[4, 1], [8, 1], [12, 1], [6, 3], [10, 3]]}
    ]
    assert offsets(text, "['list[1]', 'nothing']") == [{"name": ["list", 1], "offsets": [[0, 1]]}]
    one = "[{name: 'text', options: {maxOffsets: 4, limits: {term: 2}}}]"
    assert offsets(text, one)[0]["offsets"] == [[4, 1], [8, 1], [6, 3], [10, 3]]
    assert offsets("d.text != 'z'", "'text'") == []
