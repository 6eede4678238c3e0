"""What may stop long work on values: whoever does much of it asks now and then."""

from __future__ import annotations

from contextvars import ContextVar
from itertools import chain, count, islice
from typing import TYPE_CHECKING, AnyStr, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

T = TypeVar("T")


def _go_on() -> None:
    """Stop nothing."""


_CHECK: ContextVar[Callable[[], None]] = ContextVar("check", default=_go_on)
_STEPS = count()  # of all threads: how often exactly one of them asks does not matter
OFTEN = 1023
"""A number of parts is looked at whose last bits are not among these: one in 1024."""
PIECE = 4096
"""So many small parts are worked on without a question."""
_COPIED = 2**17
TEXT_PIECE = 2**20
"""So many characters are worked on without a question, where C works on them."""


def check() -> Callable[[], None]:
    """Return what raises if the work is to stop."""
    return _CHECK.get()


def step() -> None:
    """Do a small part of some work: at one in 1024 it is asked whether it is to stop."""
    if not next(_STEPS) & OFTEN:
        _CHECK.get()()


def paced(values: Collection[T]) -> Iterable[T]:
    """Return values to loop over: many come in pieces, and between these it is asked.

    Few values are one step, as `step` counts them. It is faster than `watched`.
    """
    if len(values) > PIECE:
        return chain.from_iterable(_pieces(values))
    if not next(_STEPS) & OFTEN:
        _CHECK.get()()
    return values


def _pieces(values: Iterable[T]) -> Iterator[list[T]]:
    stop, rest = check(), iter(values)
    while piece := list(islice(rest, PIECE)):
        stop()
        yield piece


def part_of(values: list[T], start: int | None = None, stop: int | None = None) -> list[T]:
    """Return `values[start:stop]`; where it is long, it is asked on the way."""
    if len(values) <= _COPIED:
        return values[start:stop]
    begin, end, _ = slice(start, stop).indices(len(values))
    found = values[begin : min(end, begin + _COPIED)]
    for at in range(begin + _COPIED, end, _COPIED):
        check()()
        found += values[at : min(end, at + _COPIED)]
    return found


def text_pieces(text: AnyStr) -> Iterator[AnyStr]:
    """Yield a long text, or bytes, piece by piece; between these it is asked."""
    if len(text) <= TEXT_PIECE:
        yield text
        return
    stop = check()
    for start in range(0, len(text), TEXT_PIECE):
        stop()
        yield text[start : start + TEXT_PIECE]


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
