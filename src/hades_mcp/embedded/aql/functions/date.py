"""Date functions that read: conversion, the fields of a date, timezones."""

from __future__ import annotations

import time
from calendar import isleap
from typing import TYPE_CHECKING, Any
from zoneinfo import available_timezones

from hades_mcp.embedded.aql.functions.arguments import integer, is_number
from hades_mcp.embedded.aql.functions.date_values import INVALID_DATE, read
from hades_mcp.embedded.aql.functions.date_zones import (
    database_version,
    describe,
    system_zone,
    to_local,
    to_utc,
)
from hades_mcp.embedded.aql.functions.registry import aql_function
from hades_mcp.embedded.values.dates import (
    DAY,
    MONTHS,
    Parts,
    days_since_epoch,
    in_range,
    join,
    parse,
    split,
    write,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from hades_mcp.embedded.aql.context import Context

_WEEK = 7
_THURSDAY = 4  # 1970-01-01
_LAST_MILLISECOND = 999  # larger fields run on, this one does not


@aql_function("DATE_NOW", low=0, deterministic=False)
def date_now(_context: Context) -> int:
    """Return the current time as a timestamp; each call looks at the clock."""
    return time.time_ns() // 1_000_000


def _moment(context: Context, function: str, arguments: tuple[Any, ...]) -> int | None:
    """Read one date, or its fields given one by one."""
    if len(arguments) == 1:
        return read(context, function, arguments[0])
    if len(arguments) < 3:  # noqa: PLR2004  year, month and day at least
        return context.refuse(function)  # type: ignore[no-any-return]
    if not all(is_number(field) or isinstance(field, str) for field in arguments):
        return context.refuse(function)  # type: ignore[no-any-return]
    fields = [integer(field) for field in arguments]
    parts = Parts(*fields, *[0] * (7 - len(fields)))
    moment = join(parts._replace(millisecond=min(parts.millisecond, _LAST_MILLISECOND)))
    if min(fields) < 0 or not in_range(moment):
        return context.refuse(function, INVALID_DATE)  # type: ignore[no-any-return]
    return moment


@aql_function("DATE_TIMESTAMP", low=1, high=7)
def date_timestamp(context: Context, *arguments: Any) -> int | None:
    """Return a date as milliseconds since 1970."""
    return _moment(context, "DATE_TIMESTAMP", arguments)


@aql_function("DATE_ISO8601", low=1, high=7)
def date_iso8601(context: Context, *arguments: Any) -> str | None:
    """Return a date as an ISO 8601 text."""
    moment = _moment(context, "DATE_ISO8601", arguments)
    return None if moment is None else write(moment)


@aql_function("IS_DATESTRING", low=1)
def is_datestring(_context: Context, value: Any) -> bool:
    """Tell whether a value is a text that date functions take."""
    return isinstance(value, str) and parse(value) is not None


def day_of_week(moment: int) -> int:
    """Return 0 for Sunday to 6 for Saturday."""
    return (moment // DAY + _THURSDAY) % _WEEK


def day_of_year(moment: int) -> int:
    """Return 1 for January 1st."""
    return moment // DAY - days_since_epoch(split(moment).year, 1, 1) + 1


def iso_week(moment: int) -> tuple[int, int]:
    """Return the ISO year and week: those of the Thursday in the same week."""
    thursday = moment + (3 - (day_of_week(moment) - 1) % _WEEK) * DAY
    return split(thursday).year, (day_of_year(thursday) - 1) // _WEEK + 1


def quarter(moment: int) -> int:
    """Return 1 to 4."""
    return (split(moment).month - 1) // 3 + 1


def days_in_month(moment: int) -> int:
    """Return 28 to 31."""
    year, month = split(moment)[:2]
    following = days_since_epoch(year + month // MONTHS, month % MONTHS + 1, 1)
    return following - days_since_epoch(year, month, 1)


def leap_year(moment: int) -> bool:
    """Tell whether a date lies in a leap year."""
    return isleap(split(moment).year)


def _week_and_year(moment: int) -> dict[str, int]:
    year, week = iso_week(moment)
    return {"week": week, "year": year}


def _register(name: str, field: Callable[[int], Any], *, zoned: bool) -> None:
    """Register a function of a date, in UTC or, if `zoned`, in the timezone given."""

    @aql_function(name, low=1, high=2 if zoned else 1)
    def call(context: Context, value: Any, zone: Any = None) -> Any:
        moment = read(context, name, value, zone)
        return None if moment is None else field(moment)


for _name, _field in {
    "DATE_YEAR": lambda moment: split(moment).year,
    "DATE_MONTH": lambda moment: split(moment).month,
    "DATE_DAY": lambda moment: split(moment).day,
    "DATE_HOUR": lambda moment: split(moment).hour,
    "DATE_MINUTE": lambda moment: split(moment).minute,
    "DATE_SECOND": lambda moment: split(moment).second,
    "DATE_MILLISECOND": lambda moment: split(moment).millisecond,
    "DATE_DAYOFWEEK": day_of_week,
    "DATE_DAYOFYEAR": day_of_year,
    "DATE_ISOWEEK": lambda moment: iso_week(moment)[1],
    "DATE_ISOWEEKYEAR": _week_and_year,
    "DATE_LEAPYEAR": leap_year,
    "DATE_QUARTER": quarter,
    "DATE_DAYS_IN_MONTH": days_in_month,
}.items():
    _register(_name, _field, zoned=_name not in {"DATE_SECOND", "DATE_MILLISECOND"})


@aql_function("DATE_UTCTOLOCAL", low=2, high=3)
def date_utctolocal(context: Context, value: Any, zone: Any, *detailed: Any) -> Any:
    """Return a UTC date in a zone's local time."""
    moment = read(context, "DATE_UTCTOLOCAL", value)
    if moment is None:
        return None
    if not isinstance(zone, str) or not all(isinstance(flag, bool) for flag in detailed):
        return context.refuse("DATE_UTCTOLOCAL")
    about = describe(moment, zone)
    at_utc = about["offset"] == 0 and not about["dst"]
    local = write(to_local(moment, zone), "Z" if at_utc else "")
    return _detailed("local", local, about) if any(detailed) else local


@aql_function("DATE_LOCALTOUTC", low=2, high=3)
def date_localtoutc(context: Context, value: Any, zone: Any, *detailed: Any) -> Any:
    """Return a date of a zone's local time in UTC."""
    moment = read(context, "DATE_LOCALTOUTC", value)
    if moment is None:
        return None
    if not isinstance(zone, str) or not all(isinstance(flag, bool) for flag in detailed):
        return context.refuse("DATE_LOCALTOUTC")
    utc = to_utc(moment, zone)
    return _detailed("utc", write(utc), describe(utc, zone)) if any(detailed) else write(utc)


def _detailed(name: str, text: str, about: dict[str, Any]) -> dict[str, Any]:
    return {name: text, "tzdb": database_version(), "zoneInfo": about}


@aql_function("DATE_TIMEZONE", low=0, deterministic=False)
def date_timezone(_context: Context) -> str:
    """Return the zone this machine runs in."""
    return system_zone()


@aql_function("DATE_TIMEZONES", low=0, deterministic=False)
def date_timezones(_context: Context) -> list[str]:
    """Return the names of all zones."""
    return sorted(available_timezones())
