"""Shapes as postings: points in the order of their latitude, other shapes after them."""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hades_mcp.embedded.analyzers import Analyzer

GEO = frozenset({"geojson", "geopoint", "geo_s2"})
"""Types of Analyzers that keep shapes."""
OTHERS = b"s"
_POINT = b"p"
_sortable = Struct(">d").pack
_PAIR, _POLE = 2, 90.0


def shape_term(analyzer: Analyzer, value: Any, ordinal: int) -> bytes:
    """Return the term of a shape: a point's begins with its latitude."""
    pair = point_of(analyzer, value)
    number = ordinal.to_bytes(4, "big")
    if pair is None or not -_POLE <= pair[1] <= _POLE:
        return OTHERS + number
    return latitude_term(pair[1]) + number


def latitude_term(latitude: float) -> bytes:
    """Return how the terms of points at a latitude in degrees begin, or of those at a pole."""
    return _POINT + _sortable(min(2 * _POLE, max(0.0, latitude + _POLE)))


def point_of(analyzer: Analyzer, value: Any) -> tuple[float, float] | None:
    """Return longitude and latitude of a point as an Analyzer reads it; None for other shapes."""
    pair: tuple[Any, Any] | None = None
    if analyzer.type == "geopoint":
        latitude, longitude = analyzer.properties["latitude"], analyzer.properties["longitude"]
        if latitude:
            pair = _at(value, longitude), _at(value, latitude)
        elif isinstance(value, list) and len(value) >= _PAIR:
            pair = value[1], value[0]
    else:
        if isinstance(value, dict) and value.get("type") == "Point":
            value = value.get("coordinates")
        if isinstance(value, list) and len(value) >= _PAIR:
            pair = value[0], value[1]
    return pair if pair is not None and all(map(_is_number, pair)) else None


def _at(value: Any, names: list[str]) -> Any:
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
