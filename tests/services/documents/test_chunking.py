"""Passages are short, whole where they can be, and lose no word."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hades_mcp.services.documents.chunking import chunks


def test_short_text_is_one_passage() -> None:
    assert chunks("  one two\n") == ["one two"]


def test_no_words_give_no_passages() -> None:
    assert chunks("") == []
    assert chunks(" \n\n ") == []


def test_paragraphs_are_kept_whole_and_packed_together() -> None:
    first, second, third = "a" * 40, "b" * 40, "c" * 60
    assert chunks(f"{first}\n\n{second}\n\n{third}", 100) == [f"{first}\n\n{second}", third]


def test_a_long_paragraph_is_cut_at_lines_and_then_at_words() -> None:
    assert chunks("one two three\nfour five", 13) == ["one two three", "four five"]
    assert chunks("one two three four", 9) == ["one two", "three", "four"]


def test_a_word_longer_than_a_passage_is_cut_anywhere() -> None:
    assert chunks("x" * 25, 10) == ["x" * 10, "x" * 10, "x" * 5]


@given(st.text(alphabet="ab \n", max_size=300), st.integers(1, 40))
def test_every_passage_fits_and_no_word_is_lost(text: str, most: int) -> None:
    passages = chunks(text, most)
    assert all(0 < len(passage) <= most for passage in passages)
    assert "".join("".join(passages).split()) == "".join(text.split())


def test_a_passage_begins_with_the_last_sentence_of_the_one_before() -> None:
    first = "Tea is a plant. " * 5 + "\n\nIt grows in hills."
    second = "There it rains. " * 6
    found = chunks(f"{first}\n\n{second}", 150, overlap=30)
    assert found[0].endswith("It grows in hills.")
    assert found[1].startswith("It grows in hills.\nThere it rains.")


@given(st.text(alphabet="ab. \n", max_size=400), st.integers(20, 60), st.integers(2, 10))
def test_overlapping_passages_fit_and_still_hold_every_word(
    text: str, most: int, overlap: int
) -> None:
    passages = chunks(text, most, overlap=overlap)
    assert all(0 < len(passage) <= most for passage in passages)
    held = "\n".join(passages)
    assert all(line.strip()[: most - overlap] in held for line in text.split("\n") if line.strip())
