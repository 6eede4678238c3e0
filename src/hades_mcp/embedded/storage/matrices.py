"""The matrices of vector indexes that the threads of a process share; numpy wakes on first use."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hades_mcp.embedded.storage.matrix import Matrix
    from hades_mcp.embedded.storage.session import Session


class Matrices:
    """One matrix per vector index of a database."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._matrices: dict[int, Matrix] = {}

    def search(
        self,
        session: Session,
        number: int,
        metric: str,
        query: Sequence[float],
        count: int,
        dimension: int,
    ) -> list[tuple[int, float]]:
        """Return (row, score) of the best `count` vectors as the session's snapshot has them."""
        from hades_mcp.embedded.storage.matrix import Matrix  # noqa: PLC0415  numpy stays asleep

        with self._lock:
            matrix = self._matrices.get(number)
            if matrix is None:
                matrix = self._matrices[number] = Matrix(number, metric, dimension)
        return matrix.search(session, query, count)
