"""Timezones: offsets between UTC and local time, from the system's or Python's tz database."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import TZPATH, ZoneInfo

from hades_mcp.embedded.errors import ArangoError

if TYPE_CHECKING:
    from collections.abc import Iterator

BAD_PARAMETER = 10
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_STEP = timedelta(days=10)  # no zone has two changes nearer to each other that both matter here
_FIRST, _LAST = datetime(1800, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


@cache
def zone_named(name: str) -> ZoneInfo:
    """Return a zone of the tz database.

    Raises:
        ArangoError: 10, for a name it does not know.
    """
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ArangoError(BAD_PARAMETER, f"{name} not found in timezone database") from error


def _instant(moment: int) -> datetime:
    """Return a datetime for the zone rules, which say nothing of years before 1800 or so."""
    return max(_EPOCH + moment * _MILLISECOND, _FIRST) if moment > _OLDEST else _FIRST


_OLDEST = (_FIRST - _EPOCH) // _MILLISECOND


def _milliseconds(offset: timedelta | None) -> int:
    return (offset or timedelta()) // _MILLISECOND


def to_local(moment: int, zone: str) -> int:
    """Move a point in time from UTC to a zone's wall clock.

    Raises:
        ArangoError: 10, for an unknown zone.
    """
    return moment + _milliseconds(_instant(moment).astimezone(zone_named(zone)).utcoffset())


def to_utc(moment: int, zone: str) -> int:
    """Move a point in time from a zone's wall clock to UTC; of two possible ones, the earlier.

    Raises:
        ArangoError: 10, for an unknown zone.
    """
    return moment - _milliseconds(_instant(moment).replace(tzinfo=zone_named(zone)).utcoffset())


def describe(moment: int, zone: str) -> dict[str, Any]:
    """Describe a zone at a point in time: name, offset, summer time, and how long they last."""
    instant, rules = _instant(moment), zone_named(zone)
    local = instant.astimezone(rules)
    begin = _change(rules, instant, -_STEP)
    end = _change(rules, instant, _STEP)
    return {
        "name": local.tzname(),
        "begin": None if begin is None else _written(begin),
        "end": None if end is None else _written(end),
        "dst": bool(local.dst()),
        "offset": _milliseconds(local.utcoffset()) // 1000,
    }


def _state(rules: ZoneInfo, instant: datetime) -> tuple[timedelta | None, bool, str | None]:
    local = instant.astimezone(rules)
    return local.utcoffset(), bool(local.dst()), local.tzname()


def _change(rules: ZoneInfo, instant: datetime, step: timedelta) -> datetime | None:
    """Return the nearest change of a zone's rules before or after an instant."""
    state = _state(rules, instant)
    near, far = instant, instant + step
    while _state(rules, far) == state:
        near, far = far, far + step
        if not _FIRST < far < _LAST:
            return None
    while abs(far - near) > timedelta(seconds=1):
        middle = (near + (far - near) / 2).replace(microsecond=0)
        if middle in (near, far):
            break
        near, far = (middle, far) if _state(rules, middle) == state else (near, middle)
    return max(near, far).replace(microsecond=0)


def _written(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%S.000Z")


@cache
def database_version() -> str | None:
    """Return the release of the tz database in use, if it says so."""
    for folder in TZPATH:
        for name, prefix in (("tzdata.zi", "# version "), ("+VERSION", "")):
            file = Path(folder, name)
            if file.is_file():
                with file.open() as lines:
                    return lines.readline().removeprefix(prefix).strip()
    try:
        release: str = import_module("tzdata").IANA_VERSION
    except ImportError:
        return None
    return release


def system_zone() -> str:
    """Return the name of the zone this machine runs in."""
    return next(_system_zones(), "UTC")


def _system_zones() -> Iterator[str]:
    configured = os.environ.get("TZ", "").removeprefix(":")
    if configured and not configured.startswith("/"):
        yield configured
    link = Path("/etc/localtime")
    if link.is_symlink():
        _, found, name = str(link.resolve()).partition("zoneinfo/")
        if found:
            yield name
