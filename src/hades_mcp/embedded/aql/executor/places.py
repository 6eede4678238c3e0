"""Steps that read through a geo index: places near a centre, within a radius or in an area."""

from __future__ import annotations

import math
from heapq import heappop, heappush
from itertools import count
from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.aql.executor.step import execution_of
from hades_mcp.embedded.aql.functions.arguments import is_number
from hades_mcp.embedded.aql.functions.geo_shapes import (
    EARTH_RADIUS,
    Shape,
    add,
    angle,
    normal,
    place,
    read,
)
from hades_mcp.embedded.values import truth

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hades_mcp.embedded.aql.evaluation import Compiler, Row
    from hades_mcp.embedded.aql.executor.execution import Execution
    from hades_mcp.embedded.aql.executor.step import Step
    from hades_mcp.embedded.aql.geo_plan import GeoIndexNode
    from hades_mcp.embedded.storage.collection import Collection
    from hades_mcp.embedded.storage.indexes import Index

_SLACK = 1.0  # metres: the index and GEO_DISTANCE() round differently; conditions decide exactly
_WIDEST = math.pi / 3  # a cap much smaller than a hemisphere holds the edges between its points
_HALF_SPHERE = 2 * math.pi
_Target = tuple[tuple[float, float], float]  # latitude and longitude, and metres around it


def geo_lookup(compiler: Compiler, node: GeoIndexNode) -> Step:
    """Make a row of each document a geo index finds, nearest first if the plan says so."""
    lookup = _Lookup(compiler, node)
    give = lookup.rows if node.order is None else lookup.nearest_first

    def step(base: Row, rows: Iterator[Row]) -> Iterator[Row]:
        execution = execution_of(base)
        for row in rows:
            yield from give(execution, row)

    return step


class _Lookup:
    """A compiled GeoIndexNode."""

    def __init__(self, compiler: Compiler, node: GeoIndexNode) -> None:
        self._node = node
        self._target = compiler.compile(node.target)
        self._place = compiler.compile(node.place)
        self._radius = compiler.optional(node.radius)
        self._condition = compiler.optional(node.condition)
        self._order = compiler.optional(node.order)

    def rows(self, execution: Execution, row: Row) -> Iterator[Row]:
        """Yield a row of each document found."""
        return (new for new, _ in self._found(execution, row))

    def nearest_first(self, execution: Execution, row: Row) -> Iterator[Row]:
        """Yield a row of each document found, nearest first."""
        order, number = self._order, count()
        assert order is not None  # noqa: S101  the caller has looked
        waiting: list[tuple[float, int, Row]] = []
        for new, metres in self._found(execution, row):
            while waiting and waiting[0][0] < metres - _SLACK:
                yield heappop(waiting)[2]
            heappush(waiting, (order(new), next(number), new))
        while waiting:
            yield heappop(waiting)[2]

    def _found(self, execution: Execution, row: Row) -> Iterator[tuple[Row, float]]:
        """Yield rows and how near they are at least, in that order where order matters."""
        variable, condition = self._node.variable.id, self._condition
        for document, metres in self._candidates(execution, row):
            execution.check()
            execution.stats.scannedIndex += 1
            new = row.copy()
            new[variable] = document
            if metres < 0 and read(self._place(new)) is None:
                continue  # a geo index knows no document without a place
            if condition is None or truth(condition(new)):
                yield new, metres

    def _candidates(self, execution: Execution, row: Row) -> Iterator[tuple[Any, float]]:
        collection = execution.collection(self._node.collection)
        aimed = self._aim(row)
        if aimed is None:  # then the conditions are all there is
            return ((document, -math.inf) for document in collection.scan())
        index = collection.index(self._node.index)
        return _around(collection, index, aimed, ordered=self._order is not None)

    def _aim(self, row: Row) -> _Target | None:
        shape = read(self._target(row))
        if shape is None or self._node.inside:
            return None if shape is None else _cap(shape)
        longitude, latitude = map(math.degrees, place(shape.centroid()))
        reach: Any = math.inf if self._radius is None else self._radius(row)
        return ((latitude, longitude), reach) if is_number(reach) else None


def _around(
    collection: Collection, index: Index, aimed: _Target, *, ordered: bool
) -> Iterator[tuple[Any, float]]:
    """Yield the documents with a place in reach, after those whose shape only a condition knows."""
    spot, reach = aimed
    for document in collection.without_place(index):
        yield document, -math.inf
    if not ordered and reach < math.inf:
        yield from collection.within(index, spot, radius=max(0.0, reach) + _SLACK)
        return
    for document, metres in collection.outward(index, spot):
        if metres > reach + _SLACK:
            return
        yield document, metres


def _cap(shape: Shape) -> _Target | None:
    """Return a circle around a shape; None for one so large that no circle would help."""
    corners = list(shape.vertices())
    middle: tuple[float, float, float] = (0.0, 0.0, 0.0)
    for corner in corners:
        middle = add(middle, corner)
    middle = normal(middle)
    reach = max(angle(middle, corner) for corner in corners)
    if reach > _WIDEST or any(ring.area() > _HALF_SPHERE for ring in shape.rings()):
        return None
    longitude, latitude = map(math.degrees, place(middle))
    return (latitude, longitude), reach * EARTH_RADIUS
