"""Date functions that calculate: add, subtract, difference, comparison, truncation, rounding."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.aql.functions.arguments import is_number
from hades_mcp.embedded.aql.functions.date_values import INVALID_DATE, read
from hades_mcp.embedded.aql.functions.date_zones import to_utc
from hades_mcp.embedded.aql.functions.registry import aql_function
from hades_mcp.embedded.values.dates import (
    DAY,
    HOUR,
    MINUTE,
    MONTHS,
    SECOND,
    Parts,
    in_range,
    join,
    split,
    write,
)

if TYPE_CHECKING:
    from hades_mcp.embedded.aql.context import Context

UNITS = {
    "y": ("year", "years"),
    "m": ("month", "months"),
    "w": ("week", "weeks"),
    "d": ("day", "days"),
    "h": ("hour", "hours"),
    "i": ("minute", "minutes"),
    "s": ("second", "seconds"),
    "f": ("millisecond", "milliseconds", "ms"),
}
_BY_NAME = {name: unit for unit, names in UNITS.items() for name in (unit, *names)}
FIELDS = "ymdhisf"  # in the order of Parts
YEAR = 365.2425 * DAY
LENGTH: dict[str, float] = {
    "y": YEAR,
    "m": YEAR / MONTHS,
    "w": 7 * DAY,
    "d": DAY,
    "h": HOUR,
    "i": MINUTE,
    "s": SECOND,
    "f": 1,
}
_FIRST_DAY = (0, 1, 1, 0, 0, 0, 0)
_DURATION = re.compile(
    r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?"
    r"(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.(\d{1,3})\d*)?S)?)?",
    re.ASCII | re.IGNORECASE,
)
_FARTHEST = 12 * 10**6  # years, months ... beyond which no date of four digits is reached


def unit_named(value: Any) -> str | None:
    """Return the letter of a time unit, or None."""
    return _BY_NAME.get(value.lower()) if isinstance(value, str) else None


def _shifted(moment: int, amounts: dict[str, float]) -> int | None:
    """Add amounts of units: years and months in the calendar, the others as lengths of time."""
    months = amounts.get("y", 0) * MONTHS + amounts.get("m", 0)
    if abs(months) > _FARTHEST:
        return None
    whole = math.trunc(months)
    parts = split(moment)
    moved = join(parts._replace(month=parts.month + whole))
    rest = (months - whole) * LENGTH["m"]
    rest += sum(amount * LENGTH[unit] for unit, amount in amounts.items() if unit not in "ym")
    if not math.isfinite(rest):
        return None
    result = moved + round(rest)
    return result if in_range(result) else None


def duration(text: str) -> dict[str, float] | None:
    """Return the amounts of units in an ISO 8601 duration, by their letters; None if it is none."""
    found = _DURATION.fullmatch(text)
    if found is None or not any(found.groups()):
        return None
    *parts, fraction = found.groups()
    amounts = {unit: float(part) for unit, part in zip("ymwdhis", parts, strict=True) if part}
    return amounts | {"f": float(fraction.ljust(3, "0")) if fraction else 0.0}


def _register_shift(name: str, sign: int) -> None:
    @aql_function(name, low=2, high=4)
    def call(context: Context, value: Any, amount: Any, *rest: Any) -> Any:
        amounts: dict[str, float] | None
        if isinstance(amount, str):
            amounts, zone = duration(amount), rest[0] if rest else None
            if rest and (amounts is None or len(rest) > 1 or not isinstance(zone, str)):
                return context.refuse(name)
            if amounts is None:
                return context.refuse(name, INVALID_DATE)
        else:
            if not is_number(amount) or not rest or not isinstance(rest[0], str):
                return context.refuse(name)
            unit, zone = unit_named(rest[0]), rest[1] if len(rest) > 1 else None
            if unit is None:
                return context.refuse(name, INVALID_DATE)
            amounts = {unit: amount}
        moment = read(context, name, value, zone)
        if moment is None:
            return None
        moved = _shifted(moment, {unit: sign * count for unit, count in amounts.items()})
        return context.refuse(name, INVALID_DATE) if moved is None else _written(moved, zone)


def _written(moment: int, zone: str | None) -> str:
    return write(moment if zone is None else to_utc(moment, zone))


_register_shift("DATE_ADD", 1)
_register_shift("DATE_SUBTRACT", -1)


def _pair(
    context: Context, name: str, values: tuple[Any, Any], zones: tuple[Any, ...]
) -> tuple[int, int] | None:
    """Read two dates, each in its own zone; one zone counts for both."""
    first = zones[0] if zones else None
    second = zones[1] if len(zones) > 1 else first
    left = read(context, name, values[0], first)
    right = None if left is None else read(context, name, values[1], second)
    return None if left is None or right is None else (left, right)


@aql_function("DATE_DIFF", low=3, high=6)
def date_diff(context: Context, left: Any, right: Any, unit: Any, *rest: Any) -> Any:
    """Return the time from one date to another in a unit, rounded unless asked for exactly."""
    exact = False
    if rest and not isinstance(rest[0], str):
        if not isinstance(rest[0], bool):
            return context.refuse("DATE_DIFF")
        exact, rest = rest[0], rest[1:]
    moments = _pair(context, "DATE_DIFF", (left, right), rest)
    if moments is None:
        return None
    letter = unit_named(unit)
    if letter is None:
        return context.refuse("DATE_DIFF", 1542 if not isinstance(unit, str) else INVALID_DATE)
    difference = (moments[1] - moments[0]) / LENGTH[letter]
    if exact:
        return difference
    return int(math.copysign(math.floor(abs(difference) + 0.5), difference))


@aql_function("DATE_COMPARE", low=3, high=6)
def date_compare(context: Context, left: Any, right: Any, start: Any, *rest: Any) -> Any:
    """Tell whether two dates agree in a range of fields."""
    end = start
    if rest and (rest[0] is None or unit_named(rest[0])):
        end, rest = rest[0] or start, rest[1:]
    moments = _pair(context, "DATE_COMPARE", (left, right), rest)
    if moments is None:
        return None
    first, last = _field(start), _field(end)
    if first is None or last is None or last < first:
        return context.refuse("DATE_COMPARE")
    fields = slice(first, last + 1)
    return split(moments[0])[fields] == split(moments[1])[fields]


def _field(unit: Any) -> int | None:
    """Return the place of a unit among the fields of a date; weeks have none."""
    letter = unit_named(unit)
    return None if letter is None or letter not in FIELDS else FIELDS.index(letter)


@aql_function("DATE_TRUNC", low=2, high=3)
def date_trunc(context: Context, value: Any, unit: Any, zone: Any = None) -> Any:
    """Set the fields of a date after a unit to their smallest values."""
    moment = read(context, "DATE_TRUNC", value, zone)
    if moment is None:
        return None
    if not isinstance(unit, str):
        return context.refuse("DATE_TRUNC")
    place = _field(unit)
    if place is None:
        return context.refuse("DATE_TRUNC", INVALID_DATE)
    parts = split(moment)
    kept = parts[: place + 1] + _FIRST_DAY[place + 1 :]
    return _written(join(Parts._make(kept)), zone)


@aql_function("DATE_ROUND", low=3, high=4)
def date_round(context: Context, value: Any, amount: Any, unit: Any, zone: Any = None) -> Any:
    """Set a date back to the start of its bin of so many days, hours, minutes ..."""
    moment = read(context, "DATE_ROUND", value, zone)
    if moment is None:
        return None
    letter = unit_named(unit)
    if not is_number(amount) or int(amount) <= 0 or letter is None or letter not in "dhisf":
        return context.refuse("DATE_ROUND")
    width = int(amount) * int(LENGTH[letter])
    bins = abs(moment) // width  # ArangoDB divides towards zero, so before 1970 too
    return _written(bins * width if moment >= 0 else -bins * width, zone)
