"""Texts drawn by lot for the benchmarks of search: the same in every run."""

from __future__ import annotations

import random


def texts(count: int, *, words: int, vocabulary: int) -> list[str]:
    """Return texts of words of which some are much more frequent.

    Args:
        count: How many texts.
        words: Words in each.
        vocabulary: Different words there are.
    """
    lots = random.Random(7)
    letters = "abcdefghijklmnopqrstuvwxyz"
    known = ["".join(lots.choices(letters, k=lots.randint(3, 8))) for _ in range(vocabulary)]
    weights = [1 / (rank + 10) for rank in range(vocabulary)]
    return [" ".join(lots.choices(known, weights, k=words)) for _ in range(count)]
