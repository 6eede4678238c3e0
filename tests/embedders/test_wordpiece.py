"""The tokenizer cuts as BERT's reference does."""

from __future__ import annotations

from importlib.resources import files

import pytest

from hades_mcp.embedders.wordpiece import WordPiece

VOCABULARY = (
    (files("hades_mcp.embedders") / "bert-base-uncased-vocab.txt")
    .read_text(encoding="utf-8")
    .splitlines()
)


@pytest.fixture(scope="module")
def tokenizer() -> WordPiece:
    return WordPiece()


def pieces(tokenizer: WordPiece, text: str, most: int = 256) -> list[str]:
    return [VOCABULARY[number] for number in tokenizer.encode(text, most)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("Hello, WORLD!", ["hello", ",", "world", "!"]),
        ("naïve Café", ["naive", "cafe"]),
        ("UNwanted,running", ["unwanted", ",", "running"]),  # from the reference's own test
        ("unaffable", ["una", "##ffa", "##ble"]),
        ("snake_case $5 a^b", ["snake", "_", "case", "$", "5", "a", "^", "b"]),
        ("日本ab", ["日", "本", "ab"]),
        ("a\x00b\u200bc", ["abc"]),
        ("tab\tline\nnbsp\u00a0end", ["tab", "line", "n", "##bs", "##p", "end"]),
        ("x" * 101, ["[UNK]"]),
        ("ok 🙂", ["ok", "[UNK]"]),
        ("[CLS]", ["[", "cl", "##s", "]"]),
    ],
)
def test_words_are_cut_as_the_reference_cuts_them(
    tokenizer: WordPiece, text: str, expected: list[str]
) -> None:
    assert pieces(tokenizer, text) == ["[CLS]", *expected, "[SEP]"]


def test_ids_are_the_vocabulary_s_line_numbers(tokenizer: WordPiece) -> None:
    assert tokenizer.encode("hello world", 256) == [101, 7592, 2088, 102]


def test_a_long_text_is_cut_and_still_closed(tokenizer: WordPiece) -> None:
    ids = tokenizer.encode("word " * 1000, 16)
    assert len(ids) == 16
    assert (ids[0], ids[-1]) == (101, 102)
