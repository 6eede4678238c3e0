"""What may stop the analysis of a long text: whoever makes many parts of it asks now and then."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

T = TypeVar("T")


def _go_on() -> None:
    """Stop nothing."""


_CHECK: ContextVar[Callable[[], None]] = ContextVar("check", default=_go_on)
OFTEN = 1023
"""A number of parts is looked at whose last bits are not among these: one in 1024."""


def check() -> Callable[[], None]:
    """Return what raises if the analysis is to stop."""
    return _CHECK.get()


def watched(parts: Iterable[T]) -> Iterator[T]:
    """Yield parts; now and then it is asked whether the analysis is to stop."""
    stop = check()
    for number, part in enumerate(parts):
        if not number & OFTEN:
            stop()
        yield part


@contextmanager
def stopping(with_check: Callable[[], None]) -> Iterator[None]:
    """Have analyses inside stopped by what a function raises."""
    token = _CHECK.set(with_check)
    try:
        yield
    finally:
        _CHECK.reset(token)
