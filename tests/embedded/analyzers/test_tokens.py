"""What Analyzers make of text; expectations with an id are a real server's (3.12.10)."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hades_mcp.embedded.analyzers import BUILT_IN, analyze, define
from hades_mcp.embedded.errors import ArangoError


def tokens(kind: str, properties: dict[str, Any], text: str) -> list[str]:
    analyzer = define({"name": "made", "type": kind, "properties": properties})
    return [token.text for token in analyze(analyzer, text)]


STEM = {"type": "stem", "properties": {"locale": "en"}}


@pytest.mark.parametrize(
    ("kind", "properties", "text", "expected"),
    [
        ("identity", {}, "UPPER lower", ["UPPER lower"]),
        ("norm", {"locale": "en", "case": "upper"}, "lower dïäcríticš", ["LOWER DÏÄCRÍTICŠ"]),
        (
            *("norm", {"locale": "en", "accent": False, "case": "lower"}),
            *("UPPER dïäcríticš", ["upper diacritics"]),
        ),
        ("norm", {"locale": "tr", "case": "lower"}, "ISI", ["\u0131s\u0131"]),
        ("stem", {"locale": "en"}, "databases", ["databas"]),
        ("delimiter", {"delimiter": "-> "}, "some-> hand-> x", ["some", "hand", "x"]),
        ("delimiter", {"delimiter": ","}, 'a,"b,c",d', ["a", "b,c", "d"]),
        ("delimiter", {"delimiter": ","}, 'a,"b ""c"""', ["a", 'b "c"']),
        ("multi_delimiter", {"delimiters": [","]}, 'foo,"bar,baz"', ["foo", '"bar', 'baz"']),
        ("multi_delimiter", {"delimiters": [",", ";"]}, "a,b;c", ["a", "b", "c"]),
        (
            *("ngram", {"min": 2, "max": 2, "preserveOriginal": True, "startMarker": "^"}),
            *("foo", ["^fo", "^foo", "oo"]),
        ),
        ("ngram", {"min": 2, "max": 3, "preserveOriginal": False}, "abc", ["ab", "abc", "bc"]),
        ("ngram", {"min": 3, "max": 3, "preserveOriginal": False}, "ab", []),
        ("ngram", {"min": 3, "max": 3, "preserveOriginal": True}, "ab", ["ab"]),
        ("stopwords", {"stopwords": ["and"]}, "and", []),
        ("stopwords", {"stopwords": ["616e64"], "hex": True}, "and", []),
        ("stopwords", {"stopwords": ["and"]}, "or", ["or"]),
        (
            *(
                "pipeline",
                {"pipeline": [{"type": "delimiter", "properties": {"delimiter": ","}}, STEM]},
            ),
            *("delimited,stemmable,words", ["delimit", "stemmabl", "word"]),
        ),
        ("segmentation", {}, "An_EMAIL-x+1", ["an_email", "x", "1"]),
        ("segmentation", {"break": "graphic"}, "a b!", ["a", "b", "!"]),
        ("segmentation", {"break": "all", "case": "none"}, "A b", ["A", " ", "b"]),
        ("text", {"locale": "en", "stopwords": ["the"]}, "The lazy dogs", ["lazi", "dog"]),
        (
            *("text", {"locale": "en", "stemming": False}),
            *("Crazy fast NoSQL-database!", ["crazy", "fast", "nosql", "database"]),
        ),
        (
            *(
                "text",
                {"locale": "en", "edgeNgram": {"min": 2, "max": 3, "preserveOriginal": True}},
            ),
            *("quick a", ["qu", "qui", "quick", "a"]),
        ),
        (
            "wildcard",
            {"ngramSize": 4},
            "Foxx",
            ["\ufffdFox", "Foxx", "oxx\ufffd", "xx\ufffd", "x\ufffd"],
        ),
    ],
)
def test_each_type_makes_its_tokens(kind, properties, text, expected):
    assert tokens(kind, properties, text) == expected


def test_ngrams_come_in_the_servers_order():
    properties = {"min": 2, "max": 2, "preserveOriginal": True, "streamType": "utf8"}
    properties |= {"startMarker": "^", "endMarker": "$"}
    expected = ["^fo", "^foobar", "foobar$", "oo", "ob", "ba", "ar$"]
    assert tokens("ngram", properties, "foobar") == expected


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("text_de", "Lörem ipsüm, DOLOR SIT Ämet.", ["lor", "ipsum", "dolor", "sit", "amet"]),
        ("text_en", "Crazy fast NoSQL-database!", ["crazi", "fast", "nosql", "databas"]),
        ("text_zh", "hello world", ["hello", "world"]),
        ("text_ru", "бутерброды", ["бутерброд"]),
        ("identity", "UPPER lower dïäcríticš", ["UPPER lower dïäcríticš"]),
    ],
)
def test_the_built_in_analyzers_answer_as_a_server(name, text, expected):
    assert [token.text for token in analyze(BUILT_IN[name], text)] == expected


def test_tokens_of_one_place_share_it():
    edges = {"locale": "en", "edgeNgram": {"min": 1, "max": 2}}
    made = analyze(define({"name": "e", "type": "text", "properties": edges}), "ab cd")
    assert [(token.text, token.step) for token in made] == [
        *(("a", 1), ("ab", 0), ("c", 1), ("cd", 0)),
    ]


@given(st.text(), st.sampled_from(sorted(BUILT_IN)))
def test_any_text_can_be_analyzed(text, name):
    for token in analyze(BUILT_IN[name], text):
        assert isinstance(token.text, str)


@given(st.lists(st.text(alphabet='abc"', min_size=1).filter(lambda t: not t.startswith('"'))))
def test_a_delimiter_undoes_a_join(parts):
    text = "-".join(parts)
    assert tokens("delimiter", {"delimiter": "-"}, text) == (parts or [""])


@pytest.mark.parametrize(
    ("definition", "number"),
    [
        ({"name": "1a", "type": "identity"}, 10),
        ({"type": "identity"}, 10),
        ({"name": "a", "type": "magic"}, 10),
        ({"name": "a"}, 10),
        ({"name": "a", "type": "classification", "properties": {"model_location": "x"}}, 9),
        ({"name": "a", "type": "geojson", "properties": {"type": "circle"}}, 10),
        ({"name": "a", "type": "geojson", "properties": {"options": {"minLevel": 31}}}, 10),
        ({"name": "a", "type": "geo_s2", "properties": {"format": "xyz"}}, 10),
        ({"name": "a", "type": "geopoint", "properties": {"latitude": ["lat"]}}, 10),
        ({"name": "a", "type": "minhash", "properties": {"numHashes": 5}}, 10),
        ({"name": "a", "type": "wildcard", "properties": {"ngramSize": 1}}, 10),
        (
            {
                "name": "a",
                "type": "wildcard",
                "properties": {"ngramSize": 2},
                "features": ["frequency", "position", "offset"],
            },
            10,
        ),
        (
            {
                "name": "a",
                "type": "pipeline",
                "properties": {"pipeline": [{"type": "geojson", "properties": {}}]},
            },
            10,
        ),
        ({"name": "a", "type": "multi_delimiter", "properties": {"delimiters": ["|", "||"]}}, 10),
        ({"name": "a", "type": "text"}, 10),
        ({"name": "a", "type": "text", "properties": {"locale": "en", "stopwordsPath": "x"}}, 9),
        ({"name": "a", "type": "text", "properties": {"locale": "en", "case": "title"}}, 10),
        ({"name": "a", "type": "text", "properties": {"locale": "en", "edgeNgram": 1}}, 10),
        ({"name": "a", "type": "stem", "properties": {"locale": 1}}, 10),
        ({"name": "a", "type": "norm", "properties": {"locale": "en", "accent": 1}}, 10),
        ({"name": "a", "type": "ngram", "properties": {"min": 1, "max": 2}}, 10),
        ({"name": "a", "type": "ngram", "properties": {"min": 0, "preserveOriginal": True}}, 10),
        ({"name": "a", "type": "delimiter", "properties": {"delimiter": ""}}, 10),
        ({"name": "a", "type": "multi_delimiter", "properties": {"delimiters": "x"}}, 10),
        ({"name": "a", "type": "multi_delimiter", "properties": {"delimiters": [""]}}, 10),
        ({"name": "a", "type": "pipeline", "properties": {"pipeline": []}}, 10),
        ({"name": "a", "type": "stopwords", "properties": {"stopwords": ["x"], "hex": True}}, 10),
        ({"name": "a", "type": "wildcard", "properties": {"ngramSize": 2, "analyzer": 1}}, 10),
        ({"name": "a", "type": "identity", "properties": []}, 10),
        ({"name": "a", "type": "identity", "features": ["colour"]}, 10),
        ({"name": "a", "type": "identity", "features": ["position"]}, 10),
        ({"name": "a", "type": "identity", "features": ["frequency", "offset"]}, 10),
    ],
)
def test_a_definition_that_makes_no_sense_is_refused(definition, number):
    with pytest.raises(ArangoError) as caught:
        define(definition)
    assert caught.value.number == number
