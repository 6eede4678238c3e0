"""Exact nearest-neighbour search over one matrix in memory, kept in step with the file.

The matrix knows the commit it stands for. A session with a newer snapshot reads only what changed
since; one with an older snapshot, or with vectors of its own not yet committed, gets what it must
see without disturbing the others.
"""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from hades_mcp.embedded.storage.session import Session

_FETCH = 10_000
_SPARE = 1.5


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

    def apply(self, change: Callable[[NDArray[Any]], NDArray[Any]]) -> Vectors:
        """Return all parts after the same change."""
        return Vectors(change(self.rows), change(self.values), change(self.squares))


class Matrix:
    """The vectors of one index.

    Args:
        number: The index; its table is `v<number>`.
        metric: cosine, l2 or innerProduct.
        dimension: Length of each vector.
    """

    def __init__(self, number: int, metric: str, dimension: int) -> None:
        self._table = f"v{number}"
        self._number = number
        self._metric = metric
        self._dimension = dimension
        self._lock = Lock()
        self._version = -1
        self._count = 0
        self._held = self._pack([])

    def search(
        self, session: Session, query: Sequence[float], count: int
    ) -> list[tuple[int, float]]:
        """Return (row, score) of the best `count` vectors, best first; ties in row order."""
        vectors = self._visible(session)
        wanted = min(count, len(vectors.rows))
        if wanted <= 0:
            return []
        target = np.asarray(query, dtype=np.float64)
        if self._metric == "cosine":
            target = target / (np.linalg.norm(target) or 1.0)
        rough = self._rough(vectors, target.astype(np.float32))
        # single precision picks the candidates, double precision orders them
        few = min(len(rough), 2 * wanted + 16)
        chosen = np.argpartition(-rough, few - 1)[:few] if few < len(rough) else np.arange(few)
        scores = self._exact(vectors.values[chosen].astype(np.float64), target)
        sign = 1.0 if self._metric == "l2" else -1.0
        order = np.lexsort((vectors.rows[chosen], sign * scores))[:wanted]
        return [(int(vectors.rows[chosen[i]]), float(scores[i])) for i in order]

    def _rough(self, vectors: Vectors, target: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return a score per vector, larger is better."""
        products: NDArray[np.float32] = vectors.values @ target
        return 2 * products - vectors.squares if self._metric == "l2" else products

    def _exact(
        self, values: NDArray[np.float64], target: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        scores: NDArray[np.float64]
        if self._metric == "l2":
            scores = np.linalg.norm(values - target, axis=1)
        elif self._metric == "cosine":
            scores = np.clip(values @ target, -1.0, 1.0)
        else:
            scores = values @ target
        return scores

    def _visible(self, session: Session) -> Vectors:
        """Return the vectors the session's snapshot has, its own writes included."""
        version, floor = session.vector_version(self._number)
        touched = session.touched_vectors(self._number)
        with self._lock:
            if self._version < version and not touched:
                self._catch_up(session, version, floor)
            held = self._view() if self._version == version and floor <= version else None
        if held is None:
            return self._pack(self._changes(session, -1))
        return _overlay(held, self._changes_packed(session, version)) if touched else held

    def _view(self) -> Vectors:
        count = self._count
        return self._held.apply(lambda part: part[:count])

    def _catch_up(self, session: Session, version: int, floor: int) -> None:
        if self._version < floor:
            self._held = self._pack(self._changes(session, -1))
            self._count = len(self._held.rows)
        else:
            changed, fresh = self._changes_packed(session, self._version)
            kept = _without(self._view(), changed)
            self._append(kept, fresh)
        self._version = version

    def _append(self, kept: Vectors, fresh: Vectors) -> None:
        """Put fresh vectors behind the kept ones; views handed out earlier stay as they are."""
        count = len(kept.rows) + len(fresh.rows)
        if len(kept.rows) != self._count or count > len(self._held.rows):
            room = int(count * _SPARE) + 16
            self._held = kept.apply(lambda part: _roomier(part, room))
        self._count = count
        if len(fresh.rows):  # what was read from the file in one piece is not writable
            behind = slice(len(kept.rows), count)
            self._held.rows[behind] = fresh.rows
            self._held.values[behind] = fresh.values
            self._held.squares[behind] = fresh.squares

    def _changes_packed(self, session: Session, version: int) -> tuple[NDArray[np.int64], Vectors]:
        changes = self._changes(session, version)
        rows = np.fromiter((row for row, _ in changes), dtype=np.int64, count=len(changes))
        return rows, self._pack(changes)

    def _changes(self, session: Session, version: int) -> list[tuple[int, bytes | None]]:
        """Return what was written after a version; removed vectors have no bytes."""
        where = f" WHERE ver > {version}" if version >= 0 else " WHERE vec IS NOT NULL ORDER BY rid"
        return session.execute(f"SELECT rid, vec FROM {self._table}{where}").fetchall()  # noqa: S608  numbers of ours

    def _pack(self, changes: Sequence[tuple[int, bytes | None]]) -> Vectors:
        present = [(row, packed) for row, packed in changes if packed is not None]
        rows = np.fromiter((row for row, _ in present), dtype=np.int64, count=len(present))
        joined = b"".join(packed for _, packed in present)
        values: NDArray[np.float32] = np.frombuffer(joined, dtype=np.float32)
        values = values.reshape(len(present), self._dimension)
        squares = np.zeros(len(present), dtype=np.float32)
        if self._metric == "cosine":
            lengths = np.linalg.norm(values, axis=1, keepdims=True)
            values = (values / np.where(lengths > 0, lengths, 1)).astype(np.float32, copy=False)
        elif self._metric == "l2":
            squares = np.einsum("ij,ij->i", values, values)
        return Vectors(rows, values, squares)


def _roomier(part: NDArray[Any], room: int) -> NDArray[Any]:
    grown = np.empty((room, *part.shape[1:]), dtype=part.dtype)
    grown[: len(part)] = part
    return grown


def _without(vectors: Vectors, rows: NDArray[np.int64]) -> Vectors:
    gone = np.isin(vectors.rows, rows)
    if not gone.any():
        return vectors
    stays = ~gone
    return vectors.apply(lambda part: part[stays])


def _overlay(held: Vectors, changes: tuple[NDArray[np.int64], Vectors]) -> Vectors:
    changed, fresh = changes
    kept = _without(held, changed)
    return Vectors(
        np.concatenate((kept.rows, fresh.rows)),
        np.concatenate((kept.values, fresh.values)),
        np.concatenate((kept.squares, fresh.squares)),
    )
