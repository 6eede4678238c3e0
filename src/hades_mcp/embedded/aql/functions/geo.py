"""Geo functions that make GeoJSON, and DISTANCE between plain coordinates."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.aql.functions.arguments import is_number
from hades_mcp.embedded.aql.functions.geo_shapes import (
    EARTH_RADIUS,
    Ring,
    is_corners,
    is_line,
    is_position,
    read,
    unit,
)
from hades_mcp.embedded.aql.functions.registry import aql_function
from hades_mcp.embedded.values import truth
from hades_mcp.embedded.values.stopping import paced

BAD_PARAMETER, ARRAY_EXPECTED = 10, 1563

if TYPE_CHECKING:
    from collections.abc import Callable

    from hades_mcp.embedded.aql.context import Context


@aql_function("DISTANCE", low=4)
def distance(context: Context, *coordinates: Any) -> Any:
    """Return the metres between two places, each given as latitude and longitude."""
    if not all(map(is_number, coordinates)):
        return context.refuse("DISTANCE")
    lat1, lng1, lat2, lng2 = coordinates
    north, east = math.radians(lat2 - lat1), math.radians(lng2 - lng1)
    if not math.isfinite(north) or not math.isfinite(east):
        return None
    square = math.sin(north / 2) ** 2
    square += math.cos(math.radians(lat1)) * math.cos(math.radians(lat2)) * math.sin(east / 2) ** 2
    return EARTH_RADIUS * (2 * math.atan2(math.sqrt(square), math.sqrt(max(1 - square, 0.0))))


@aql_function("GEO_POINT", low=2, high=3)
def geo_point(context: Context, longitude: Any, latitude: Any, *elevation: Any) -> Any:
    """Make a GeoJSON Point."""
    coordinates = [longitude, latitude, *elevation]
    if not all(map(is_number, coordinates)):
        return context.refuse("GEO_POINT")
    return {"type": "Point", "coordinates": coordinates}


def _are_many(member: Callable[[Any], bool], least: int) -> Callable[[Any], bool]:
    return lambda value: (
        isinstance(value, list) and len(value) >= least and all(map(member, paced(value)))
    )


def _register(name: str, kind: str, fits: Callable[[Any], bool]) -> None:
    """Register a function that makes a GeoJSON object of coordinates that fit."""

    @aql_function(name, low=1)
    def call(context: Context, coordinates: Any) -> Any:
        if not isinstance(coordinates, list):
            return context.refuse(name, ARRAY_EXPECTED)
        if not fits(coordinates):
            return context.refuse(name)
        return {"type": kind, "coordinates": coordinates}


_register("GEO_MULTIPOINT", "MultiPoint", is_line)
_register("GEO_LINESTRING", "LineString", is_line)
_register("GEO_MULTILINESTRING", "MultiLineString", _are_many(is_line, 1))


def _is_sound(value: Any) -> bool:
    shape = read(value)
    return shape is not None and shape.is_simple()


@aql_function("GEO_MULTIPOLYGON", low=1)
def geo_multipolygon(context: Context, coordinates: Any) -> Any:
    """Make a GeoJSON MultiPolygon of two polygons or more whose edges do not cross."""
    if not isinstance(coordinates, list):
        return context.refuse("GEO_MULTIPOLYGON", ARRAY_EXPECTED)
    if not _are_many(_are_rings, 2)(coordinates):
        return context.refuse("GEO_MULTIPOLYGON")
    made = {"type": "MultiPolygon", "coordinates": coordinates}
    return made if _is_sound(made) else context.refuse("GEO_MULTIPOLYGON", BAD_PARAMETER)


@aql_function("GEO_POLYGON", low=1)
def geo_polygon(context: Context, coordinates: Any) -> Any:
    """Make a GeoJSON Polygon of a ring or several whose edges do not cross."""
    if not isinstance(coordinates, list):
        return context.refuse("GEO_POLYGON", ARRAY_EXPECTED)
    rings = [coordinates] if _is_long(coordinates) else coordinates
    if not _are_rings(rings):
        return context.refuse("GEO_POLYGON")
    made = {"type": "Polygon", "coordinates": rings}
    return made if _is_sound(made) else context.refuse("GEO_POLYGON", BAD_PARAMETER)


def _is_long(value: Any) -> bool:
    return is_line(value) and len(value) > 2  # noqa: PLR2004  more than there and back


def _are_rings(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_long, paced(value)))


@aql_function("IS_IN_POLYGON", low=2, high=3)
def is_in_polygon(context: Context, polygon: Any, place: Any, other: Any = None) -> Any:
    """Tell whether a place is in a polygon of pairs; latitude first unless told otherwise."""
    swapped = isinstance(place, list) and truth(other)
    point = place if isinstance(place, list) else [place, other]
    corners = polygon if isinstance(polygon, list) else []
    if not all(_is_pair(pair) for pair in (point, *paced(corners))) or not is_corners(corners):
        return context.refuse("IS_IN_POLYGON")
    order = slice(None) if swapped else slice(None, None, -1)
    ring = Ring(tuple(unit(*pair[order]) for pair in paced(corners)))
    smaller = ring if ring.area() < 2 * math.pi else ring.turned()
    return smaller.contains(unit(*point[order]))


def _is_pair(value: Any) -> bool:
    return is_position(value) and len(value) == 2  # noqa: PLR2004  no elevation here
