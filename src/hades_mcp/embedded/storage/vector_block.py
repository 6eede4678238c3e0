"""Vectors side by side, how near each is to a query, and lists of neighbours if they are many."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_ITERATIONS = 8
_SAMPLED_PER_LIST = 100
_CHUNK = 65_536
_LEAST_PROBES, _PROBED_SHARE = 8, 12
_ROOM = 8


class Vectors(NamedTuple):
    """Rows and what is known of them; cosine vectors are kept at unit length.

    Attributes:
        rows: (n,) int64, the documents' row ids.
        values: (n, dimension) float32.
        squares: (n,) float32, squared lengths for metric l2, else zeros.
    """

    rows: NDArray[np.int64]
    values: NDArray[np.float32]
    squares: NDArray[np.float32]

    def only(self, which: Any) -> Vectors:
        """Return some of them, by whatever numpy takes as an index."""
        return Vectors(self.rows[which], self.values[which], self.squares[which])


class Lists(NamedTuple):
    """An inverted file: vectors near one centre lie side by side (Jégou et al. 2011, IVF).

    Attributes:
        centres: (lists, dimension) float32.
        offsets: (lists + 1,) int64, where each list begins among the vectors.
    """

    centres: NDArray[np.float32]
    offsets: NDArray[np.int64]


class Block:
    """Vectors that never change, with their lists if they are too many to look at each.

    Args:
        vectors: In row order, or list by list.
        lists: Where there are any.
    """

    def __init__(self, vectors: Vectors, lists: Lists | None = None) -> None:
        self.vectors = vectors
        self.lists = lists

    def positions(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return where those of some rows are that the block holds."""
        held = self.vectors.rows
        if not len(held) or not len(rows):
            return np.empty(0, dtype=np.int64)
        found = self._order[np.minimum(self._ranks(rows), len(held) - 1)]
        return np.sort(found[held[found] == rows])

    def nearest(
        self, target: NDArray[np.float32], few: int, gone: NDArray[np.int64], *, by_length: bool
    ) -> NDArray[np.int64]:
        """Return the positions of the best `few` vectors by single precision, in no order.

        Args:
            target: (dimension,) float32.
            few: How many; where lists are looked up, most of the best, not surely each.
            gone: Sorted positions to leave out.
            by_length: Nearness is l2, else the product.
        """
        positions = self._probed(target, few, by_length=by_length)
        vectors = self.vectors if positions is None else self.vectors.only(positions)
        rough = nearness(vectors, target, by_length=by_length)
        if len(gone):
            rough[gone if positions is None else np.isin(positions, gone)] = -np.inf
        chosen = best(rough, few)
        chosen = chosen[rough[chosen] > -np.inf]
        return chosen if positions is None else positions[chosen]

    def _probed(
        self, target: NDArray[np.float32], few: int, *, by_length: bool
    ) -> NDArray[np.int64] | None:
        """Return the positions of the vectors in the nearest lists, or None to look at all."""
        if self.lists is None:
            return None
        centres, offsets = self.lists
        squares = _squares(centres) if by_length else np.zeros(len(centres), dtype=np.float32)
        near = nearness(Vectors(offsets[:-1], centres, squares), target, by_length=by_length)
        probes = max(_LEAST_PROBES, len(centres) // _PROBED_SHARE)
        chosen = np.sort(best(near, probes))
        spans = [np.arange(offsets[one], offsets[one + 1]) for one in chosen]
        positions = np.concatenate(spans)
        return positions if few * _ROOM <= len(positions) else None

    @cached_property
    def _order(self) -> NDArray[np.int64]:
        return np.argsort(self.vectors.rows, kind="stable")

    def _ranks(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.searchsorted(self.vectors.rows, rows, sorter=self._order)


def nearness(
    vectors: Vectors, target: NDArray[np.float32], *, by_length: bool
) -> NDArray[np.float32]:
    """Return a number per vector, larger is nearer: the product, or minus the squared distance."""
    products: NDArray[np.float32] = vectors.values @ target
    return 2 * products - vectors.squares if by_length else products


def best(scores: NDArray[np.float32], few: int) -> NDArray[np.int64]:
    """Return where the `few` largest are, in no order."""
    if few >= len(scores):
        return np.arange(len(scores))
    return np.argpartition(-scores, few - 1)[:few]


def joined(parts: Sequence[Vectors]) -> Vectors:
    """Put vectors one behind the other."""
    rows, values, squares = (np.concatenate(part) for part in zip(*parts, strict=True))
    return Vectors(rows, values, squares)


def by_lists(vectors: Vectors, count: int) -> Block:
    """Sort vectors into lists around `count` centres found by k-means on a sample.

    The same vectors give the same lists. Takes about 2 · n · count · dimension operations.
    """
    centres = _centres(vectors.values, count)
    nearest = _assigned(vectors.values, centres)
    order = np.argsort(nearest, kind="stable")
    offsets = np.searchsorted(nearest[order], np.arange(count + 1)).astype(np.int64)
    return Block(vectors.only(order), Lists(centres, offsets))


def _centres(values: NDArray[np.float32], count: int) -> NDArray[np.float32]:
    generator = np.random.default_rng(0)
    size = min(len(values), count * _SAMPLED_PER_LIST)
    sample = values[np.sort(generator.choice(len(values), size, replace=False))]
    centres = sample[generator.choice(size, count, replace=False)]
    for _ in range(_ITERATIONS):
        nearest = _assigned(sample, centres)
        members = np.bincount(nearest, minlength=count)
        sums = np.zeros(centres.shape, dtype=np.float64)
        np.add.at(sums, nearest, sample)
        filled = members > 0  # a centre nobody is near to stays where it was
        centres = centres.copy()
        centres[filled] = (sums[filled] / members[filled, None]).astype(np.float32)
    return centres


def _assigned(values: NDArray[np.float32], centres: NDArray[np.float32]) -> NDArray[np.int64]:
    squares = _squares(centres)
    parts = [
        np.argmax(2 * (values[start : start + _CHUNK] @ centres.T) - squares, axis=1)
        for start in range(0, len(values), _CHUNK)
    ]
    return np.concatenate(parts)


def _squares(values: NDArray[np.float32]) -> NDArray[np.float32]:
    squares: NDArray[np.float32] = np.einsum("ij,ij->i", values, values)
    return squares
