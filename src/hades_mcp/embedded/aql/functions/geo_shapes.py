"""Shapes on the sphere: GeoJSON read into unit vectors, edges as great circles, as S2 has them."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import combinations, pairwise
from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.aql.functions.arguments import is_number
from hades_mcp.embedded.values.stopping import paced, watched

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Vector = tuple[float, float, float]

EARTH_RADIUS = 6371000.0  # metres; the mean radius ArangoDB uses
_NUDGE = 1e-9  # radians: how far beside an edge its inner side is probed
_ROUNDING = 4e-16  # of a product of three unit vectors; nearer to a line counts as on it
_FEWEST_CORNERS, _FEWEST_IN_LINE = 3, 2
_PAIR, _TRIPLE = 2, 3
_LATITUDE = 90
_KINDS = {
    kind.lower(): kind
    for kind in (
        "Point",
        "MultiPoint",
        "LineString",
        "MultiLineString",
        "Polygon",
        "MultiPolygon",
    )
}


def unit(longitude: float, latitude: float) -> Vector:
    """Return the unit vector of a place given in degrees; beyond a pole is the pole."""
    lng = math.radians(longitude)
    lat = math.radians(max(-_LATITUDE, min(_LATITUDE, latitude)))
    return (math.cos(lat) * math.cos(lng), math.cos(lat) * math.sin(lng), math.sin(lat))


def place(point: Vector) -> tuple[float, float]:
    """Return the longitude and latitude of a unit vector in radians."""
    return math.atan2(point[1], point[0]), math.atan2(point[2], math.hypot(point[0], point[1]))


def dot(a: Vector, b: Vector) -> float:
    """Return the dot product."""
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def cross(a: Vector, b: Vector) -> Vector:
    """Return the cross product."""
    return (a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0])


def add(a: Vector, b: Vector, scale: float = 1.0) -> Vector:
    """Return a + scale * b."""
    return (a[0] + scale * b[0], a[1] + scale * b[1], a[2] + scale * b[2])


def normal(a: Vector) -> Vector:
    """Return a vector of length 1; the zero vector stays."""
    length = math.sqrt(dot(a, a))
    return (a[0] / length, a[1] / length, a[2] / length) if length else a


def angle(a: Vector, b: Vector) -> float:
    """Return the angle between two vectors in radians, exact for small ones too."""
    crossed = cross(a, b)
    return math.atan2(math.sqrt(dot(crossed, crossed)), dot(a, b))


def edges_cross(a: Vector, b: Vector, c: Vector, d: Vector) -> bool:
    """Tell whether the arcs a-b and c-d cross at a point inside both."""
    if a in (c, d) or b in (c, d):
        return False
    ab, cd = cross(a, b), cross(c, d)
    sides = (-dot(ab, c), dot(ab, d), dot(cd, a), -dot(cd, b))
    return min(sides) > _ROUNDING or max(sides) < -_ROUNDING


@dataclass(frozen=True, slots=True)
class Ring:
    """A closed line; the region to its left is its inside."""

    points: tuple[Vector, ...]

    def edges(self) -> Iterator[tuple[Vector, Vector]]:
        """Yield its edges."""
        corners = watched((*self.points, self.points[0]))
        return ((a, b) for a, b in pairwise(corners) if a != b)

    def _inside(self) -> Vector:
        """Return a point just left of the longest edge, where rounding matters least."""
        a, b = max(self.edges(), key=lambda edge: math.dist(*edge))
        return normal(add(normal(add(a, b)), normal(cross(a, b)), _NUDGE))

    def contains(self, point: Vector) -> bool:
        """Tell whether a point is inside: an even number of edges away from the inner side."""
        start = self._inside()
        crossings = sum(edges_cross(start, point, a, b) for a, b in self.edges())
        return crossings % 2 == 0

    def area(self) -> float:
        """Return the area inside on the unit sphere, 0 to 4 pi."""
        first, total = self.points[0], 0.0
        for a, b in pairwise(paced(self.points[1:])):
            triple = dot(first, cross(a, b))
            total += 2 * math.atan2(triple, 1 + dot(first, a) + dot(a, b) + dot(b, first))
        return total % (4 * math.pi)

    def turned(self) -> Ring:
        """Return the ring run the other way round."""
        return Ring(self.points[::-1])

    def moment(self) -> Vector:
        """Return the integral of position over the inside."""
        total: Vector = (0.0, 0.0, 0.0)
        for a, b in self.edges():
            total = add(total, normal(cross(a, b)), angle(a, b) / 2)
        return total


@dataclass(frozen=True, slots=True)
class Shape:
    """A GeoJSON geometry: points, lines, or polygons of an outer ring and holes."""

    kind: str
    points: tuple[Vector, ...] = ()
    lines: tuple[tuple[Vector, ...], ...] = ()
    polygons: tuple[tuple[Ring, ...], ...] = field(default=())

    def rings(self) -> Iterator[Ring]:
        """Yield every ring."""
        return (ring for polygon in self.polygons for ring in polygon)

    def edges(self) -> Iterator[tuple[Vector, Vector]]:
        """Yield every edge of lines and rings."""
        for line in self.lines:
            yield from pairwise(watched(line))
        for ring in self.rings():
            yield from ring.edges()

    def is_simple(self) -> bool:
        """Tell whether no two of its edges cross."""
        pairs = watched(combinations(self.edges(), 2))
        return not any(edges_cross(*one, *two) for one, two in pairs)

    def vertices(self) -> Iterator[Vector]:
        """Yield every point given."""
        yield from paced(self.points)
        for line in self.lines:
            yield from paced(line)
        for ring in self.rings():
            yield from paced(ring.points)

    def contains(self, point: Vector) -> bool:
        """Tell whether a point is inside an odd number of polygons, and in none of their holes."""
        within = (
            outer.contains(point) and not any(hole.contains(point) for hole in holes)
            for outer, *holes in self.polygons
        )
        return sum(within) % 2 == 1

    def centroid(self) -> Vector:
        """Return the centre: of the area, else of the length, else of the points."""
        total: Vector = (0.0, 0.0, 0.0)
        for outer, *holes in self.polygons:
            total = add(total, outer.moment())
            for hole in holes:
                total = add(total, hole.moment(), -1.0)
        for line in self.lines:
            for a, b in pairwise(paced(line)):
                total = add(total, normal(add(a, b)), 2 * math.sin(angle(a, b) / 2))
        for point in paced(self.points):
            total = add(total, point)
        return normal(total)

    def area(self, of_ring: Callable[[Ring], float] = Ring.area) -> float:
        """Return the area, on the unit sphere unless told how to find that of a ring."""
        return sum(of_ring(outer) - sum(map(of_ring, holes)) for outer, *holes in self.polygons)


def is_position(value: Any) -> bool:
    """Tell whether a value is a pair of longitude and latitude, perhaps with an elevation."""
    return isinstance(value, list) and len(value) in (_PAIR, _TRIPLE) and all(map(is_number, value))


def is_line(value: Any) -> bool:
    """Tell whether a value is an array of two positions or more."""
    return (
        isinstance(value, list)
        and len(value) >= _FEWEST_IN_LINE
        and all(map(is_position, paced(value)))
    )


def is_ring(value: Any) -> bool:
    """Tell whether a value is a closed line with three different places or more."""
    return is_line(value) and value[0][:2] == value[-1][:2] and is_corners(value)


def is_corners(positions: list[Any]) -> bool:
    """Tell whether positions name three different places or more."""
    return len({tuple(position[:2]) for position in paced(positions)}) >= _FEWEST_CORNERS


def is_polygon(value: Any) -> bool:
    """Tell whether a value is an array of rings."""
    return isinstance(value, list) and bool(value) and all(map(is_ring, paced(value)))


def read(value: Any) -> Shape | None:
    """Read GeoJSON, or a bare pair of longitude and latitude; None if it is neither."""
    if is_position(value):
        return Shape("Point", points=(_vector(value),))
    if not isinstance(value, dict) or not isinstance(value.get("coordinates"), list):
        return None
    kind, coordinates = _KINDS.get(str(value.get("type")).lower()), value["coordinates"]
    if kind == "Point" and is_position(coordinates):
        return Shape(kind, points=(_vector(coordinates),))
    if kind == "MultiPoint" and coordinates and all(map(is_position, paced(coordinates))):
        return Shape(kind, points=_vectors(coordinates))
    if kind == "LineString" and is_line(coordinates):
        return Shape(kind, lines=(_vectors(coordinates),))
    if kind == "MultiLineString" and coordinates and all(map(is_line, paced(coordinates))):
        return Shape(kind, lines=tuple(_vectors(line) for line in paced(coordinates)))
    return _read_polygons(kind, coordinates)


def _read_polygons(kind: Any, coordinates: list[Any]) -> Shape | None:
    polygons = [coordinates] if kind == "Polygon" else coordinates
    if (
        kind not in ("Polygon", "MultiPolygon")
        or not polygons
        or not all(map(is_polygon, paced(polygons)))
    ):
        return None
    return Shape(kind, polygons=tuple(map(_polygon, polygons)))


def _polygon(rings: list[Any]) -> tuple[Ring, ...]:
    """Make the outer ring and the holes; a hole's inside is its smaller side, either way round."""
    outer, *holes = (Ring(_vectors(ring[:-1])) for ring in paced(rings))
    return (outer, *(hole if hole.area() < 2 * math.pi else hole.turned() for hole in holes))


def _vectors(positions: list[list[float]]) -> tuple[Vector, ...]:
    return tuple(map(_vector, paced(positions)))


def _vector(position: list[float]) -> Vector:
    return unit(position[0], position[1])
