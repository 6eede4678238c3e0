"""Shapes on the sphere: interior to the left, edges along great circles."""

import math
import random
from itertools import pairwise
from typing import Any

import pytest

SQUARE = [[4, 54], [4, 47], [16, 47], [16, 54], [4, 54]]
GERMANY = {"type": "Polygon", "coordinates": [SQUARE]}
REST = {"type": "Polygon", "coordinates": [SQUARE[::-1]]}
HOLED = {
    "type": "Polygon",
    "coordinates": [
        [[100, 0], [101, 0], [101, 1], [100, 1], [100, 0]],
        [[100.8, 0.8], [100.8, 0.2], [100.2, 0.2], [100.2, 0.8], [100.8, 0.8]],
    ],
}
OCTANT = {"type": "Polygon", "coordinates": [[[0, 0], [90, 0], [0, 90], [0, 0]]]}
EARTH = 6371000.0


def test_distances_are_those_of_the_manual(call):
    assert call("DISTANCE", 52.5163, 13.3777, 50.9322, 6.94) == 476918.89688380965
    assert call("DISTANCE", 54.16776, -6.096125, 53.35, -6.25) == 91491.58596795711
    assert call("DISTANCE", 1e308, 0, -1e308, 0) is None
    assert call("DISTANCE", 0, 0, 0, 180) == pytest.approx(20015086.79602057)
    assert call("GEO_DISTANCE", [13.3777, 52.5163], [6.94, 50.9322]) == pytest.approx(
        476918.8968838
    )
    assert call("GEO_DISTANCE", OCTANT, [45, math.degrees(math.asin(3**-0.5))]) == pytest.approx(
        0, abs=1
    )


@pytest.mark.parametrize(
    ("shape", "point", "expected"),
    [
        (GERMANY, [10, 50], True),
        (GERMANY, [10, 47], False),
        (GERMANY, [10, 54], True),
        (GERMANY, [0, 90], False),
        (GERMANY, [-170, -50], False),
        (REST, [10, 50], False),
        (REST, [0, 90], True),
        (REST, [0, -90], True),
        (HOLED, [100.1, 0.5], True),
        (HOLED, [100.5, 0.5], False),
    ],
)
def test_containment_follows_great_circles_and_orientation(call, shape, point, expected):
    assert call("GEO_CONTAINS", shape, point) is expected
    assert call("GEO_INTERSECTS", shape, {"type": "Point", "coordinates": point}) is expected


def test_lines_and_polygons_are_contained_as_a_whole(call):
    line = {"type": "LineString", "coordinates": [[100.1, 0.5], [100.9, 0.5]]}
    small = {"type": "Polygon", "coordinates": [[[5, 50], [6, 50], [6, 51], [5, 50]]]}
    assert call("GEO_CONTAINS", HOLED, line) is False  # it leads through the hole
    assert call("GEO_INTERSECTS", HOLED, line) is True
    assert call("GEO_CONTAINS", GERMANY, small) is True
    assert call("GEO_CONTAINS", small, GERMANY) is False
    assert call("GEO_INTERSECTS", small, GERMANY) is True
    assert call("GEO_INTERSECTS", small, HOLED) is False
    assert call("GEO_CONTAINS", GERMANY, GERMANY) is True


def test_areas_add_up_to_the_sphere(call):
    assert call("GEO_AREA", OCTANT) == pytest.approx(math.pi / 2 * EARTH**2)
    whole = call("GEO_AREA", GERMANY) + call("GEO_AREA", REST)
    assert whole == pytest.approx(4 * math.pi * EARTH**2)
    many = {"type": "MultiPolygon", "coordinates": [GERMANY["coordinates"], HOLED["coordinates"]]}
    assert call("GEO_AREA", many) == pytest.approx(
        call("GEO_AREA", GERMANY) + call("GEO_AREA", HOLED)
    )


def test_equal_rings_may_begin_anywhere(call):
    turned = {"type": "Polygon", "coordinates": [[*SQUARE[1:], SQUARE[1]]]}
    assert call("GEO_EQUALS", GERMANY, turned) is True
    assert call("GEO_EQUALS", GERMANY, REST) is False
    point = {"type": "Point", "coordinates": [1, 2]}
    assert call("GEO_EQUALS", point, {"type": "point", "coordinates": [1, 2, 3]}) is True


def test_ranges_of_distance_include_their_limits_unless_told(call):
    one, two = [0, 0], [0, 1]
    metres = call("GEO_DISTANCE", one, two)
    assert call("GEO_IN_RANGE", one, two, metres, metres) is True
    assert call("GEO_IN_RANGE", one, two, metres, metres, True, False) is False


@pytest.mark.parametrize(
    ("name", "kind", "coordinates"),
    [
        ("GEO_MULTIPOINT", "MultiPoint", [[35, 10], [45, 45]]),
        ("GEO_LINESTRING", "LineString", [[35, 10], [45, 45]]),
        ("GEO_MULTILINESTRING", "MultiLineString", [[[100, 0], [101, 1]], [[102, 2], [101, 2.3]]]),
        ("GEO_POLYGON", "Polygon", HOLED["coordinates"]),
        ("GEO_MULTIPOLYGON", "MultiPolygon", [GERMANY["coordinates"], HOLED["coordinates"]]),
    ],
)
def test_constructors_make_geojson_of_valid_coordinates_only(call, warned, name, kind, coordinates):
    assert call(name, coordinates) == {"type": kind, "coordinates": coordinates}
    assert warned() == []
    assert call(name, [[1, 2]]) is None
    assert warned() == [1542]


def test_polygons_that_cross_themselves_or_have_no_area_are_refused(call, warned):
    assert call("GEO_POLYGON", [[0, 0], [10, 10], [10, 0], [0, 10], [0, 0]]) is None
    assert call("GEO_POLYGON", [[0, 0], [0, 0], [1, 1], [0, 0]]) is None
    assert call("GEO_MULTIPOLYGON", [[SQUARE], [[[5, 50], [30, 50], [5, 60], [5, 50]]]]) is None
    flat = {"type": "Polygon", "coordinates": [[[0, 0], [0, 0], [0, 0], [0, 0]]]}
    assert call("GEO_CONTAINS", flat, [0, 0]) is None
    assert call("IS_IN_POLYGON", [[0, 0], [0, 0], [1, 1]], 0, 0) is None
    assert warned() == [10, 10, 10, 10, 1542]


def test_points_take_an_elevation(call, warned):
    assert call("GEO_POINT", 1.0, 2.0, 3) == {"type": "Point", "coordinates": [1, 2, 3]}
    assert call("GEO_POLYGON", SQUARE) == GERMANY
    assert call("GEO_POINT", "1", 2) is None
    assert warned() == [1542]


def test_the_old_polygon_test_takes_latitude_first(call):
    square = [[0, 0], [0, 10], [10, 10], [10, 0]]
    assert call("IS_IN_POLYGON", square, 4, 7) is True
    assert call("IS_IN_POLYGON", square, [12, 7]) is False
    assert call("IS_IN_POLYGON", [[0, 0], [20, 0], [20, 10], [0, 10]], [15, 4], True) is True


def _box(west: float, south: float, east: float, north: float) -> dict[str, Any]:
    corners = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [corners]}


def test_areas_on_the_ellipsoid_are_those_of_geodesic_polygons(call, warned):
    octant = {"type": "Polygon", "coordinates": [[[0, 0], [90, 0], [0, 90], [0, 0]]]}
    ellipsoid = 510065621724088.44  # square metres of WGS 84
    assert call("GEO_AREA", octant, "wgs84") == pytest.approx(ellipsoid / 8, rel=1e-9)
    # Karney's Planimeter: a degree by a degree at the equator
    assert call("GEO_AREA", _box(0, 0, 1, 1), "wgs84") == pytest.approx(12308778361.47, rel=1e-9)
    assert call("GEO_AREA", _box(179, -1, -179, 1), "wgs84") == pytest.approx(
        4 * 12308778361.47, rel=1e-3
    )
    cap = [[lng, 60] for lng in range(0, 360, 5)]
    around = call("GEO_AREA", {"type": "Polygon", "coordinates": [[*cap, cap[0]]]}, "wgs84")
    other = call("GEO_AREA", {"type": "Polygon", "coordinates": [[*cap, cap[0]][::-1]]}, "wgs84")
    assert around + other == pytest.approx(ellipsoid, rel=1e-9)
    assert around == pytest.approx(3.45e13, rel=0.02)
    assert warned() == []


def test_nonsense_is_null(call, warned):
    assert call("GEO_DISTANCE", {"type": "Point"}, [0, 0]) is None
    assert call("GEO_CONTAINS", [0, 0], [0, 0]) is None
    assert call("DISTANCE", 0, 0, 0, "foo") is None
    assert warned() == [10, 1542, 1542]


def test_what_is_no_array_makes_no_shape(call, warned):
    for name in ("GEO_MULTIPOINT", "GEO_LINESTRING", "GEO_POLYGON", "GEO_MULTIPOLYGON"):
        assert call(name, "x") is None
    assert warned() == [1563] * 4


@pytest.mark.parametrize(
    ("one", "two", "metres"),
    [
        # the quarter meridian of WGS 84, a degree of its equator, and ways to antipodes
        ([0, 0], [0, 90], 10001965.7293),
        ([0, 0], [1, 0], 111319.4908),
        # Flinders Peak to Buninyong, the worked example of the GDA technical manual
        ([144.42486789, -37.95103342], [143.92649553, -37.65282114], 54972.271),
        ([0, 30], [180, -30], 20003931.4586),
        ([0, 0], [180, 0], 20003931.4586),
        ([5, 5], [5, 5], 0.0),
    ],
)
def test_distances_on_the_ellipsoid_are_geodesic(call, warned, one, two, metres):
    assert call("GEO_DISTANCE", one, two, "wgs84") == pytest.approx(metres, rel=1e-8, abs=1e-3)
    assert call("GEO_DISTANCE", two, one, "WGS84") == pytest.approx(metres, rel=1e-8, abs=1e-3)
    assert warned() == []


def test_an_unknown_ellipsoid_is_warned_of_and_the_sphere_measured(call, warned):
    sphere = call("GEO_DISTANCE", [0, 0], [1, 0])
    assert call("GEO_DISTANCE", [0, 0], [1, 0], "egg") == sphere
    assert call("GEO_IN_RANGE", [0, 0], [1, 0], sphere, sphere, True, True, 5) is True
    assert warned() == [10, 10]


def test_limits_of_a_range_are_numbers_and_their_inclusion_is_boolean(call, warned):
    assert call("GEO_IN_RANGE", [0, 0], [1, 0], "a", 2) is None
    assert call("GEO_IN_RANGE", [0, 0], [1, 0], 0, 2, 1) is None
    assert warned() == [10, 10]


def _star(source: random.Random) -> list[list[float]]:
    """Make a ring around its centre, some hundred metres wide, away from the poles."""
    lng, lat = source.uniform(-170, 170), source.uniform(-60, 60)
    angles = sorted(source.uniform(0, 2 * math.pi) for _ in range(source.randint(4, 9)))
    rays = [(angle, source.uniform(0.003, 0.01)) for angle in angles]
    corners = [[lng + ray * math.cos(a), lat + ray * math.sin(a)] for a, ray in rays]
    return [*corners, corners[0]]


def _inside(ring: list[list[float]], x: float, y: float) -> bool:
    """Decide in the plane, which small shapes hardly leave: count edges to the right."""
    inside = False
    for (x1, y1), (x2, y2) in pairwise(ring):
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            inside = not inside
    return inside


def test_small_polygons_contain_what_they_contain_in_the_plane(call):
    source = random.Random(11)
    for _ in range(150):
        ring = _star(source)
        gaps = [math.atan2(b[1] - a[1], b[0] - a[0]) for a, b in pairwise(ring)]
        shape = call("GEO_POLYGON", ring)
        turning = sum(
            (b - a + math.pi) % (2 * math.pi) - math.pi for a, b in pairwise([*gaps, gaps[0]])
        )
        if shape is None or not math.isclose(turning, 2 * math.pi):
            continue  # the centre lies outside, so the corners are not in order around it
        x, y = (coordinate + source.uniform(-0.01, 0.01) for coordinate in ring[0])
        assert call("GEO_CONTAINS", shape, [x, y]) is _inside(ring, x, y)
