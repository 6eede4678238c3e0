"""The three orders of a traversal: what is found last, first or at least weight comes next."""

from __future__ import annotations

from collections import deque
from heapq import heappop, heappush
from itertools import count
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias, assert_never

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hades_mcp.embedded.traversal.path import Step

Order: TypeAlias = Literal["dfs", "bfs", "weighted"]
"""AQL's option `order`."""


class Queue(Protocol):
    """Steps that wait to be visited."""

    def __bool__(self) -> bool: ...
    def push(self, step: Step) -> None:
        """Add a step."""

    def pop(self) -> Step:
        """Take the next step."""

    def ahead(self) -> Iterator[Step]:
        """Yield the waiting steps, roughly in the order they will be taken."""


class LastFirst:
    """Depth first. ArangoDB takes the newest edge of a vertex first, because it uses a stack."""

    def __init__(self) -> None:
        self._steps: list[Step] = []
        # the list's own methods: a walk calls them once a path
        self.push: Callable[[Step], None] = self._steps.append
        self.pop: Callable[[], Step] = self._steps.pop

    def __bool__(self) -> bool:
        return bool(self._steps)

    def ahead(self) -> Iterator[Step]:
        """Yield the steps from the top down."""
        return reversed(self._steps)


class FirstFirst:
    """Breadth first."""

    def __init__(self) -> None:
        self._steps: deque[Step] = deque()
        self.push: Callable[[Step], None] = self._steps.append
        self.pop: Callable[[], Step] = self._steps.popleft

    def __bool__(self) -> bool:
        return bool(self._steps)

    def ahead(self) -> Iterator[Step]:
        """Yield the steps from the longest waiting on."""
        return iter(self._steps)


class LightestFirst:
    """Least total weight first; equals in the order they were found."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Step]] = []
        self._ticket = count()

    def __bool__(self) -> bool:
        return bool(self._heap)

    @property
    def least(self) -> float:
        """Weight of the lightest step."""
        return self._heap[0][0]

    def push(self, step: Step) -> None:
        """Add a step."""
        heappush(self._heap, (step.weight, next(self._ticket), step))

    def pop(self) -> Step:
        """Take the lightest step."""
        return heappop(self._heap)[2]

    def ahead(self) -> Iterator[Step]:
        """Yield the steps in the order of the heap."""
        return (step for _, _, step in self._heap)


def queue_for(order: Order) -> Queue:
    """Return an empty queue for an order."""
    match order:
        case "dfs":
            return LastFirst()
        case "bfs":
            return FirstFirst()
        case "weighted":
            return LightestFirst()
    assert_never(order)
