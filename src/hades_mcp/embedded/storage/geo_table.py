"""The table behind a geo index: places in order of latitude, searched outward from a latitude.

No two places are nearer to each other than their latitudes are apart: a search that walks away
from its own latitude may stop as soon as that distance alone is too far.
"""

from __future__ import annotations

import math
from heapq import heappop, heappush, heappushpop
from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.storage.sorted_table import descend

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hades_mcp.embedded.storage.catalog import CollectionInfo
    from hades_mcp.embedded.storage.indexes import Index
    from hades_mcp.embedded.storage.records import Document
    from hades_mcp.embedded.storage.session import Session

EARTH_RADIUS = 6371000.0  # metres; the mean radius ArangoDB uses
_POLE, _DATE_LINE = 90.0, 180.0
_FEWEST = 2  # numbers that make a place
_SLACK = 1e-6  # metres of rounding in a bound that must not cut off too early
Place = tuple[float, float]


class GeoTable:
    """Latitude and longitude of each document; one without a place has None as payload."""

    def __init__(self, session: Session, _: CollectionInfo, index: Index) -> None:
        self._session = session
        self._table = f"g{index.id}"
        self._paths = [path.split(".") for path in index.fields]
        self._json = bool(index.options["geoJson"])
        self._put = f"INSERT INTO {self._table} VALUES (?, ?, ?)"  # noqa: S608  a number of ours
        self._select = f"SELECT lat, lng, rid FROM {self._table} WHERE lat"  # noqa: S608  same

    def create(self) -> None:
        """Make the empty table."""
        self._session.execute(
            f"CREATE TABLE {self._table}"
            "(rid INTEGER PRIMARY KEY, lat REAL NOT NULL, lng REAL NOT NULL)"
        )
        self._session.execute(
            f"CREATE INDEX {self._table}_lat ON {self._table}(lat, lng)"  # the row id follows
        )

    def drop(self) -> None:
        """Remove the table."""
        self._session.execute(f"DROP TABLE {self._table}")

    def clear(self) -> None:
        """Remove all places."""
        self._session.execute(f"DELETE FROM {self._table}")  # noqa: S608  same

    def payload(self, document: Document) -> Place | None:
        """Return latitude and longitude; None for a document without: geo indexes are sparse."""
        values = [descend(document, path) for path in self._paths]
        if len(values) > 1:
            return _place(values[0], values[1])
        value = values[0]
        if self._json and isinstance(value, dict) and value.get("type") == "Point":
            value = value.get("coordinates")
        if not isinstance(value, list) or len(value) < _FEWEST:
            return None
        return _place(value[1], value[0]) if self._json else _place(value[0], value[1])

    def check(self, _: Place | None, __: int) -> None:
        """Accept any place: two documents may share one."""

    def add(self, row: int, payload: Place | None) -> None:
        """Enter a document."""
        if payload is not None:
            self._session.execute(self._put, (row, *payload))

    def remove(self, row: int, payload: Place | None) -> None:
        """Take a document out."""
        if payload is not None:
            self._session.execute(f"DELETE FROM {self._table} WHERE rid = ?", (row,))  # noqa: S608  same

    def add_many(self, rows: Sequence[tuple[int, Place | None]]) -> None:
        """Enter many documents."""
        places = [(row, *place) for row, place in rows if place is not None]
        self._session.executemany(self._put, places)

    def fill(self, rows: Sequence[tuple[int, Document]]) -> None:
        """Enter documents that were there before the index."""
        self.add_many([(row, self.payload(document)) for row, document in rows])

    def nearest(self, latitude: float, longitude: float, limit: int) -> list[tuple[int, float]]:
        """Return the rows of the nearest places with their distances in metres, nearest first."""
        if limit < 1:
            return []
        best: list[tuple[float, int]] = []  # farthest first: a heap of negated distances
        for away, place, row in self._outward(latitude):
            if len(best) == limit and away > -best[0][0] + _SLACK:
                break
            entry = (-distance(latitude, longitude, *place), -row)
            if len(best) < limit:
                heappush(best, entry)
            else:
                heappushpop(best, entry)
        return [(-row, -negated) for negated, row in sorted(best, reverse=True)]

    def outward(self, latitude: float, longitude: float) -> Iterator[tuple[int, float]]:
        """Yield the rows of all places with their distances, nearest first, as they are taken."""
        waiting: list[tuple[float, int]] = []
        for away, place, row in self._outward(latitude):
            while waiting and waiting[0][0] + _SLACK < away:
                far, nearest = heappop(waiting)
                yield nearest, far
            heappush(waiting, (distance(latitude, longitude, *place), row))
        while waiting:
            far, nearest = heappop(waiting)
            yield nearest, far

    def count(self) -> int:
        """Return the number of places."""
        found = self._session.execute(f"SELECT count(*) FROM {self._table}").fetchone()  # noqa: S608  same
        return int(found[0])

    def elsewhere(self, rows: str) -> Iterator[tuple[int, bytes]]:
        """Yield the rows and bodies of the documents without a place, those of a table `rows`."""
        return self._session.stream(
            f"SELECT rid, CAST(body AS BLOB) FROM {rows}"  # noqa: S608  same
            f" WHERE rid NOT IN (SELECT rid FROM {self._table}) ORDER BY rid"
        )

    def within(self, latitude: float, longitude: float, radius: float) -> list[tuple[int, float]]:
        """Return the rows of the places not farther than this, nearest first."""
        reach = math.degrees((radius + _SLACK) / EARTH_RADIUS)
        rows = self._session.execute(
            f"{self._select} BETWEEN ? AND ?", (latitude - reach, latitude + reach)
        )
        found = ((distance(latitude, longitude, lat, lng), row) for lat, lng, row in rows)
        return [(row, far) for far, row in sorted(pair for pair in found if pair[0] <= radius)]

    def in_rectangle(self, south: float, north: float, west: float, east: float) -> list[int]:
        """Return the rows of the places between two parallels and two meridians, in order of row.

        A west that is greater than east spans the date line.
        """
        rows = self._session.execute(f"{self._select} BETWEEN ? AND ?", (south, north))
        if west <= east:
            return sorted(row for _, lng, row in rows if west <= lng <= east)
        return sorted(row for _, lng, row in rows if lng >= west or lng <= east)

    def _outward(self, latitude: float) -> Iterator[tuple[float, Place, int]]:
        """Yield all places, those at the nearest latitudes first, with the least distance."""
        sides = [
            self._session.stream(f"{self._select} >= ? ORDER BY lat", (latitude,)),
            self._session.stream(f"{self._select} < ? ORDER BY lat DESC", (latitude,)),
        ]
        heads = [next(side, None) for side in sides]
        while candidates := [
            (abs(head[0] - latitude), which) for which, head in enumerate(heads) if head is not None
        ]:
            apart, which = min(candidates)
            self._session.check()
            lat, lng, row = heads[which] or ()
            yield math.radians(apart) * EARTH_RADIUS, (lat, lng), row
            heads[which] = next(sides[which], None)


def distance(lat1: float, lng1: float, lat2: float, lng2: float) -> float:
    """Return the metres between two places given in degrees, along the sphere."""
    one, two = math.radians(lat1), math.radians(lat2)
    square = math.sin((two - one) / 2) ** 2
    square += math.cos(one) * math.cos(two) * math.sin(math.radians(lng2 - lng1) / 2) ** 2
    return 2 * EARTH_RADIUS * math.asin(min(1.0, math.sqrt(square)))


def _place(latitude: Any, longitude: Any) -> Place | None:
    for value, most in ((latitude, _POLE), (longitude, _DATE_LINE)):
        if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > most:
            return None
    return float(latitude), float(longitude)
