"""Postings of words as arrays."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    Ints: TypeAlias = NDArray[np.int64]

_NORM_BITS = 32
_NORM = (1 << _NORM_BITS) - 1


class Postings(NamedTuple):
    """The rows that hold a term.

    Attributes:
        rows: In order.
        pairs: What there is of frequencies and norms, each pair once, in one number.
        which: For each row its pair.
    """

    rows: Ints
    pairs: Ints
    which: NDArray[np.int32]

    def frequencies_and_norms(self) -> list[tuple[int, int]]:
        """Return the pairs."""
        return [(pair >> _NORM_BITS, pair & _NORM) for pair in self.pairs.tolist()]

    def mended(self, changed: Iterable[int], now: Postings) -> Postings:
        """Return the postings with those of some rows as they are now.

        Args:
            changed: All rows that were written.
            now: What of them holds the term.
        """
        old = ~np.isin(self.rows, np.fromiter(changed, np.int64))
        rows = np.concatenate((self.rows[old], now.rows))
        codes = np.concatenate((self.pairs[self.which[old]], now.pairs[now.which]))
        order = np.argsort(rows, kind="stable")
        return _postings(rows[order], codes[order])


def postings_of(numbers: Iterable[tuple[int, int, int]]) -> Postings:
    """Return postings made of row, frequency and norm."""
    columns = np.fromiter(chain.from_iterable(numbers), np.int64).reshape(-1, 3).T
    return _postings(columns[0], columns[1] << _NORM_BITS | columns[2])


def unpacked(text: str, frequency_bits: int, norm_bits: int) -> Postings:
    """Return postings from text: numbers that each hold row, frequency and norm."""
    numbers = np.sort(np.fromstring(text, np.int64, sep=" "), kind="stable")
    frequencies = numbers >> norm_bits & (1 << frequency_bits) - 1
    norms = numbers & (1 << norm_bits) - 1
    return _postings(numbers >> frequency_bits + norm_bits, frequencies << _NORM_BITS | norms)


def _postings(rows: Ints, codes: Ints) -> Postings:
    pairs, which = np.unique(codes, return_inverse=True)
    return Postings(rows, pairs, which.astype(np.int32))
