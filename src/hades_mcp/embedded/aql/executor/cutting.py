"""Conditions on the vertices and edges of paths, checked as soon as a traversal reaches them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hades_mcp.embedded.values import truth

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from hades_mcp.embedded.aql.evaluation import Compiler, Evaluate, Row
    from hades_mcp.embedded.aql.plan import PathCheck
    from hades_mcp.embedded.traversal import Path


class Checks:
    """The compiled checks of a traversal.

    Args:
        compiler: Compiles their conditions.
        checks: What the plan wants checked.
    """

    def __init__(self, compiler: Compiler, checks: Sequence[PathCheck]) -> None:
        self._checks = [
            (
                check.part == "edge",
                check.depth,
                check.variable.id,
                compiler.compile(check.condition),
            )
            for check in checks
        ]

    def __bool__(self) -> bool:
        """Tell whether there is anything to check."""
        return bool(self._checks)

    def at(self, depth: int) -> Iterator[tuple[bool, int, Evaluate]]:
        """Yield what is to be checked of the last vertex and edge of a path of this length.

        Edge number 0 leads to vertex number 1, and the start vertex has no edge at all.
        """
        for of_edge, wanted, place, condition in self._checks:
            number = depth - of_edge
            if number >= 0 and wanted in {None, number}:
                yield of_edge, place, condition


class Cut:
    """One walk with checks: tells of a path that it must not go on; failed ones are not wanted.

    Args:
        checks: What to check.
        row: The variables known before the walk; what is checked is put into it.
        prune: The PRUNE of the query.
    """

    def __init__(self, checks: Checks, row: Row, prune: Callable[[Path], bool] | None) -> None:
        self._checks = checks
        self._row = row
        self._prune = prune
        self._by_depth: dict[int, list[tuple[bool, int, Evaluate]]] = {}
        self._last: tuple[Path | None, bool] = (None, False)

    def __call__(self, path: Path) -> bool:
        """Tell whether a path ends here."""
        return self.fails(path) or (self._prune is not None and self._prune(path))

    def fails(self, path: Path) -> bool:
        """Tell whether the last vertex or edge of a path breaks a condition."""
        last, failed = self._last
        if last is not path:
            failed = self._fails(path)
            self._last = (path, failed)
        return failed

    def wanted(self, paths: Iterator[Path]) -> Iterator[Path]:
        """Yield the paths that break no condition."""
        return (path for path in paths if not self.fails(path))

    def _fails(self, path: Path) -> bool:
        depth = len(path)
        checks = self._by_depth.get(depth)
        if checks is None:
            checks = self._by_depth[depth] = list(self._checks.at(depth))
        row = self._row
        for of_edge, place, condition in checks:
            row[place] = path.edge if of_edge else path.vertex
            if not truth(condition(row)):
                return True
        return False
