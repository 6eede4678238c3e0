"""Reads facts out of an answer: its numbers and the names it has, however it is worded."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?")
_GROUPS = re.compile(r"(?<=\d)[,'_\u00a0\u202f](?=\d{3}(?!\d))")  # thin spaces too
_SPELT = "zero one two three four five six seven eight nine ten eleven twelve"
_WORDS = {word: number for number, word in enumerate(_SPELT.split())}
_SAID_NO = re.compile(
    r"\b(?:no|not|none|nothing|nobody|nowhere|never|neither|nor|cannot|unable|unknown|without|"
    r"unfortunately|fails?|failed|lacks?|missing)\b|n['\u2019]t\b"
)


def folded(text: str) -> str:
    """Return a text without the differences of writing nobody would call wrong."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def numbers(text: str) -> set[float]:
    """Return the numbers of a text: 7, 7th, seven, 1200 and 1,200 alike."""
    plain = unicodedata.normalize("NFKC", _GROUPS.sub("", text))
    found = {float(match[0]) for match in _NUMBER.finditer(plain)}
    spelt = re.findall(r"[a-z]+", folded(text))
    return found | {float(_WORDS[word]) for word in spelt if word in _WORDS}


def has(text: str, name: str) -> bool:
    """Say whether a text has a name or phrase as whole words.

    A dotted name is also had by its last parts: `kiln.clay.mix` by `clay.mix` and `mix`.
    """
    if "." not in name:
        pattern = rf"(?<!\w){re.escape(folded(name))}(?!\w)"
        return re.search(pattern, folded(text)) is not None
    whole = folded(name)
    return any(whole == token or whole.endswith(f".{token}") for token in _dotted(text))


def named(text: str, among: Iterable[str]) -> set[str]:
    """Return which of some names a text has."""
    return {name for name in among if has(text, name)}


def says_no(text: str) -> bool:
    """Say whether a text denies something: the least that an honest "I don't know" must do."""
    return _SAID_NO.search(folded(text)) is not None


def _dotted(text: str) -> set[str]:
    return {token.strip(".") for token in re.findall(r"[\w.]+", folded(text))} - {""}
