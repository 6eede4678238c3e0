"""AQL values as text: JSON the way ArangoDB's dumper writes it, numbers included."""

from __future__ import annotations

from typing import Any

import orjson

from hades_mcp.embedded.values.stopping import paced

_PLAIN_ZEROS = 7
_SMALL_SCALE = -7
_SMALL_EXPONENT = 4


def number_text(value: float) -> str:
    """Write a number: integers plainly, doubles with the shortest digits that read back.

    The choice between plain and scientific notation is that of fpconv, which VelocyPack's dumper
    uses: the double 1e7 is plain, 1e8 is `1e+8`, 0.000001 is plain, 1e-7 is `1e-7`.
    """
    if isinstance(value, int):
        return str(value)
    if value == 0:
        return "-0" if str(value).startswith("-") else "0"
    sign = "-" if value < 0 else ""
    mantissa, _, exponent = f"{abs(value)!r}".partition("e")
    whole, _, fraction = mantissa.partition(".")
    fraction = "" if fraction == "0" else fraction
    scale = int(exponent or 0) - len(fraction)
    digits = (whole + fraction).lstrip("0")
    shortest = digits.rstrip("0")
    return sign + _notation(shortest, scale + len(digits) - len(shortest))


def _notation(digits: str, scale: int) -> str:
    """Write digits * 10**scale."""
    power = scale + len(digits) - 1
    if scale >= 0 and abs(power) < len(digits) + _PLAIN_ZEROS:
        return digits + "0" * scale
    if scale < 0 and (scale > _SMALL_SCALE or abs(power) < _SMALL_EXPONENT):
        point = len(digits) + scale
        if point <= 0:
            return "0." + "0" * -point + digits
        return digits[:point] + "." + digits[point:]
    fraction = "." + digits[1:] if len(digits) > 1 else ""
    return f"{digits[0]}{fraction}e{'-' if power < 0 else '+'}{abs(power)}"


def json_text(value: Any) -> str:
    """Write a value as JSON without white space, attributes in the order they have."""
    kind = type(value)
    if kind is str:
        return orjson.dumps(value).decode()
    if kind is float or kind is int:
        return number_text(value)
    if kind is list:
        return "[" + ",".join(map(json_text, paced(value))) + "]"
    if kind is dict:
        members = (
            f"{orjson.dumps(name).decode()}:{json_text(item)}"
            for name, item in paced(value.items())
        )
        return "{" + ",".join(members) + "}"
    if value is None:
        return "null"
    return "true" if value else "false"
