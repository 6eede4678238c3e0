"""Shapes in search expressions: what AQL's geo functions say of the shapes an index holds."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.aql.context import Context
from hades_mcp.embedded.aql.evaluation.comparison import COMPARISONS
from hades_mcp.embedded.aql.functions import resolve
from hades_mcp.embedded.aql.functions.geo_shapes import (
    EARTH_RADIUS,
    add,
    angle,
    dot,
    normal,
    place,
    read,
)
from hades_mcp.embedded.aql.nodes import Call, Expression
from hades_mcp.embedded.aql.search.arguments import argument, boolean, number
from hades_mcp.embedded.aql.search.scene import Scene, bad
from hades_mcp.embedded.storage.search.filters import Filter, Nothing, Shape
from hades_mcp.embedded.storage.search.shapes import GEO, point_of
from hades_mcp.embedded.storage.search.terms import Field, text_kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from hades_mcp.embedded.analyzers import Analyzer

_PAIR = 2
_NEAR = frozenset({"<", "<=", "=="})
_SLACK = 1e-6  # degrees of rounding in a bound that must not cut off too early
_WIDEST, _HALF_SPHERE = 1.0, 2 * math.pi  # radians; square radians


def distance_comparison(
    node: Expression, operator: str, bound: Expression, scene: Scene
) -> Filter | None:
    """Return the filter for `GEO_DISTANCE(attribute, place) < metres`; None for anything else."""
    if not isinstance(node, Call) or node.name != "GEO_DISTANCE" or len(node.arguments) != _PAIR:
        return None
    path, at = _sides(node, scene)
    if path is None:
        return None
    origin, metres = argument(node, scene, at), scene.value(bound)
    if isinstance(metres, bool) or not isinstance(metres, int | float):
        raise bad(
            "Failed to parse an argument denoting a distance as a number near 'GEO_DISTANCE'"
            " function"
        )
    compare, measure = COMPARISONS[operator], _function("GEO_DISTANCE", origin)
    band = _around(origin, metres) if operator in _NEAR else None
    return _shape(path, scene, lambda shape: compare(measure(shape), metres), band)


def geo_in_range(call: Call, scene: Scene) -> Filter:
    """Return the filter for GEO_IN_RANGE(attribute, place, low, high[, includeLow, …High])."""
    path, at = _attribute(call, scene)
    origin = argument(call, scene, at)
    low, high = number(call, scene, 2), number(call, scene, 3)
    inclusive = [boolean(call, scene, place) for place in range(4, len(call.arguments))]
    inside = _function("GEO_IN_RANGE", origin, low, high, *inclusive)
    return _shape(path, scene, inside, _around(origin, high))


def geo_relation(call: Call, scene: Scene) -> Filter:
    """Return the filter for GEO_CONTAINS or GEO_INTERSECTS, the attribute on either side."""
    path, at = _attribute(call, scene)
    other = argument(call, scene, at)
    if not isinstance(other, dict | list):
        raise bad(
            f"'{call.name}' AQL function: argument at position '{at + 1}' has invalid type"
            " ('object' or 'array' expected)"
        )
    relation = resolve(call.name).call

    def related(shape: Any) -> bool:
        pair = (other, shape) if at == 0 else (shape, other)
        return relation(Context(), *map(_geojson, pair)) is True

    return _shape(path, scene, related, _beside(other))


def _sides(call: Call, scene: Scene) -> tuple[str | None, int]:
    """Return the attribute among the first two arguments, and where the other one is."""
    for at in (0, 1):
        path = scene.path(call.arguments[at])
        if path:
            return path, 1 - at
    return None, 0


def _attribute(call: Call, scene: Scene) -> tuple[str, int]:
    path, at = _sides(call, scene)
    if path is None:
        raise bad(
            f"'{call.name}' AQL function: Unable to find argument denoting an attribute identifier"
        )
    return path, at


def _function(name: str, *others: Any) -> Callable[[Any], Any]:
    call = resolve(name).call
    return lambda shape: call(Context(), shape, *others)


def _shape(
    path: str, scene: Scene, test: Callable[[Any], bool], band: tuple[float, float] | None
) -> Filter:
    analyzer = scene.analyzer_of(path)
    if analyzer.type not in GEO:
        return Nothing()
    read = _reader(analyzer)

    def passes(value: Any) -> bool:
        shape = read(value)
        return shape is not None and test(shape) is True

    return Shape(Field(path, text_kind(analyzer.name)), passes, band)


def _reader(analyzer: Analyzer) -> Callable[[Any], Any]:
    """Return what makes GeoJSON, or a pair with the longitude first, of what was indexed."""
    if analyzer.type != "geopoint":
        return _SHAPES[analyzer.properties.get("type", "shape")]

    def pair(value: Any) -> Any:
        point = point_of(analyzer, value)
        return None if point is None else list(point)

    return pair


def _around(origin: Any, metres: float) -> tuple[float, float] | None:
    """Return the latitudes that are not farther from a shape's middle than this."""
    shape = read(origin)
    if shape is None or not math.isfinite(metres):
        return None
    latitude = math.degrees(place(shape.centroid())[1])
    reach = math.degrees(max(0.0, metres) / EARTH_RADIUS) + _SLACK
    return latitude - reach, latitude + reach


def _beside(other: Any) -> tuple[float, float] | None:
    """Return the latitudes between which a shape lies, or more than that."""
    shape = read(_geojson(other))
    if shape is None:
        return None
    corners = list(shape.vertices())
    middle = (0.0, 0.0, 0.0)
    for corner in corners:
        middle = add(middle, corner)
    if dot(middle, middle) < _SLACK:
        return None  # on opposite sides: nowhere is the middle
    middle = normal(middle)
    reach = max(angle(middle, corner) for corner in corners)
    if reach > _WIDEST or any(ring.area() > _HALF_SPHERE for ring in shape.rings()):
        return None  # what looks like the outside may be the inside
    latitude, reach = math.degrees(place(middle)[1]), math.degrees(reach) + _SLACK
    return latitude - reach, latitude + reach


def _geojson(value: Any) -> Any:
    """Return a point for a pair: the relations of shapes take GeoJSON alone."""
    return {"type": "Point", "coordinates": value} if isinstance(value, list) else value


def _whole(value: Any) -> Any:
    return value


def _centroid(value: Any) -> Any:
    shape = read(value)
    return None if shape is None else list(place(shape.centroid()))


def _point(value: Any) -> Any:
    is_point = not isinstance(value, dict) or value.get("type") == "Point"
    return value if is_point else None


_SHAPES: dict[str, Callable[[Any], Any]] = {
    "shape": _whole,
    "centroid": _centroid,
    "point": _point,
}
