"""Nodes in stretches: where a node may move to is known without a look at all it passes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hades_mcp.embedded.aql.nodes import Node
    from hades_mcp.embedded.aql.plan import Variable


class Stretches:
    """A chain of nodes that grows at its end, or at the end of an earlier stretch.

    A rule opens a stretch at each node it is worth moving others to the far side of. A node moves
    to the end of the first stretch that has all it must stay behind at its back.
    """

    def __init__(self) -> None:
        self._stretches: list[list[Node]] = [[]]
        self._latest: dict[Variable, int] = {}
        self._barrier = 0

    @property
    def last(self) -> int:
        """The number of the stretch at the end."""
        return len(self._stretches) - 1

    def open(self) -> None:
        """Begin a stretch."""
        self._stretches.append([])

    def put(self, node: Node, stretch: int, variables: Iterable[Variable]) -> None:
        """Add a node at the end of a stretch; nodes about these variables stay behind it."""
        self._stretches[stretch].append(node)
        for variable in variables:
            self._latest[variable] = max(stretch, self._latest.get(variable, 0))

    def close(self) -> None:
        """Let no node that comes from now on pass the last stretch."""
        self._barrier = self.last

    def first(self, variables: Iterable[Variable]) -> int:
        """Return the first stretch a node about these variables may move to."""
        return max([self._barrier, *(self._latest.get(variable, 0) for variable in variables)])

    def nodes(self) -> list[Node]:
        """Return all nodes in their order."""
        return [node for stretch in self._stretches for node in stretch]
