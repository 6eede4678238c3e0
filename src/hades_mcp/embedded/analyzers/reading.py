"""Reading one property of an Analyzer: its value if it is of the right kind, else error 10."""

from __future__ import annotations

from functools import cache
from typing import Any

from hades_mcp.embedded.errors import ArangoError

Properties = dict[str, Any]

_BAD_PARAMETER = 10


def wrong(name: str, wanted: str) -> ArangoError:
    """Return the error for a property that is not as it must be."""
    return ArangoError(_BAD_PARAMETER, f"analyzer property '{name}' must be {wanted}")


def flag(given: Properties, name: str, *, default: bool) -> bool:
    """Return a boolean."""
    value = given.get(name, default)
    if not isinstance(value, bool):
        raise wrong(name, "a boolean")
    return value


def text(given: Properties, name: str, default: str | None = None) -> str:
    """Return a string; without a default it must be given."""
    value = given.get(name, default)
    if not isinstance(value, str):
        raise wrong(name, "a string")
    return value


def choice(given: Properties, name: str, default: str, *others: str) -> str:
    """Return one of some strings."""
    value = text(given, name, default)
    if value not in (default, *others):
        raise wrong(name, f"one of {', '.join((default, *others))}")
    return value


def size(given: Properties, name: str, default: int | None = None, *, low: int = 1) -> int:
    """Return an integer from `low` up."""
    value = given.get(name, default)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or value < low:
        raise wrong(name, f"an integer of at least {low}")
    return value


def texts(given: Properties, name: str) -> list[str]:
    """Return an array of strings."""
    value = given.get(name, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise wrong(name, "an array of strings")
    return value


def locale(given: Properties) -> str:
    """Return a locale as ICU writes it; one that ICU has no rules for is kept all the same."""
    return _canonical(text(given, "locale"))


def language(given: Properties) -> str:
    """Return the language of a locale."""
    return _canonical(text(given, "locale")).partition("@")[0].partition("_")[0]


@cache
def _canonical(name: str) -> str:
    import icu  # noqa: PLC0415  heavy, and not every process makes Analyzers

    return str(icu.Locale.createFromName(name.partition(".")[0]).getName())
