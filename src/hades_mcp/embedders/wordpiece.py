"""BERT's uncased WordPiece tokenizer, after `tokenization.py` of google-research/bert."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from importlib.resources import files
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

VOCABULARY = "bert-base-uncased-vocab.txt"
LONGEST_WORD = 100
"""Longer words become one unknown token, as in the reference."""

_CJK = (
    (0x4E00, 0x9FFF),
    (0x3400, 0x4DBF),
    (0x20000, 0x2A6DF),
    (0x2A700, 0x2B73F),
    (0x2B740, 0x2B81F),
    (0x2B820, 0x2CEAF),
    (0xF900, 0xFAFF),
    (0x2F800, 0x2FA1F),
)


class WordPiece:
    """Cuts text into the token ids all-MiniLM-L6-v2 was trained on."""

    def __init__(self) -> None:
        text = (files("hades_mcp.embedders") / VOCABULARY).read_text(encoding="utf-8")
        self._ids = {piece: number for number, piece in enumerate(text.splitlines())}
        self._unknown = self._ids["[UNK]"]
        self._start = self._ids["[CLS]"]
        self._end = self._ids["[SEP]"]
        self._pieces = lru_cache(maxsize=50_000)(self._cut)

    def encode(self, text: str, most: int) -> list[int]:
        """Return `[CLS] … [SEP]` ids of a text, at most `most` of them; the end is cut."""
        pieces = (piece for word in _words(text) for piece in self._pieces(word))
        return [self._start, *islice(pieces, most - 2), self._end]

    def _cut(self, word: str) -> tuple[int, ...]:
        """Longest match first; a word with any part unknown is unknown as a whole."""
        if len(word) > LONGEST_WORD:
            return (self._unknown,)
        found: list[int] = []
        start = 0
        while start < len(word):
            prefix = "##" if start else ""
            for end in range(len(word), start, -1):
                piece = self._ids.get(prefix + word[start:end])
                if piece is not None:
                    found.append(piece)
                    start = end
                    break
            else:
                return (self._unknown,)
        return tuple(found)


def _words(text: str) -> Iterator[str]:
    """Lower-case, strip accents, set punctuation and Chinese characters apart."""
    for raw in "".join(map(_spaced, text)).split():
        plain = unicodedata.normalize("NFD", raw.lower())
        yield from _spread(plain).split()


@lru_cache(maxsize=4096)
def _spaced(char: str) -> str:
    if char in "\t\n\r" or unicodedata.category(char) == "Zs":
        return " "
    if char == "\ufffd" or unicodedata.category(char).startswith("C"):
        return ""
    code = ord(char)
    return f" {char} " if any(low <= code <= high for low, high in _CJK) else char


def _spread(word: str) -> str:
    return word if word.isascii() and word.isalnum() else "".join(map(_apart, word))


@lru_cache(maxsize=4096)
def _apart(char: str) -> str:
    category = unicodedata.category(char)
    if category == "Mn":
        return ""
    # the reference counts all ASCII symbols ($, +, ^, `) as punctuation too
    symbol = char.isascii() and not char.isalnum()
    return f" {char} " if symbol or category.startswith("P") else char
