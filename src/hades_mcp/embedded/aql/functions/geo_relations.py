"""Geo functions that compare GeoJSON: distance, containment, intersection, equality, area."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.aql.functions.arguments import is_number
from hades_mcp.embedded.aql.functions.geo_ellipsoid import geodesic_area, geodesic_distance
from hades_mcp.embedded.aql.functions.geo_shapes import (
    EARTH_RADIUS,
    Shape,
    angle,
    edges_cross,
    place,
    read,
)
from hades_mcp.embedded.aql.functions.registry import aql_function
from hades_mcp.embedded.values.stopping import paced

if TYPE_CHECKING:
    from hades_mcp.embedded.aql.context import Context

BAD_PARAMETER = 10
_ELLIPSOIDS = {"sphere": False, "wgs84": True}


def _on_ellipsoid(context: Context, function: str, ellipsoid: Any) -> bool:
    """Tell whether to measure on WGS 84; anything unknown is a warning and the sphere."""
    if isinstance(ellipsoid, str) and ellipsoid.lower() in _ELLIPSOIDS:
        return _ELLIPSOIDS[ellipsoid.lower()]
    context.warn(
        BAD_PARAMETER,
        f"in function '{function}()': invalid ellipsoid specified, falling back to \"sphere\"",
    )
    return False


def _metres(one: Shape, two: Shape, *, on_ellipsoid: bool) -> float:
    left, right = one.centroid(), two.centroid()
    if on_ellipsoid:
        return geodesic_distance(place(left), place(right))
    return angle(left, right) * EARTH_RADIUS


@aql_function("GEO_DISTANCE", low=2, high=3)
def geo_distance(context: Context, one: Any, two: Any, ellipsoid: Any = "sphere") -> Any:
    """Return the metres between the centroids of two shapes, on the sphere or on WGS 84."""
    left, right = read(one), read(two)
    if left is None or right is None:
        return context.refuse("GEO_DISTANCE", BAD_PARAMETER)
    return _metres(left, right, on_ellipsoid=_on_ellipsoid(context, "GEO_DISTANCE", ellipsoid))


@aql_function("GEO_IN_RANGE", low=4, high=7)
def geo_in_range(
    context: Context,
    one: Any,
    two: Any,
    low: Any,
    high: Any,
    include_low: Any = True,  # noqa: FBT002  AQL's arguments have places, not names
    include_high: Any = True,  # noqa: FBT002  see above
    ellipsoid: Any = "sphere",
) -> Any:
    """Tell whether the distance of two shapes lies between limits, included unless told not to."""
    left, right = read(one), read(two)
    numeric = is_number(low) and is_number(high)
    told = isinstance(include_low, bool) and isinstance(include_high, bool)
    if left is None or right is None or not numeric or not told:
        return context.refuse("GEO_IN_RANGE", BAD_PARAMETER)
    measured = _on_ellipsoid(context, "GEO_IN_RANGE", ellipsoid)
    metres = _metres(left, right, on_ellipsoid=measured)
    above = metres >= low if include_low else metres > low
    return above and (metres <= high if include_high else metres < high)


@aql_function("GEO_CONTAINS", low=2)
def geo_contains(context: Context, one: Any, two: Any) -> Any:
    """Tell whether every point of a shape is in a polygon."""
    outer, inner = _regions(context, "GEO_CONTAINS", one, two, areas=True)
    return None if outer is None or inner is None else _contains(outer, inner)


def _regions(
    context: Context, function: str, one: Any, two: Any, *, areas: bool
) -> tuple[Shape | None, Shape | None]:
    """Read GeoJSON, of an area if asked, and GeoJSON or a position; warn where it is none."""
    left = read(one) if isinstance(one, dict) else None
    if not isinstance(one, dict) or (areas and left is not None and not left.polygons):
        return context.refuse(function, result=(None, None))  # type: ignore[no-any-return]
    right = read(two)
    if left is None or right is None:
        context.refuse(function, BAD_PARAMETER)
    return left, right


def _contains(outer: Shape, inner: Shape) -> bool:
    if outer == inner:
        return True
    if not all(map(outer.contains, inner.vertices())) or _edges_meet(outer, inner):
        return False
    # a hole of the outer shape may lie inside the inner one without touching its border
    return not any(inner.contains(ring.points[0]) for ring in outer.rings())


def _edges_meet(one: Shape, two: Shape) -> bool:
    others = list(two.edges())
    return any(edges_cross(*edge, *other) for edge in one.edges() for other in paced(others))


@aql_function("GEO_INTERSECTS", low=2)
def geo_intersects(context: Context, one: Any, two: Any) -> Any:
    """Tell whether two shapes share a point."""
    left, right = _regions(context, "GEO_INTERSECTS", one, two, areas=False)
    if left is None or right is None:
        return None
    return (
        any(map(left.contains, right.vertices()))
        or any(map(right.contains, left.vertices()))
        or not set(left.vertices()).isdisjoint(right.vertices())
        or _edges_meet(left, right)
    )


@aql_function("GEO_EQUALS", low=2)
def geo_equals(context: Context, one: Any, two: Any) -> Any:
    """Tell whether two shapes of one type are the same, wherever their rings begin."""
    if not isinstance(one, dict) or not isinstance(two, dict):
        return context.refuse("GEO_EQUALS")
    left, right = read(one), read(two)
    if left is None or right is None:
        return context.refuse("GEO_EQUALS", BAD_PARAMETER)
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
def geo_area(context: Context, value: Any, ellipsoid: Any = "sphere") -> Any:
    """Return the square metres inside a polygon, on the sphere or on WGS 84."""
    shape = read(value)
    if shape is None:
        return context.refuse("GEO_AREA", BAD_PARAMETER)
    if _on_ellipsoid(context, "GEO_AREA", ellipsoid):
        return shape.area(lambda ring: geodesic_area([place(point) for point in ring.points]))
    return shape.area() * EARTH_RADIUS**2
