"""Points in time as milliseconds since 1970, in UTC: reading, splitting and writing them.

Years 0 to 9999 of the proleptic Gregorian calendar, as ArangoDB has them; Python's own dates lack
the year 0, so the calendar is computed here.
"""

from __future__ import annotations

import re
from typing import NamedTuple

EARLIEST, LATEST = -62167219200000, 253402300799999
SECOND, MINUTE, HOUR, DAY = 1000, 60_000, 3_600_000, 86_400_000
MONTHS = 12
_DATE = re.compile(
    r"""\s* [+-]? (?P<year>\d+) (?: -(?P<month>\d{1,2}) (?: -(?P<day>\d{1,2}) )? )?
    (?: [T ] (?P<hour>\d\d) : (?P<minute>\d\d)
        (?: : (?P<second>\d\d) (?: \.(?P<fraction>\d+) )? )? )?
    (?P<zone> [zZ] | [+-]\d\d:?\d\d )? \s*""",
    re.VERBOSE | re.ASCII,
)
_HIGHEST = {"year": 9999, "month": 12, "day": 31, "hour": 23, "minute": 59, "second": 59}
_CYCLE_DAYS, _CYCLE_YEARS = 146_097, 400  # the calendar repeats
_EPOCH_SHIFT = 719_468  # days from March 1st of the year 0 to January 1st 1970


class Parts(NamedTuple):
    """The fields of a point in time."""

    year: int
    month: int
    day: int
    hour: int
    minute: int
    second: int
    millisecond: int


def days_since_epoch(year: int, month: int, day: int) -> int:
    """Count days from 1970-01-01; a day beyond its month runs on into the next."""
    year, month = year + (month - 1) // MONTHS, (month - 1) % MONTHS + 1
    year -= month <= 2  # noqa: PLR2004  years that begin in March end with the leap day
    cycle, inside = divmod(year, _CYCLE_YEARS)
    day_of_year = (153 * ((month + 9) % MONTHS) + 2) // 5 + day - 1
    days = inside * 365 + inside // 4 - inside // 100 + day_of_year
    return cycle * _CYCLE_DAYS + days - _EPOCH_SHIFT


def split(moment: int) -> Parts:
    """Split a point in time into its fields."""
    days, rest = divmod(moment, DAY)
    cycle, inside = divmod(days + _EPOCH_SHIFT, _CYCLE_DAYS)
    year = (inside - inside // 1460 + inside // 36524 - inside // 146_096) // 365
    day_of_year = inside - (365 * year + year // 4 - year // 100)
    shifted = (5 * day_of_year + 2) // 153
    day = day_of_year - (153 * shifted + 2) // 5 + 1
    month = (shifted + 2) % MONTHS + 1
    year += cycle * _CYCLE_YEARS + (month <= 2)  # noqa: PLR2004  see days_since_epoch
    hour, rest = divmod(rest, HOUR)
    minute, rest = divmod(rest, MINUTE)
    return Parts(year, month, day, hour, minute, *divmod(rest, SECOND))


def join(parts: Parts) -> int:
    """Make a point in time of fields; too large ones run on into the next larger field."""
    return (
        days_since_epoch(parts.year, parts.month, parts.day) * DAY
        + parts.hour * HOUR
        + parts.minute * MINUTE
        + parts.second * SECOND
        + parts.millisecond
    )


def parse(text: str) -> int | None:
    """Read an ISO 8601 text, also a partial one; None if it is no date.

    Source: ArangoDB manual, "Date functions": two digits for each part of the time, leading
    zeroes of the date optional, an offset or Z at the end. More digits than milliseconds are cut.
    """
    found = _DATE.fullmatch(text)
    if found is None:
        return None
    fields = {name: int(found[name] or 0) for name in _HIGHEST}
    if any(fields[name] > highest for name, highest in _HIGHEST.items()):
        return None
    for name in ("month", "day"):
        if found[name] is None:
            fields[name] = 1
        elif fields[name] == 0:
            return None
    fraction = int(((found["fraction"] or "") + "000")[:3])
    moment = join(Parts._make((*fields.values(), fraction)))
    return moment - _offset(found["zone"] or "Z")


def _offset(zone: str) -> int:
    if zone in "zZ":
        return 0
    digits = zone[1:].replace(":", "")
    offset = int(digits[:2]) * HOUR + int(digits[2:]) * MINUTE
    return -offset if zone[0] == "-" else offset


def in_range(moment: int) -> bool:
    """Tell whether a point in time lies in the years 0 to 9999."""
    return EARLIEST <= moment <= LATEST


def write(moment: int, suffix: str = "Z") -> str:
    """Write a point in time as an ISO 8601 text with milliseconds."""
    parts = split(moment)
    date = f"{parts.year:04}-{parts.month:02}-{parts.day:02}"
    time = f"{parts.hour:02}:{parts.minute:02}:{parts.second:02}.{parts.millisecond:03}"
    return f"{date}T{time}{suffix}"
