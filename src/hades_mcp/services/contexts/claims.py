"""Claims: what an entry says about what, so that a newer one can be seen to contradict it.

Only an entry that is one short statement makes a claim. Two entries of one context contradict each
other when their claims have the same subject and differ in value. The rule reads words, not
meaning: it misses what is said in other words, and a pair it finds is shown, never deleted.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

LONGEST = 200
"""Characters of a statement; what is longer is prose."""

FACT_TAG = "fact:"
"""A tag `fact:deadline` says outright which fact an entry states."""

_SUBJECT_WORDS = 6
_LABELS = frozenset({"note", "todo", "warning", "hint", "important", "fyi", "summary", "example"})

_KEY_VALUE = re.compile(r"(?P<key>[^\W\d_][\w .'/-]*?)\s*(?::(?=\s)|=(?![=>]))\s*(?P<value>\S.*)")
_PROPERTY = re.compile(
    r"(?P<subject>(?:the|my|our|your|his|her|their|its)\s.+?|.+?(?:'s|\u2019s|s')\s.+?)"
    r"\s(?:is|are|was|were)\s(?:now\s)?(?P<value>.+)",
    re.IGNORECASE,
)
_QUANTITY = re.compile(
    r"(?P<subject>\D+?)\s(?P<verb>is|are|was|were|has|have|costs?|takes?|weighs?|needs?|holds?|opens?|closes?|"
    r"starts?|ends?|begins?|lasts?)\s(?P<value>.*\d.*)",
    re.IGNORECASE,
)
_ARTICLES = re.compile(r"^(?:the|a|an|my|our|your|his|her|their|its)\s+")
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_NEGATION = re.compile(
    r"\b(?:(?:do|does|did|is|are|was|were|has|have|had|can|could|will|would|should|must)n['\u2019]t"
    r"|can['\u2019]t|won['\u2019]t|cannot|not|never|no longer)\b"
)
_AUXILIARY = re.compile(r"\b(?:do|does|did)\b")
_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)?")
_SECOND_SENTENCE = re.compile(r"[.!?;]\s+\S|\n")


def claim_of(content: str, tags: Iterable[str] = ()) -> tuple[str, str] | None:
    """Return the subject and the value of what an entry claims, or None when it claims nothing.

    In this order:

    1. A tag `fact:NAME`: the subject is the name, the value the content.
    2. `key: value` or `key = value`, the key at most six words and no mere label (`Note:`).
    3. "The X is Y", "my X is Y", "A's X is Y" (are, was, were): a property has one value. "A is Y"
       claims nothing: A may be many things at once.
    4. "X has 3 Y" (is, have, costs, takes, opens, closes …), no number in X: the subject is the
       sentence without its numbers, the value its numbers.
    5. Anything else: the subject is the sentence without its negation, the value whether it has
       one.
    """
    for tag in tags:
        if tag.startswith(FACT_TAG) and tag != FACT_TAG:
            return tag.casefold(), _words(content)
    text = content.strip()
    if len(text) > LONGEST or text.endswith("?") or _SECOND_SENTENCE.search(text):
        return None
    text = text.rstrip(".!; ")
    found = _key_value(text) or _property(text) or _quantity(text) or _polarity(text)
    return found if found is not None and all(found) else None


def _key_value(text: str) -> tuple[str, str] | None:
    match = _KEY_VALUE.fullmatch(text)
    if match is None or len(match["key"].split()) > _SUBJECT_WORDS:
        return None
    subject = _subject(match["key"])
    return None if subject in _LABELS else (subject, _words(match["value"]))


def _property(text: str) -> tuple[str, str] | None:
    match = _PROPERTY.fullmatch(text)
    if match is None or len(match["subject"].split()) > _SUBJECT_WORDS + 1:
        return None
    return _subject(match["subject"]), _words(match["value"])


def _quantity(text: str) -> tuple[str, str] | None:
    match = _QUANTITY.fullmatch(text)
    if match is None or len(match["subject"].split()) > _SUBJECT_WORDS + 1:
        return None
    numbers = " ".join(_NUMBER.findall(match["value"]))
    rest = _words(_NUMBER.sub(" ", match["value"]))
    return f"{_subject(match['subject'])} {match['verb'].casefold()} # {rest}".rstrip(), numbers


def _polarity(text: str) -> tuple[str, str] | None:
    folded = text.casefold()
    negations = len(_NEGATION.findall(folded))
    plain = _AUXILIARY.sub(" ", _NEGATION.sub(_positive, folded))
    stems = [word.removesuffix("s") for word in _WORD.findall(plain)]
    if len(stems) < 2:  # noqa: PLR2004  one word says nothing about anything
        return None
    return f"~ {' '.join(stems)}", "no" if negations % 2 else "yes"


def _positive(match: re.Match[str]) -> str:
    """Return what is left of a negated auxiliary: `isn't` keeps its `is`."""
    word = match[0].replace("\u2019", "'")
    left = {"can't": "can", "won't": "will", "cannot": "can"}.get(word)
    if left is None:
        left = word[: -len("n't")] if word.endswith("n't") else ""
    return f" {left} "


def _subject(text: str) -> str:
    return _ARTICLES.sub("", _words(text))


def _words(text: str) -> str:
    return " ".join(text.casefold().replace("\u2019", "'").split()).rstrip(".!;, ")
