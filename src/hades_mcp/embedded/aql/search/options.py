"""OPTIONS of SEARCH: checked as ArangoDB does; only `collections` makes a difference here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.aql.search.scene import bad

if TYPE_CHECKING:
    from collections.abc import Callable

_CONDITIONS = ("auto", "none", "nodnf", "noneg")
_COUNTS = ("exact", "cost")


def check_search_options(options: dict[str, Any]) -> None:
    """Raise 10 for an option of a wrong type or with a value that means nothing."""
    for name, (fits, wanted) in _OPTIONS.items():
        if name in options and not fits(options[name]):
            raise bad(f"invalid ArangoSearch options provided: {wanted} '{name}'")


def _are_names(value: Any) -> bool:
    return value is None or (
        isinstance(value, list)
        and all(isinstance(item, str | int) and not isinstance(item, bool) for item in value)
    )


_OPTIONS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "waitForSync": (lambda value: isinstance(value, bool), "boolean value expected for option"),
    "collections": (
        _are_names,
        "null value or array of strings or numbers is expected for option",
    ),
    "conditionOptimization": (
        lambda value: value in _CONDITIONS,
        f"one of {', '.join(_CONDITIONS)} expected for option",
    ),
    "countApproximate": (
        lambda value: value in _COUNTS,
        f"one of {', '.join(_COUNTS)} expected for option",
    ),
    "parallelism": (
        lambda value: isinstance(value, int) and not isinstance(value, bool) and value > 0,
        "positive number expected for option",
    ),
}
