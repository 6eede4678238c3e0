"""Cuts from a passage the part that has most to do with a question."""

from __future__ import annotations

import re

SNIPPET = 300
"""Characters of a passage that are shown."""

_WORD = re.compile(r"[^\W_]{3,}")
_STEM = 5
"""So many letters of a longer word are looked for: `connecting` finds `connection`."""


def snippet(text: str, question: str, most: int = SNIPPET) -> str:
    """Return the stretch of a text that holds most words of a question, the first one of several.

    Args:
        text: The passage; blank space is joined.
        question: The search text.
        most: Characters at most.
    """
    flat = " ".join(text.split())
    if len(flat) <= most:
        return flat
    start = _start(flat.lower(), question.lower(), most)
    if start:
        start = flat.find(" ", start - 1) + 1 or start
    before = "…" if start else ""
    end = start + most - len(before) - 1
    after = "…" if end < len(flat) else ""
    return f"{before}{flat[start:end].strip()}{after}"


def _start(text: str, question: str, most: int) -> int:
    """Return where the best stretch begins: a little before the first word of the question."""
    words = {word[:_STEM] for word in _WORD.findall(question)}
    found = sorted((m.start(), w) for w in words for m in re.finditer(re.escape(w), text))
    best, kinds = 0, len({w for at, w in found if at < most})
    for at, _ in found:
        begin = max(0, min(at - most // 10, len(text) - most))
        there = len({w for place, w in found if begin <= place < begin + most})
        if there > kinds:
            best, kinds = begin, there
    return best
