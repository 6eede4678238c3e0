"""What each node of a plan gave and took while a query ran (`profile: 2`)."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hades_mcp.embedded.aql.nodes import Node

T = TypeVar("T")


@dataclass(slots=True)
class NodeRun:
    """One node of a plan.

    Attributes:
        calls: How often it was asked for a row.
        items: How many rows it gave.
        seconds: Time from being asked to answering, the nodes before it included.
    """

    calls: int = 0
    items: int = 0
    seconds: float = 0.0


@dataclass(slots=True)
class Profile:
    """One run of a query, by node; nodes are known by `id()`, for the plan outlives the run."""

    nodes: dict[int, NodeRun] = field(default_factory=dict)

    def watch(self, node: Node, rows: Iterator[T]) -> Iterator[T]:
        """Yield the rows of a node, counting."""
        run = self.nodes.setdefault(id(node), NodeRun())
        while True:
            run.calls += 1
            begun = time.perf_counter()
            try:
                row = next(rows)
            except StopIteration:
                run.seconds += time.perf_counter() - begun
                return
            run.seconds += time.perf_counter() - begun
            run.items += 1
            yield row

    def of(self, node: Node, before: Node | None) -> dict[str, float]:
        """Return what a node gave and took by itself, as the HTTP API shows it.

        Args:
            node: The node.
            before: The node whose rows it takes.
        """
        run = self.nodes.get(id(node), NodeRun())
        earlier = NodeRun() if before is None else self.nodes.get(id(before), NodeRun())
        return {
            "calls": run.calls,
            "items": run.items,
            "filtered": max(0, earlier.items - run.items) if _filters(node) else 0,
            "runtime": max(0.0, run.seconds - earlier.seconds),
        }


def _filters(node: Node) -> bool:
    return type(node).__name__ == "FilterNode"
