"""What may stop long work on values: whoever does much of it asks now and then."""

from __future__ import annotations

from contextvars import ContextVar
from itertools import count
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

T = TypeVar("T")


def _go_on() -> None:
    """Stop nothing."""


_CHECK: ContextVar[Callable[[], None]] = ContextVar("check", default=_go_on)
_STEPS = count()  # of all threads: how often exactly one of them asks does not matter
OFTEN = 1023
"""A number of parts is looked at whose last bits are not among these: one in 1024."""


def check() -> Callable[[], None]:
    """Return what raises if the work is to stop."""
    return _CHECK.get()


def step() -> None:
    """Do a small part of some work: at one in 1024 it is asked whether it is to stop."""
    if not next(_STEPS) & OFTEN:
        _CHECK.get()()


def watched(parts: Iterable[T]) -> Iterator[T]:
    """Yield parts; now and then it is asked whether the work is to stop."""
    stop = check()
    for number, part in enumerate(parts):
        if not number & OFTEN:
            stop()
        yield part


class stopping:  # noqa: N801  used as a function is; a generator would take longer
    """Have work inside a block stopped by what a function raises."""

    __slots__ = ("_check", "_token")

    def __init__(self, with_check: Callable[[], None]) -> None:
        self._check = with_check

    def __enter__(self) -> None:
        self._token = _CHECK.set(self._check)

    def __exit__(self, *_: object) -> None:
        _CHECK.reset(self._token)
