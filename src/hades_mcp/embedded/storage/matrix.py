"""The vectors of one index in memory, kept in step with the file of the database.

The bulk is a block: mapped read-only from a file all processes share, or this process's own. Beside
it stand the positions that hold no longer and a tail of what was written since. When the own part
has grown, it is written into a new file for everybody.

The matrix knows the commit it stands for. A session with a newer snapshot reads only what changed
since; one with an older snapshot, or with vectors of its own not yet committed, gets what it must
see without disturbing the others.
"""

from __future__ import annotations

from threading import Lock, Thread
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from hades_mcp.embedded.storage import vector_file
from hades_mcp.embedded.storage.vector_block import Block, Vectors, by_lists, joined
from hades_mcp.embedded.storage.vector_sketch import sketch_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from hades_mcp.embedded.storage.mappings import Mappings
    from hades_mcp.embedded.storage.session import Session

_SPARE = 1.5
_NONE = np.empty(0, dtype=np.int64)


class Held(NamedTuple):
    """What a session sees.

    Attributes:
        block: Vectors as of some commit.
        gone: Sorted positions in the block that hold no longer.
        tail: What was written since.
    """

    block: Block
    gone: NDArray[np.int64]
    tail: Vectors

    def only(self, rows: Sequence[int]) -> Held:
        """Return what holds of some rows, to be looked at each."""
        wanted = np.unique(np.asarray(rows, dtype=np.int64))
        places = np.setdiff1d(self.block.positions(wanted), self.gone, assume_unique=True)
        fresh = self.tail.only(np.isin(self.tail.rows, wanted))
        few = joined((self.block.vectors.only(places), fresh))
        return Held(Block(few), _NONE, few.only(slice(0)))

    def current(self) -> Vectors:
        """Return all that holds, in row order."""
        kept = self.block.vectors
        if len(self.gone):
            kept = kept.only(np.delete(np.arange(len(kept.rows)), self.gone))
        whole = joined((kept, self.tail))
        return whole.only(np.argsort(whole.rows, kind="stable"))


class Matrix:
    """The vectors of one index.

    Args:
        number: The index; its table is `v<number>`.
        metric: cosine, l2 or innerProduct.
        dimension: Length of each vector.
        mappings: Where files are shared with other processes; None for a matrix of one's own.

    Attributes:
        worth_a_file: So many floats of one's own are written into a file.
        worth_a_sketch: So many vectors get a sketch when they become a block, if it finds nearly
            all of the nearest (`sketch_of`); fewer are each looked at.
        too_many: Beyond so many floats a file gets lists, and a search looks into some of them
            only: it finds most of the nearest, not surely each. Looking at each of 700,000
            vectors of 384 takes some 100 ms.
    """

    worth_a_file = 1 << 20
    worth_a_sketch = 20_000
    too_many = 1 << 28

    def __init__(
        self, number: int, metric: str, dimension: int, mappings: Mappings | None = None
    ) -> None:
        self._table = f"v{number}"
        self._number = number
        self._metric = metric
        self._dimension = dimension
        self._mappings = mappings
        self._patience = 1
        self._lock = Lock()
        self._sharing = Lock()  # held by who writes a file; nobody waits for it
        self._version = -1
        self._mapped: str | None = None
        self._block = Block(self._pack([]))
        self._gone = _NONE
        self._tail = self._block.vectors
        self._count = 0  # of the tail; behind are spare rows

    def search(
        self,
        session: Session,
        query: Sequence[float],
        count: int,
        probes: int = 1,
        among: Sequence[int] | None = None,
    ) -> list[tuple[int, float]]:
        """Return (row, score) of the best `count` vectors, best first; ties in row order.

        Of a file with lists, the nearest `probes` are looked into, and more if they are few; of
        the vectors in the rows `among`, each is looked at.
        """
        held = self._visible(session)
        if among is not None:
            held = held.only(among)
        if count <= 0:
            return []
        target = np.asarray(query, dtype=np.float64)
        if self._metric == "cosine":
            target = target / (np.linalg.norm(target) or 1.0)
        chosen = self._candidates(held, target, (count, probes), session.check)
        # single precision picks the candidates, double precision orders them
        scores = self._exact(chosen.values.astype(np.float64), target)
        sign = 1.0 if self._metric == "l2" else -1.0
        order = np.lexsort((chosen.rows, sign * scores))[:count]
        return [(int(chosen.rows[i]), float(scores[i])) for i in order]

    def _candidates(
        self,
        held: Held,
        target: NDArray[np.float64],
        wanted: tuple[int, int],
        check: Callable[[], None],
    ) -> Vectors:
        single, few, probes = target.astype(np.float32), 2 * wanted[0] + 16, wanted[1]
        by_length = self._metric == "l2"
        parts = [
            block.vectors.only(
                block.nearest(single, few, gone, by_length=by_length, probes=probes, check=check)
            )
            for block, gone in ((held.block, held.gone), (Block(held.tail), _NONE))
        ]
        return joined(parts)

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

    def _visible(self, session: Session) -> Held:
        """Return the vectors the session's snapshot has, its own writes included."""
        version, floor = session.vector_version(self._number)
        touched = session.touched_vectors(self._number)
        grown = False
        with self._lock:
            if self._version < version and not touched:
                self._catch_up(session, version, floor)
                grown = self._has_grown(session, version, floor)
            current = self._version == version and floor <= version
            held = Held(self._block, self._gone, self._tail.only(slice(self._count)))
        if not current:
            return Held(Block(self._pack(self._changes(session, -1))), _NONE, self._pack([]))
        if grown and self._mappings is not None and self._sharing.acquire(blocking=False):
            try:
                self._share(self._mappings, session, held, version)
            finally:
                self._sharing.release()
        return self._overlay(held, session, version) if touched else held

    def _overlay(self, held: Held, session: Session, version: int) -> Held:
        changed, fresh = self._changes_packed(session, version)
        gone = np.union1d(held.gone, held.block.positions(changed))
        return Held(held.block, gone, joined((_without(held.tail, changed), fresh)))

    def _catch_up(self, session: Session, version: int, floor: int) -> None:
        if self._version < floor and not self._adopt(session, version, floor):
            whole = self._pack(self._changes(session, -1))
            # where files are shared, the one that is to be written gets it
            self._hold(Block(whole) if self._mappings else self._sketched(whole), version, None)
        if self._version < version:
            changed, fresh = self._changes_packed(session, self._version)
            self._gone = np.union1d(self._gone, self._block.positions(changed))
            self._append(_without(self._tail.only(slice(self._count)), changed), fresh)
            self._version = version

    def _hold(self, block: Block, version: int, mapped: str | None) -> None:
        self._block, self._version, self._mapped = block, version, mapped
        self._gone, self._tail, self._count = _NONE, self._pack([]), 0

    def _adopt(self, session: Session, version: int, floor: int) -> bool:
        """Take over the file that the database names, if there is another one than ours."""
        name = session.vector_mapping(self._number)
        if self._mappings is None or name is None or name == self._mapped:
            return False
        found = vector_file.read(self._mappings.path(name), self._dimension)
        if found is None or not floor <= found[0] <= version:
            return False
        self._hold(found[1], found[0], name)
        return True

    def _has_grown(self, session: Session, version: int, floor: int) -> bool:
        """Return whether a large part is one's own, also after looking for another's file."""
        if self._mappings is None or session.writable or not self._is_worth_a_file():
            return False
        if self._adopt(session, version, floor):  # another process was faster
            self._catch_up(session, version, floor)
        return self._is_worth_a_file()

    def _share(self, mappings: Mappings, session: Session, held: Held, version: int) -> None:
        """Write what a session sees into a file for everybody; other searches go on meanwhile."""
        block = self._sketched(held.current())
        previous = session.vector_mapping(self._number)
        name = mappings.publish(self._number, version, block, previous)
        found = name and vector_file.read(mappings.path(name), self._dimension)
        with self._lock:
            if not (name and found):
                self._patience *= 2  # somebody writes, or the disk is full: not at every search
                return
            # what was caught up with meanwhile is read again from the database
            self._hold(found[1], version, name)
            self._patience = 1
        if found[1].vectors.values.size > self.too_many:
            work = (mappings, found[1], version, name)
            Thread(target=self._sort, args=work, name="hades-vector-lists", daemon=True).start()

    def _sketched(self, vectors: Vectors) -> Block:
        if not self.worth_a_sketch <= len(vectors.rows) <= self.too_many // self._dimension:
            return Block(vectors)
        return Block(vectors, sketch=sketch_of(vectors, by_length=self._metric == "l2"))

    def _sort(self, mappings: Mappings, block: Block, version: int, name: str) -> None:
        """Sort a mapped block into lists while searches go on, and put them in its place."""
        listed = by_lists(block.vectors, by_length=self._metric == "l2")
        better = mappings.publish(self._number, version, listed, name, wait=True)
        found = better and vector_file.read(mappings.path(better), self._dimension)
        with self._lock:
            if better and found and self._mapped == name:
                self._block, self._mapped = found[1], better
                self._gone = self._block.positions(block.vectors.rows[self._gone])

    def _is_worth_a_file(self) -> bool:
        shared = self._block.vectors.values.size if self._mapped else 0
        own = self._count * self._dimension + (0 if shared else self._block.vectors.values.size)
        return own + len(self._gone) * self._dimension > self._patience * max(
            self.worth_a_file, shared // 4
        )

    def _append(self, kept: Vectors, fresh: Vectors) -> None:
        """Put fresh vectors behind the kept ones; views handed out earlier stay as they are."""
        count = len(kept.rows) + len(fresh.rows)
        if len(kept.rows) != self._count or count > len(self._tail.rows):
            self._tail = _roomier(kept, int(count * _SPARE) + 16)
        self._count = count
        if len(fresh.rows):  # what was read from the file in one piece is not writable
            behind = slice(len(kept.rows), count)
            self._tail.rows[behind] = fresh.rows
            self._tail.values[behind] = fresh.values
            self._tail.squares[behind] = fresh.squares

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
        packed = b"".join(packed for _, packed in present)
        values: NDArray[np.float32] = np.frombuffer(packed, dtype=np.float32)
        values = values.reshape(len(present), self._dimension)
        squares = np.zeros(len(present), dtype=np.float32)
        if self._metric == "cosine":
            lengths = np.linalg.norm(values, axis=1, keepdims=True)
            values = (values / np.where(lengths > 0, lengths, 1)).astype(np.float32, copy=False)
        elif self._metric == "l2":
            squares = np.einsum("ij,ij->i", values, values)
        return Vectors(rows, values, squares)


def _roomier(vectors: Vectors, room: int) -> Vectors:
    return Vectors(
        _grown(vectors.rows, room), _grown(vectors.values, room), _grown(vectors.squares, room)
    )


def _grown(part: NDArray[Any], room: int) -> NDArray[Any]:
    larger = np.empty((room, *part.shape[1:]), dtype=part.dtype)
    larger[: len(part)] = part
    return larger


def _without(vectors: Vectors, rows: NDArray[np.int64]) -> Vectors:
    gone = np.isin(vectors.rows, rows)
    return vectors.only(~gone) if gone.any() else vectors
