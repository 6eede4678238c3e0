"""Properties of the Analyzers for shapes on the globe.

The levels and the number of S2's cells are kept and shown; searches here compare shapes exactly
and have no cells.

Source: ArangoDB manual, Analyzers: geojson, geo_s2, geopoint.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hades_mcp.embedded.analyzers.reading import Properties, choice, flag, size, texts, wrong

if TYPE_CHECKING:
    from collections.abc import Callable

_DEFAULT_OPTIONS = {"maxCells": 20, "minLevel": 4, "maxLevel": 23}
_DEEPEST = 30  # S2's leaf cells


def _options(given: Properties) -> Properties:
    options = given.get("options", {})
    if not isinstance(options, dict):
        raise wrong("options", "an object")
    low = {"maxCells": 0, "minLevel": 0, "maxLevel": 0}
    chosen = {
        name: size(options, name, default, low=low[name])
        for name, default in _DEFAULT_OPTIONS.items()
    }
    if not chosen["minLevel"] <= chosen["maxLevel"] <= _DEEPEST:
        raise wrong("options", f"levels from 0 to {_DEEPEST}, the least first")
    return chosen


def _geojson(given: Properties) -> Properties:
    return {
        "options": _options(given),
        "type": choice(given, "type", "shape", "centroid", "point"),
        "legacy": flag(given, "legacy", default=False),
    }


def _geo_s2(given: Properties) -> Properties:
    return {
        "options": _options(given),
        "type": choice(given, "type", "shape", "centroid", "point"),
        "format": choice(given, "format", "latLngDouble", "latLngInt", "s2Point"),
    }


def _geopoint(given: Properties) -> Properties:
    latitude, longitude = texts(given, "latitude"), texts(given, "longitude")
    if bool(latitude) != bool(longitude):
        raise wrong("latitude", "given together with 'longitude', or neither")
    return {"options": _options(given), "latitude": latitude, "longitude": longitude}


GEO_PROPERTIES: dict[str, Callable[[Properties], Properties]] = {
    "geojson": _geojson,
    "geo_s2": _geo_s2,
    "geopoint": _geopoint,
}
