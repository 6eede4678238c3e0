"""Settings of a server that clients may change while it runs."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.errors import ArangoError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

_BAD_PARAMETER = 400


def change_settings(settings: DataclassInstance, changes: dict[str, Any]) -> None:
    """Set those attributes of a dataclass that are named; other names are ignored, as there.

    Raises:
        ArangoError: 400 for a value of another type than the present one, or a negative number;
            nothing is changed then.
    """
    known = {each.name: changes[each.name] for each in fields(settings) if each.name in changes}
    for name, value in known.items():
        if not _fits(getattr(settings, name), value):
            raise ArangoError(_BAD_PARAMETER, f"bad value for '{name}'")
    for name, value in known.items():
        setattr(settings, name, value)


def _fits(now: object, value: object) -> bool:
    if isinstance(now, float) and isinstance(value, int | float) and not isinstance(value, bool):
        return value >= 0
    return type(value) is type(now) and not (isinstance(value, int) and value < 0)
