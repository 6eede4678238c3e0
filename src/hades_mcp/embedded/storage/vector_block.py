"""Vectors side by side, how near each is to a query, and lists of neighbours if they are many."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

_ITERATIONS = 8
_SAMPLED_PER_LIST = 100
_CHUNK = 65_536
_LOOKED_AT_TWICE = 4  # at most a quarter of them, else each in full at once costs less
_LEAST_PROBES, _PROBED_SHARE = 8, 8
_ROOM = 8

NEAREST = 50
"""The nearest whose candidates a sketch counts: what a search of HADES asks for."""


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


class Sketch(NamedTuple):
    """A few numbers of each vector that say whether it is worth an exact look; see `sketch_of`.

    Attributes:
        axes: (dimension, width) float32, what turns a vector into its numbers.
        values: (n, width) float32.
        many: How many candidates hold the `NEAREST` nearest.
    """

    axes: NDArray[np.float32]
    values: NDArray[np.float32]
    many: int

    def candidates(self, few: int) -> int:
        """Return how many vectors to look at in full to find the best `few`."""
        return max(few, NEAREST) * self.many // NEAREST


class Block:
    """Vectors that never change, with lists or a sketch if they are many.

    Args:
        vectors: In row order, or list by list.
        lists: Where there are too many to look at each.
        sketch: Where few numbers of each tell which are near.
    """

    def __init__(
        self, vectors: Vectors, lists: Lists | None = None, sketch: Sketch | None = None
    ) -> None:
        self.vectors = vectors
        self.lists = lists
        self.sketch = sketch

    def positions(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return where those of some rows are that the block holds."""
        held = self.vectors.rows
        if not len(held) or not len(rows):
            return np.empty(0, dtype=np.int64)
        found = self._order[np.minimum(self._ranks(rows), len(held) - 1)]
        return np.sort(found[held[found] == rows])

    def nearest(
        self,
        target: NDArray[np.float32],
        few: int,
        gone: NDArray[np.int64],
        *,
        by_length: bool,
        probes: int = 1,
        check: Callable[[], None] = lambda: None,
    ) -> NDArray[np.int64]:
        """Return the positions of the best `few` vectors by single precision, in no order.

        Args:
            target: (dimension,) float32.
            few: How many; with lists most of the best, with a sketch nearly all, not surely each.
            gone: Sorted positions to leave out.
            by_length: Nearness is l2, else the product.
            probes: Into how many lists to look at least.
            check: Called between pieces of the work; what it raises ends the search.
        """
        if self.lists is not None:
            found = self._in_lists(
                self.lists, target, few, gone, by_length=by_length, probes=probes
            )
            if found is not None:
                return found
        if self.sketch is not None:
            many = self.sketch.candidates(few)
            if many <= len(self.vectors.rows) // _LOOKED_AT_TWICE:
                short = self.vectors._replace(values=self.sketch.values)
                turned = target @ self.sketch.axes
                near = np.sort(_best_of(short, turned, many, gone, check, by_length=by_length))
                exact = nearness(self.vectors.only(near), target, by_length=by_length)
                return near[best(exact, few)]
        return _best_of(self.vectors, target, few, gone, check, by_length=by_length)

    def _in_lists(
        self,
        lists: Lists,
        target: NDArray[np.float32],
        few: int,
        gone: NDArray[np.int64],
        *,
        by_length: bool,
        probes: int,
    ) -> NDArray[np.int64] | None:
        """Return the best of the nearest lists; None if they hold too few to choose from."""
        centres = Vectors(lists.offsets[:-1], lists.centres, _squares(lists.centres))
        near = nearness(centres, target, by_length=by_length)
        probes = min(len(near), max(probes, _LEAST_PROBES, len(near) // _PROBED_SHARE))
        spans = [slice(*lists.offsets[one : one + 2]) for one in np.sort(best(near, probes))]
        if sum(span.stop - span.start for span in spans) < few * _ROOM:
            return None
        rough = np.concatenate(
            [nearness(self.vectors.only(span), target, by_length=by_length) for span in spans]
        )
        positions = np.concatenate([np.arange(span.start, span.stop) for span in spans])
        if len(gone):
            rough[np.isin(positions, gone)] = -np.inf
        chosen = best(rough, few)
        return positions[chosen[rough[chosen] > -np.inf]]

    @cached_property
    def _order(self) -> NDArray[np.int64]:
        return np.argsort(self.vectors.rows, kind="stable")

    def _ranks(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.searchsorted(self.vectors.rows, rows, sorter=self._order)


def _best_of(
    vectors: Vectors,
    target: NDArray[np.float32],
    few: int,
    gone: NDArray[np.int64],
    check: Callable[[], None],
    *,
    by_length: bool,
) -> NDArray[np.int64]:
    """Return the positions of the best few, each having been looked at."""
    parts = [np.empty(0, dtype=np.float32)]
    for start in range(0, len(vectors.rows), _CHUNK):
        check()
        piece = vectors.only(slice(start, start + _CHUNK))
        parts.append(nearness(piece, target, by_length=by_length))
    rough = np.concatenate(parts)
    rough[gone] = -np.inf
    chosen = best(rough, few)
    return chosen[rough[chosen] > -np.inf]


def nearness(
    vectors: Vectors, target: NDArray[np.float32], *, by_length: bool
) -> NDArray[np.float32]:
    """Return a number per vector, larger is nearer: the product, or minus the squared distance."""
    # the threads of `@` take half as much time of the processor again, waiting for memory
    products: NDArray[np.float32] = np.vecdot(vectors.values, target)
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


def by_lists(vectors: Vectors, *, by_length: bool) -> Block:
    """Sort vectors into lists around centres found by k-means on a sample: √n / 2 of them.

    Where nearness is the product, the centres are directions (Dhillon and Modha 2001, spherical
    k-means). The same vectors give the same lists. Takes about n · √n · dimension operations:
    some 25 s of one core for 700,000 vectors of 384.
    """
    count = max(int(len(vectors.rows) ** 0.5) // 2, 2)
    centres = _centres(vectors.values, count, by_length=by_length)
    nearest = _assigned(vectors.values, centres, by_length=by_length)
    count = len(centres)
    order = np.argsort(nearest, kind="stable")
    offsets = np.searchsorted(nearest[order], np.arange(count + 1)).astype(np.int64)
    return Block(vectors.only(order), Lists(centres, offsets))


def _centres(values: NDArray[np.float32], count: int, *, by_length: bool) -> NDArray[np.float32]:
    generator = np.random.default_rng(0)
    count = min(count, len(values))
    size = min(len(values), count * _SAMPLED_PER_LIST)
    sample = values[np.sort(generator.choice(len(values), size, replace=False))]
    centres = sample[generator.choice(size, count, replace=False)]
    for _ in range(_ITERATIONS):
        nearest = _assigned(sample, centres, by_length=by_length)
        members = np.bincount(nearest, minlength=count)
        sums = np.zeros(centres.shape, dtype=np.float64)
        np.add.at(sums, nearest, sample)
        filled = members > 0  # a centre nobody is near to stays where it was
        centres = centres.copy()
        means = sums[filled] / members[filled, None]
        if not by_length:
            lengths = np.linalg.norm(means, axis=1, keepdims=True)
            means /= np.where(lengths > 0, lengths, 1)
        centres[filled] = means
    return centres


def _assigned(
    values: NDArray[np.float32], centres: NDArray[np.float32], *, by_length: bool
) -> NDArray[np.int64]:
    halves = _squares(centres) / 2 if by_length else np.zeros(len(centres), dtype=np.float32)
    parts = [
        np.argmax(values[start : start + _CHUNK] @ centres.T - halves, axis=1)
        for start in range(0, len(values), _CHUNK)
    ]
    return np.concatenate(parts)


def _squares(values: NDArray[np.float32]) -> NDArray[np.float32]:
    squares: NDArray[np.float32] = np.einsum("ij,ij->i", values, values)
    return squares
