"""Distances and areas on an ellipsoid of revolution, along the shortest ways over WGS 84."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

RADIUS, FLATTENING = 6378137.0, 1 / 298.257223563  # of WGS 84: metres at the equator
_POLAR_RADIUS = RADIUS * (1 - FLATTENING)
_ECCENTRICITY = math.sqrt(FLATTENING * (2 - FLATTENING))
_ENOUGH = 1e-13  # radians of longitude; a micrometre
_ROUNDS = 2000  # nearly opposite points come near slowly; places that never do are antipodes
_OVER_A_POLE = 1e-8  # sine of an azimuth: within a span of it
_FINEST = 30  # halvings of an edge that runs close by a pole
_EXACT, _SMALLEST = 1e-12, 1e-3  # of an edge's area, and square metres

Place = tuple[float, float]
"""Longitude and latitude in radians."""


class _Geodesic(NamedTuple):
    """A shortest way, seen on the auxiliary sphere of reduced latitudes.

    Attributes:
        turn: Sine of the azimuth where it crosses the equator.
        start: Where it starts, as an arc from that crossing.
        arc: How far it goes.
    """

    turn: float
    start: float
    arc: float


def geodesic_distance(one: Place, two: Place) -> float:
    """Return the metres between two places.

    T. Vincenty, Direct and inverse solutions of geodesics on the ellipsoid, Survey Review 23
    (1975): right to half a millimetre. Where it finds no answer, the places lie opposite each
    other and the way leads over a pole.
    """
    if one == two:
        return 0.0
    way = _solve(one, two)
    if way is None:
        return _over_a_pole(*(_reduced(place[1]) for place in (one, two)))
    return _length(way.arc, 1 - way.turn**2, math.cos(2 * way.start + way.arc))


def geodesic_area(ring: Sequence[Place]) -> float:
    """Return the square metres to the left of a closed line of shortest ways.

    Each edge adds the area between itself and the equator, found by quadrature; a ring around a
    pole adds half the ellipsoid. See C. Karney, Algorithms for geodesics, J. Geodesy 87 (2013),
    section 6, which has a series in place of the quadrature.
    """
    half = 2 * math.pi * _above_equator(math.pi / 2)
    total = turned = 0.0
    for one, two in pairwise((*ring, ring[0])):
        east = math.remainder(two[0] - one[0], math.tau)
        turned += east
        way = _solve(one, two)
        if way is not None and abs(way.turn) > _OVER_A_POLE:
            total += _under(way, way.start, way.start + way.arc)
        else:  # all of its way east lies at a pole
            total += east * _above_equator(math.copysign(math.pi / 2, one[1] + two[1]))
    return ((half if abs(turned) > math.pi else 0.0) - total) % (2 * half)


def _reduced(latitude: float) -> float:
    return math.atan((1 - FLATTENING) * math.tan(latitude))


def _solve(one: Place, two: Place) -> _Geodesic | None:
    """Return the shortest way between two places, None between opposite ones."""
    (sin1, cos1), (sin2, cos2) = (
        (math.sin(angle), math.cos(angle)) for angle in (_reduced(one[1]), _reduced(two[1]))
    )
    difference = math.remainder(two[0] - one[0], math.tau)
    longitude = difference
    for _ in range(_ROUNDS):
        east = cos2 * math.sin(longitude)
        north = cos1 * sin2 - sin1 * cos2 * math.cos(longitude)
        sine = math.hypot(east, north)
        if sine == 0:
            return None
        cosine = sin1 * sin2 + cos1 * cos2 * math.cos(longitude)
        arc = math.atan2(sine, cosine)
        turn = cos1 * east / sine
        square = 1 - turn * turn
        middle = cosine - 2 * sin1 * sin2 / square if square > 0 else 0.0
        c = FLATTENING / 16 * square * (4 + FLATTENING * (4 - 3 * square))
        series = middle + c * cosine * (2 * middle * middle - 1)
        before = longitude
        longitude = difference + (1 - c) * FLATTENING * turn * (arc + c * sine * series)
        if abs(longitude) > math.pi:
            return None
        if abs(longitude - before) < _ENOUGH:
            return _Geodesic(turn, math.atan2(sin1, cos1 * north / sine), arc)
    return None


def _length(arc: float, square: float, middle: float) -> float:
    """Return the length of an arc of the auxiliary sphere on the ellipsoid."""
    u = square * (RADIUS**2 - _POLAR_RADIUS**2) / _POLAR_RADIUS**2
    a = 1 + u / 16384 * (4096 + u * (-768 + u * (320 - 175 * u)))
    b = u / 1024 * (256 + u * (-128 + u * (74 - 47 * u)))
    sine, cosine = math.sin(arc), math.cos(arc)
    third = b / 6 * middle * (4 * sine * sine - 3) * (4 * middle * middle - 3)
    shift = b * sine * (middle + b / 4 * (cosine * (2 * middle * middle - 1) - third))
    return _POLAR_RADIUS * a * (arc - shift)


def _over_a_pole(one: float, two: float) -> float:
    """Return the length of the two meridians between reduced latitudes over the nearer pole."""
    pole = math.copysign(math.pi / 2, one + two)
    arcs = (abs(pole - latitude) for latitude in (one, two))
    return sum(_length(arc, 1.0, -math.cos(arc)) for arc in arcs)


def _above_equator(latitude: float) -> float:
    """Return the area between the equator and a latitude, for each radian of longitude."""
    sine = math.sin(latitude)
    spread = math.atanh(_ECCENTRICITY * sine) / _ECCENTRICITY
    return _POLAR_RADIUS**2 / 2 * (sine / (1 - (_ECCENTRICITY * sine) ** 2) + spread)


_NODES = (  # of Gauss and Legendre on -1 to 1, with their weights
    (0.1834346424956498, 0.3626837833783620),
    (0.5255324099163290, 0.3137066458778873),
    (0.7966664774136267, 0.2223810344533745),
    (0.9602898564975363, 0.1012285362903763),
)


def _under(way: _Geodesic, low: float, high: float, depth: int = 0) -> float:
    """Return the area between a part of a way and the equator, west to east."""
    middle = (low + high) / 2
    whole, halves = _gauss(way, low, high), _gauss(way, low, middle) + _gauss(way, middle, high)
    if abs(whole - halves) <= max(_SMALLEST, _EXACT * abs(halves)) or depth == _FINEST:
        return halves
    return _under(way, low, middle, depth + 1) + _under(way, middle, high, depth + 1)


def _gauss(way: _Geodesic, low: float, high: float) -> float:
    centre, width = (low + high) / 2, (high - low) / 2
    return width * sum(
        weight * (_density(way, centre - node * width) + _density(way, centre + node * width))
        for node, weight in _NODES
    )


def _density(way: _Geodesic, arc: float) -> float:
    """Return the area below a point of a way, for each radian of arc."""
    square = 1 - way.turn**2
    sine = math.sqrt(square) * math.sin(arc)  # of the reduced latitude
    cosine = math.hypot(way.turn, math.sqrt(square) * math.cos(arc))
    latitude = math.atan2(sine, (1 - FLATTENING) * cosine)
    second = (RADIUS**2 - _POLAR_RADIUS**2) / _POLAR_RADIUS**2
    length = _POLAR_RADIUS * math.sqrt(1 + second * square * math.sin(arc) ** 2)
    return _above_equator(latitude) * way.turn * length / (RADIUS * cosine * cosine)
