"""Where tokens are: positions and byte offsets, as phrases and highlighting need them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hades_mcp.embedded.analyzers import BUILT_IN, analyze, define
from hades_mcp.embedded.analyzers.boundaries import pieces
from hades_mcp.embedded.analyzers.signatures import city_hash, signature
from hades_mcp.embedded.analyzers.words import segments

NGRAMS = {"min": 2, "max": 2, "preserveOriginal": False, "streamType": "utf8"}
BY_COMMA = {"type": "delimiter", "properties": {"delimiter": ","}}
NORM = {"type": "norm", "properties": {"locale": "en", "case": "upper"}}


def made(kind: str, properties: dict[str, Any], text: Any) -> Any:
    return analyze(define({"name": "made", "type": kind, "properties": properties}), text)


@pytest.mark.parametrize(
    ("kind", "properties", "text", "covered"),
    [
        ("text", {"locale": "en"}, "Äh, the «Dogs»", ["Äh", "the", "Dogs"]),
        ("segmentation", {"break": "graphic"}, "é 漢字!", ["é", "漢", "字", "!"]),
        ("ngram", NGRAMS, "aéb", ["aé", "éb"]),
        ("delimiter", {"delimiter": ","}, 'é,"b,c",d', ["é", '"b,c"', "d"]),
        ("multi_delimiter", {"delimiters": [",", ";"]}, "é,,b;c", ["é", "b", "c"]),
        ("identity", {}, "é b", ["é b"]),
        ("pipeline", {"pipeline": [BY_COMMA, NORM]}, "é,bc", ["é", "bc"]),
        (
            "pipeline",
            {"pipeline": [BY_COMMA, {"type": "ngram", "properties": NGRAMS}]},
            "xyz,éab",
            ["xy", "yz", "éa", "ab"],
        ),
    ],
)
def test_offsets_are_those_of_the_bytes_a_token_was_made_of(kind, properties, text, covered):
    raw = text.encode()
    tokens = made(kind, properties, text)
    assert [raw[token.start : token.end].decode() for token in tokens] == covered


def test_an_edge_ngram_begins_with_its_word():
    edges = {"locale": "en", "stemming": False, "edgeNgram": {"min": 1, "max": 2}}
    places = [(token.text, token.start, token.end) for token in made("text", edges, "ab cde")]
    assert places == [("a", 0, 1), ("ab", 0, 2), ("c", 3, 4), ("cd", 3, 5)]


def test_what_a_stage_of_a_pipeline_drops_leaves_its_position_empty():
    stop = {"type": "stopwords", "properties": {"stopwords": ["b"]}}
    tokens = made("pipeline", {"pipeline": [BY_COMMA, stop]}, "a,b,c")
    assert [(token.text, token.step) for token in tokens] == [("a", 1), ("c", 2)]


@given(st.text(), st.sampled_from(["text_en", "text_zh", "identity"]))
def test_offsets_never_leave_the_text(text, name):
    size = len(text.encode())
    tokens = analyze(BUILT_IN[name], text)
    assert all(0 <= token.start <= token.end <= size for token in tokens)


@given(st.text(alphabet="aZ9_-.,:'\" \r\n\u200d\u0301é☺\U0001f1e9א٣Ж"))
def test_boundaries_are_icus_where_no_dictionary_has_a_say(text):
    assert pieces(text) == [piece for piece, _ in segments(text)]


def test_ideographs_stand_alone_without_a_dictionary():
    assert pieces("カタカナ漢字ひら") == ["カタカナ", "漢", "字", "ひ", "ら"]


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (0, 0x9AE16A3B2F90404F),
        (3, 0x94A13D22E9EBA49A),
        (7, 0xA2E0BFF20DB0A6A1),
        (16, 0xEFD25A0A34156D4),
        (32, 0x1A9D8199972CDF49),
        (64, 0xE99AB80F5EC7DCA5),
        (65, 0xAC589C990483DD2E),
        (200, 0xF4D24E8C7493C3D8),
    ],
)
def test_hashes_are_cityhash(size, expected):
    assert city_hash(bytes(range(size))) == expected


def test_a_signature_holds_the_smallest_hashes_of_different_tokens():
    quick, fox = "the quick brown fox jumps over the lazy dog", "the fox jumps over the crazy dog"
    one, two = set(signature(quick.split(), 5)), set(signature(fox.split(), 5))
    assert len(one & two) / len(one | two) == pytest.approx(3 / 7)
    assert signature(["a", "a"], 5) == signature(["a"], 5)


def test_collated_text_sorts_by_its_language():
    def order(locale: str) -> list[str]:
        return sorted("zåab", key=lambda text: made("collation", {"locale": locale}, text)[0].text)

    assert order("en") == ["a", "å", "b", "z"]
    assert order("sv") == ["a", "b", "z", "å"]
