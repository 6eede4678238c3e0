"""DATE_FORMAT and its placeholders."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.aql.functions.date import (
    day_of_week,
    day_of_year,
    days_in_month,
    iso_week,
    leap_year,
    quarter,
)
from hades_mcp.embedded.aql.functions.date_values import read
from hades_mcp.embedded.aql.functions.registry import aql_function
from hades_mcp.embedded.values.dates import split, write

if TYPE_CHECKING:
    from collections.abc import Callable

    from hades_mcp.embedded.aql.context import Context

MONTH_NAMES = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
DAY_NAMES = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")

_PLACEHOLDERS: dict[str, Callable[[int], str]] = {
    "%&": lambda _: "",
    "%%": lambda _: "%",
    "%t": str,
    "%z": write,
    "%wwww": lambda moment: DAY_NAMES[day_of_week(moment)],
    "%www": lambda moment: DAY_NAMES[day_of_week(moment)][:3],
    "%w": lambda moment: str(day_of_week(moment)),
    "%yyyyyy": lambda moment: f"{split(moment).year:+07}",
    "%yyyy": lambda moment: f"{split(moment).year:04}",
    "%yy": lambda moment: f"{split(moment).year % 100:02}",
    "%y": lambda moment: str(split(moment).year),
    "%mmmm": lambda moment: MONTH_NAMES[split(moment).month - 1],
    "%mmm": lambda moment: MONTH_NAMES[split(moment).month - 1][:3],
    "%mm": lambda moment: f"{split(moment).month:02}",
    "%m": lambda moment: str(split(moment).month),
    "%dd": lambda moment: f"{split(moment).day:02}",
    "%d": lambda moment: str(split(moment).day),
    "%hh": lambda moment: f"{split(moment).hour:02}",
    "%h": lambda moment: str(split(moment).hour),
    "%ii": lambda moment: f"{split(moment).minute:02}",
    "%i": lambda moment: str(split(moment).minute),
    "%ss": lambda moment: f"{split(moment).second:02}",
    "%s": lambda moment: str(split(moment).second),
    "%fff": lambda moment: f"{split(moment).millisecond:03}",
    "%f": lambda moment: str(split(moment).millisecond),
    "%xxx": lambda moment: f"{day_of_year(moment):03}",
    "%x": lambda moment: str(day_of_year(moment)),
    "%kk": lambda moment: f"{iso_week(moment)[1]:02}",
    "%k": lambda moment: str(iso_week(moment)[1]),
    "%l": lambda moment: str(int(leap_year(moment))),
    "%q": lambda moment: str(quarter(moment)),
    "%a": lambda moment: str(days_in_month(moment)),
    "%": lambda _: "",
}
# the table is ordered so that the longest of several fitting placeholders comes first
_PATTERN = re.compile("|".join(_PLACEHOLDERS), re.IGNORECASE)


@aql_function("DATE_FORMAT", low=2, high=3)
def date_format(context: Context, value: Any, pattern: Any, zone: Any = None) -> Any:
    """Write a date after a pattern, in UTC or in a timezone."""
    moment = read(context, "DATE_FORMAT", value, zone)
    if moment is None:
        return None
    if not isinstance(pattern, str):
        return context.refuse("DATE_FORMAT")
    return _PATTERN.sub(lambda found: _PLACEHOLDERS[found[0].lower()](moment), pattern)
