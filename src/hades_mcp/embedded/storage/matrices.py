"""The matrices of vector indexes that the threads of a process share; numpy wakes on first use."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hades_mcp.embedded.storage.mappings import Mappings
    from hades_mcp.embedded.storage.matrix import Matrix
    from hades_mcp.embedded.storage.session import Session


class Matrices:
    """One matrix per vector index of a database.

    Args:
        mappings: The files shared with other processes; None for a database of this process alone.
    """

    def __init__(self, mappings: Mappings | None = None) -> None:
        self._mappings = mappings
        self._lock = Lock()
        self._matrices: dict[tuple[int, str, int], Matrix] = {}

    def keep(self, numbers: set[int]) -> None:
        """Let go of the matrices of indexes that are no more."""
        with self._lock:
            for name in [name for name in self._matrices if name[0] not in numbers]:
                del self._matrices[name]
        if self._mappings is not None:
            self._mappings.sweep(numbers)

    def search(
        self,
        session: Session,
        number: int,
        metric: str,
        query: Sequence[float],
        wanted: tuple[int, int, Sequence[int] | None],
        dimension: int,
    ) -> list[tuple[int, float]]:
        """Return (row, score) of the best vectors as the session's snapshot has them.

        `wanted` is how many, into how many lists to look at least, where there are lists, and among
        which rows.
        """
        from hades_mcp.embedded.storage.matrix import Matrix  # noqa: PLC0415  numpy stays asleep

        # a number alone may come back for another index if its first transaction was rolled back
        name = (number, metric, dimension)
        with self._lock:
            matrix = self._matrices.get(name)
            if matrix is None:
                matrix = self._matrices[name] = Matrix(*name, self._mappings)
        return matrix.search(session, query, *wanted)
