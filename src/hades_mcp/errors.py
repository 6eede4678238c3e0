"""The error family, named by whose turn it is.

* HadesError
  x CallerError           fix the call
    + InvalidArgument     a value does not fit its parameter
    + UnknownName         no such tool, collection, agent …; the nearest name is suggested
    + NotFound            the name is right, the thing is not there
    + Conflict            somebody else changed it first
    + QueryError          AQL that does not parse or run; carries ArangoDB's number and position
  x LimitReached          ask for less
  x Unavailable           try later: a store, a model or the embedder is not there now
  x ConfigError           a person must act

Anything else that is raised is a bug: logged with its traceback, opaque outside.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable


class HadesError(Exception):
    """Something HADES can explain: what happened, and what to do next.

    Args:
        message: What happened, in one sentence.
        hint: What the reader should do next; empty when the message already says it.
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class CallerError(HadesError):
    """The call was wrong; the caller can correct it."""


class InvalidArgument(CallerError):
    """A value does not fit its parameter."""


class UnknownName(CallerError):
    """No such thing by that name.

    Args:
        kind: What was looked for, in the singular: "tool", "collection".
        name: The name that was given.
        known: The names that exist; the nearest is suggested, else all are listed.
        otherwise: What to say instead of a list when nothing is near.
    """

    def __init__(self, kind: str, name: str, known: Iterable[str], *, otherwise: str = "") -> None:
        names = sorted(known)
        far = otherwise if names and nearest(name, names) is None else ""
        super().__init__(f"There is no {kind} {name!r}.", hint=far or did_you_mean(name, names))
        self.kind = kind
        self.name = name
        self.known = names


class NotFound(CallerError):
    """The name is well formed, but nothing is stored there."""


class Conflict(CallerError):
    """The thing changed, or exists already; read it again and decide."""


class QueryError(CallerError):
    """AQL that does not parse, compile or run.

    Args:
        message: ArangoDB's message, with line and column where it has them.
        number: ArangoDB's error number (see its list of error codes).
        hint: What to change.
        example: The corrected call, or one like it that runs: `query` and `bind_vars`.
    """

    def __init__(
        self,
        message: str,
        *,
        number: int = 0,
        hint: str = "",
        example: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.number = number
        self.example = example or {}

    def __str__(self) -> str:
        if not self.example:
            return super().__str__()
        bind = self.example.get("bind_vars")
        with_bind = f" with {bind}" if bind else ""
        return f"{super().__str__()} Try: {self.example['query']}{with_bind}"


class LimitReached(HadesError):
    """The request is bigger than allowed; ask for less."""


class Unavailable(HadesError):
    """A store, a model or the embedder is not there now; try later, or start it."""


class ConfigError(HadesError):
    """The settings or the machine need a person."""


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name most like `name`, or None when nothing is close."""
    by_fold = {candidate.casefold(): candidate for candidate in known}
    matches = get_close_matches(name.casefold(), by_fold, n=1, cutoff=0.55)
    return by_fold[matches[0]] if matches else None


def did_you_mean(name: str, known: Iterable[str], *, most: int = 12) -> str:
    """Return a sentence that leads from a wrong name to a right one."""
    names = list(known)
    if not names:
        return "There are none yet."
    near = nearest(name, names)
    if near is not None:
        return f"Did you mean {near!r}?"
    shown = ", ".join(names[:most])
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"There are: {shown}{more}."
