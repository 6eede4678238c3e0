"""Key generation: the four key generators of ArangoDB, safe across processes.

A generator runs inside a write transaction, where no other process can write: the counters it
advances (the database's tick, the collection's last key) are stored with the transaction.

Source: ArangoDB manual, "Key generators" (traditional, autoincrement, padded, uuid).
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, Protocol

from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.storage.names import is_key

if TYPE_CHECKING:
    from collections.abc import Callable

_MAXIMUM = 2**63 - 1  # a larger last key would not fit its column
_DIGITS = len(str(_MAXIMUM))
KEY_BAD, KEY_UNEXPECTED, GENERATOR_INVALID = 1221, 1222, 1232


class Numbers(Protocol):
    """The counters of one collection in one transaction."""

    last_key: int

    def tick(self) -> int:
        """Advance the database's tick and return it."""


def key_options(given: dict[str, Any] | None) -> dict[str, Any]:
    """Return complete key options; 1232 if they make no sense."""
    if not isinstance(given, dict | None):
        raise ArangoError(GENERATOR_INVALID)
    options = {name: value for name, value in (given or {}).items() if value is not None}
    kind = options.get("type", "traditional")
    allow = options.get("allowUserKeys", True)
    if not isinstance(kind, str) or kind not in _GENERATORS or not isinstance(allow, bool):
        raise ArangoError(GENERATOR_INVALID)
    complete: dict[str, Any] = {"allowUserKeys": allow, "type": kind}
    if kind == "autoincrement":
        complete["increment"] = _whole(options.get("increment", 1), at_least=1)
        complete["offset"] = _whole(options.get("offset", 0), at_least=0)
    return complete


def _whole(value: object, *, at_least: int) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value >= at_least:
        return value
    raise ArangoError(GENERATOR_INVALID)


def take_key(options: dict[str, Any], numbers: Numbers, given: object) -> str:
    """Return the user's key if it is legal (else 1221) and may be given (else 1222)."""
    if not (isinstance(given, str) and is_key(given)):
        raise ArangoError(KEY_BAD)
    if not options["allowUserKeys"]:
        raise ArangoError(KEY_UNEXPECTED)
    if given[0] in "0123456789" and len(given) <= _DIGITS and given.isdigit():
        # a generated key must never meet a number some user has taken
        numbers.last_key = max(numbers.last_key, min(int(given), _MAXIMUM))
    return given


def generator(options: dict[str, Any]) -> Callable[[dict[str, Any], Numbers], str]:
    """Return the function that makes the keys of a collection with these options."""
    return _GENERATORS[options["type"]]


def _advance(numbers: Numbers, number: int) -> int:
    if number > _MAXIMUM:
        raise ArangoError(1225)
    numbers.last_key = number
    return number


def _next_tick(numbers: Numbers) -> int:
    return _advance(numbers, max(numbers.tick(), numbers.last_key + 1))


def _traditional(_: dict[str, Any], numbers: Numbers) -> str:
    return str(_next_tick(numbers))


def _padded(_: dict[str, Any], numbers: Numbers) -> str:
    return f"{_next_tick(numbers):016x}"


def _autoincrement(options: dict[str, Any], numbers: Numbers) -> str:
    step, offset, last = options["increment"], options["offset"], numbers.last_key
    following = offset if last < offset else last + step - (last - offset) % step
    return str(_advance(numbers, following))


def _uuid(_: dict[str, Any], __: Numbers) -> str:
    return str(uuid.uuid4())


_GENERATORS: dict[str, Callable[[dict[str, Any], Numbers], str]] = {
    "traditional": _traditional,
    "autoincrement": _autoincrement,
    "padded": _padded,
    "uuid": _uuid,
}
