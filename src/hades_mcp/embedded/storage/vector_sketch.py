"""Sketches of vectors, a few numbers each: they say which vectors are worth an exact look.

Filter and refine (Faloutsos, Ranganathan and Manolopoulos 1994; in faiss `PCA64` with `RFlat`): the
vectors are turned so that their first coordinates hold most of what tells them apart, a search
passes over these alone, and looks at the best candidates in full. How many candidates that takes
depends on the vectors: texts' embeddings need few, vectors drawn by lot nearly all. So it is
measured on the very vectors, and where it does not pay, each of them is looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hades_mcp.embedded.storage.vector_block import NEAREST, Sketch, best

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from hades_mcp.embedded.storage.vector_block import Vectors

WIDTHS = (32, 64, 96, 128)
"""Numbers per sketch that are tried: at most a third of the dimension."""

RECALL = 0.995
"""Of the nearest of the queries tried, so many are among the candidates."""

LARGEST_SHARE = 20
"""If more than one in so many vectors were candidates, there is no sketch."""

_QUERIES, _TRIED, _SAMPLED, _PIECE = 64, 100_000, 10_000, 16_384
_SEARCHED = 4  # a search looks at twice the candidates, and each costs as much as two in a row


def sketch_of(vectors: Vectors, *, by_length: bool) -> Sketch | None:
    """Return the sketch that costs a search least and loses next to nothing; None if each would.

    The axes are the leading eigenvectors of the second moments of a sample: of all projections on
    so few numbers, that one keeps the vectors best (Eckart and Young 1936). 64 of the vectors are
    the queries, each without itself: what rank their 50 nearest have by the sketches says how many
    candidates hold 99.5 of 100 of them. Of more than 100,000, every second or third and so on is
    tried: what is nearest among all is nearer than what is among these, and easier to tell. The
    same vectors give the same sketch.

    Takes 2 to 4 s of CPU for 100,000 vectors of 384, a quarter of it where none is good enough.

    Args:
        vectors: What is searched.
        by_length: Nearness is l2, else the product.
    """
    step = -(-len(vectors.rows) // _TRIED)
    tried = vectors.only(slice(None, None, step))
    count, dimension = tried.values.shape
    widths = [width for width in WIDTHS if width <= dimension // 3]
    if not widths or count <= _QUERIES + NEAREST:
        return None
    axes = _axes(tried.values)[:, : widths[-1]]
    turned = _turned(tried.values, axes)
    asked = np.sort(np.random.default_rng(1).choice(count, _QUERIES, replace=False))
    nearest = _nearest(tried, asked, by_length=by_length)
    good = []
    for width in reversed(widths):
        short = tried._replace(values=turned[:, :width])
        ranks = _ranks(short, asked, nearest, by_length=by_length)
        many = max(int(np.quantile(ranks, RECALL, method="higher")) + 1, 2 * NEAREST)
        if many > count // LARGEST_SHARE:
            break  # with fewer numbers it takes still more of them
        good.append((count * width + _SEARCHED * many * dimension, width, many))
    if not good:
        return None
    _, width, many = min(good)
    chosen = np.ascontiguousarray(axes[:, :width])
    return Sketch(chosen, _turned(vectors.values, chosen), many * step)


def _turned(values: NDArray[np.float32], axes: NDArray[np.float32]) -> NDArray[np.float32]:
    parts = [values[start : start + _PIECE] @ axes for start in range(0, len(values), _PIECE)]
    return np.concatenate(parts)


def _axes(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the eigenvectors of the second moments, (dimension, dimension), the leading first."""
    size = min(len(values), _SAMPLED)
    rows = np.sort(np.random.default_rng(0).choice(len(values), size, replace=False))
    sample = values[rows].astype(np.float64)  # squares of large numbers are too much for less
    _, vectors = np.linalg.eigh(sample.T @ sample)
    axes: NDArray[np.float32] = vectors[:, ::-1].astype(np.float32)
    return axes


def _nearest(vectors: Vectors, asked: NDArray[np.int64], *, by_length: bool) -> NDArray[np.int64]:
    """Return the positions of those nearest to some of the vectors, (asked, NEAREST)."""
    positions = np.empty((len(asked), 0), dtype=np.int64)
    scores = np.empty((len(asked), 0), dtype=np.float32)
    for start, near in _pieces(vectors, asked, by_length=by_length):
        chosen = np.array([best(one, NEAREST) for one in near])
        positions = np.hstack((positions, chosen + start))
        scores = np.hstack((scores, np.take_along_axis(near, chosen, axis=1)))
    order = np.argsort(-scores, axis=1, kind="stable")[:, :NEAREST]
    return np.take_along_axis(positions, order, axis=1)


def _ranks(
    sketched: Vectors,
    asked: NDArray[np.int64],
    nearest: NDArray[np.int64],
    *,
    by_length: bool,
) -> NDArray[np.int64]:
    """Return how many vectors are nearer than each of the nearest, going by the sketches."""
    queries = sketched.values[asked]
    reached = np.einsum("qd,qnd->qn", queries, sketched.values[nearest])
    if by_length:
        reached = 2 * reached - sketched.squares[nearest]
    bounds = np.sort(reached, axis=1)
    ranks = np.zeros(bounds.shape, dtype=np.int64)
    for _, near in _pieces(sketched, asked, by_length=by_length):
        for query, bound in enumerate(bounds):
            nearer = near[query, near[query] > bound[0]]
            passed = np.bincount(np.searchsorted(bound, nearer), minlength=NEAREST + 1)
            ranks[query] += passed[::-1].cumsum()[::-1][1:]  # who passes one passes all below it
    return ranks


def _pieces(
    vectors: Vectors, asked: NDArray[np.int64], *, by_length: bool
) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """Yield where a piece of the vectors begins and how near it is to each asked, (asked, piece).

    Those asked are infinitely far from themselves.
    """
    queries = vectors.values[asked].T
    for start in range(0, len(vectors.rows), _PIECE):
        piece = vectors.only(slice(start, start + _PIECE))
        near = (piece.values @ queries).T
        if by_length:
            near = 2 * near - piece.squares
        own = (asked >= start) & (asked < start + _PIECE)
        near[own, asked[own] - start] = -np.inf
        yield start, near
