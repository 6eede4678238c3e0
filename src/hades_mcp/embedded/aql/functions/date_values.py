"""Dates as functions take them: a timestamp or an ISO 8601 text, moved to a zone if asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.aql.functions.arguments import is_number
from hades_mcp.embedded.aql.functions.date_zones import to_local
from hades_mcp.embedded.values.dates import in_range, parse

if TYPE_CHECKING:
    from hades_mcp.embedded.aql.context import Context

INVALID_DATE = 1572


def read(context: Context, function: str, value: Any, zone: Any = None) -> int | None:
    """Read a timestamp or an ISO text, moved to a zone's local time if one is given.

    Warns 1572 and returns None for anything that is no date, 1542 for a zone that is no text.

    Raises:
        ArangoError: 10, for an unknown timezone.
    """
    moment: int | None = None
    if is_number(value):
        moment = int(value)
    elif isinstance(value, str):
        moment = parse(value)
    if moment is None or not in_range(moment):
        context.refuse(function, INVALID_DATE)
        return None
    if zone is None:
        return moment
    if not isinstance(zone, str):
        context.refuse(function)
        return None
    return to_local(moment, zone)
