"""Geo functions that compare GeoJSON: distance, containment, intersection, equality, area."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.aql.functions.arguments import is_number
from hades_mcp.embedded.aql.functions.geo_shapes import (
    EARTH_RADIUS,
    Shape,
    angle,
    edges_cross,
    read,
)
from hades_mcp.embedded.aql.functions.registry import NOT_IMPLEMENTED, aql_function
from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.values import truth

if TYPE_CHECKING:
    from hades_mcp.embedded.aql.context import Context


def _sphere_only(function: str, ellipsoid: Any) -> None:
    """Refuse any body but the sphere, which is the default.

    Raises:
        ArangoError: 9.
    """
    if ellipsoid not in (None, "sphere"):
        raise ArangoError(NOT_IMPLEMENTED, f"{function}() knows the ellipsoid 'sphere' only")


def _metres(one: Shape, two: Shape) -> float:
    return angle(one.centroid(), two.centroid()) * EARTH_RADIUS


@aql_function("GEO_DISTANCE", low=2, high=3)
def geo_distance(context: Context, one: Any, two: Any, ellipsoid: Any = None) -> Any:
    """Return the metres between the centroids of two shapes.

    Raises:
        ArangoError: 9, for another ellipsoid than the sphere.
    """
    _sphere_only("GEO_DISTANCE", ellipsoid)
    left, right = read(one), read(two)
    if left is None or right is None:
        return context.refuse("GEO_DISTANCE")
    return _metres(left, right)


@aql_function("GEO_IN_RANGE", low=4, high=7)
def geo_in_range(
    context: Context,
    one: Any,
    two: Any,
    low: Any,
    high: Any,
    include_low: Any = True,  # noqa: FBT002  AQL's arguments have places, not names
    include_high: Any = True,  # noqa: FBT002  see above
    ellipsoid: Any = None,
) -> Any:
    """Tell whether the distance of two shapes lies between limits, included unless told not to.

    Raises:
        ArangoError: 9, for another ellipsoid than the sphere.
    """
    _sphere_only("GEO_IN_RANGE", ellipsoid)
    left, right = read(one), read(two)
    if left is None or right is None or not is_number(low) or not is_number(high):
        return context.refuse("GEO_IN_RANGE")
    metres = _metres(left, right)
    above = metres >= low if truth(include_low) else metres > low
    return above and (metres <= high if truth(include_high) else metres < high)


@aql_function("GEO_CONTAINS", low=2)
def geo_contains(context: Context, one: Any, two: Any) -> Any:
    """Tell whether every point of a shape is in a polygon."""
    outer, inner = read(one), read(two)
    if outer is None or inner is None or not outer.polygons:
        return context.refuse("GEO_CONTAINS")
    return _contains(outer, inner)


def _contains(outer: Shape, inner: Shape) -> bool:
    if outer == inner:
        return True
    if not all(map(outer.contains, inner.vertices())) or _edges_meet(outer, inner):
        return False
    # a hole of the outer shape may lie inside the inner one without touching its border
    return not any(inner.contains(ring.points[0]) for ring in outer.rings())


def _edges_meet(one: Shape, two: Shape) -> bool:
    others = list(two.edges())
    return any(edges_cross(*edge, *other) for edge in one.edges() for other in others)


@aql_function("GEO_INTERSECTS", low=2)
def geo_intersects(context: Context, one: Any, two: Any) -> Any:
    """Tell whether two shapes share a point."""
    left, right = read(one), read(two)
    if left is None or right is None:
        return context.refuse("GEO_INTERSECTS")
    return (
        any(map(left.contains, right.vertices()))
        or any(map(right.contains, left.vertices()))
        or not set(left.vertices()).isdisjoint(right.vertices())
        or _edges_meet(left, right)
    )


@aql_function("GEO_EQUALS", low=2)
def geo_equals(context: Context, one: Any, two: Any) -> Any:
    """Tell whether two shapes of one type are the same, wherever their rings begin."""
    left, right = read(one), read(two)
    if left is None or right is None:
        return context.refuse("GEO_EQUALS")
    return _canonical(left) == _canonical(right)


def _canonical(shape: Shape) -> Any:
    """Return a shape in a form that is the same for equal ones."""
    polygons = sorted(
        [sorted(_from_smallest(ring.points) for ring in polygon) for polygon in shape.polygons]
    )
    return shape.kind, sorted(set(shape.points)), shape.lines, polygons


def _from_smallest(points: tuple[Any, ...]) -> tuple[Any, ...]:
    start = points.index(min(points))
    return points[start:] + points[:start]


@aql_function("GEO_AREA", low=1, high=2)
def geo_area(context: Context, value: Any, ellipsoid: Any = None) -> Any:
    """Return the square metres inside a polygon.

    Raises:
        ArangoError: 9, for another ellipsoid than the sphere.
    """
    _sphere_only("GEO_AREA", ellipsoid)
    shape = read(value)
    if shape is None:
        return context.refuse("GEO_AREA")
    return shape.area() * EARTH_RADIUS**2
