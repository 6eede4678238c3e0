"""Distances on an ellipsoid of revolution: the shortest way over the surface of WGS 84."""

from __future__ import annotations

import math

RADIUS, FLATTENING = 6378137.0, 1 / 298.257223563  # of WGS 84: metres at the equator
_POLAR_RADIUS = RADIUS * (1 - FLATTENING)
_ENOUGH = 1e-13  # radians of longitude; a micrometre
_ROUNDS = 2000  # nearly opposite points come near slowly; places that never do are antipodes


def geodesic_distance(one: tuple[float, float], two: tuple[float, float]) -> float:
    """Return the metres between two places, each longitude and latitude in radians.

    T. Vincenty, Direct and inverse solutions of geodesics on the ellipsoid, Survey Review 23
    (1975): right to half a millimetre. Where it finds no answer, the places lie opposite each
    other and the way leads over a pole.
    """
    if one == two:
        return 0.0
    reduced = [math.atan((1 - FLATTENING) * math.tan(place[1])) for place in (one, two)]
    (sin1, cos1), (sin2, cos2) = ((math.sin(angle), math.cos(angle)) for angle in reduced)
    difference = math.remainder(two[0] - one[0], math.tau)
    longitude = difference
    for _ in range(_ROUNDS):
        east = cos2 * math.sin(longitude)
        north = cos1 * sin2 - sin1 * cos2 * math.cos(longitude)
        sine = math.hypot(east, north)
        if sine == 0:
            break
        cosine = sin1 * sin2 + cos1 * cos2 * math.cos(longitude)
        arc = math.atan2(sine, cosine)
        azimuth = cos1 * cos2 * math.sin(longitude) / sine
        square = 1 - azimuth * azimuth
        middle = cosine - 2 * sin1 * sin2 / square if square > 0 else 0.0
        c = FLATTENING / 16 * square * (4 + FLATTENING * (4 - 3 * square))
        series = middle + c * cosine * (2 * middle * middle - 1)
        before = longitude
        longitude = difference + (1 - c) * FLATTENING * azimuth * (arc + c * sine * series)
        if abs(longitude) > math.pi:
            break
        if abs(longitude - before) < _ENOUGH:
            return _length(arc, square, middle)
    return _over_a_pole(*reduced)


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
