"""How long one response may take, from its first to its last byte."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

import anyio

from hades_mcp.models import faults

if TYPE_CHECKING:
    from collections.abc import Awaitable

T = TypeVar("T")


class Deadline:
    """A moment by which a server must have answered whole.

    Args:
        url: The server, for the error.
        seconds: From now on.
    """

    def __init__(self, url: str, seconds: float) -> None:
        self._url = url
        self._seconds = seconds
        self._end = time.monotonic() + seconds

    async def wait(self, awaited: Awaitable[T]) -> T:
        """Wait for the next thing, no longer than until the deadline.

        One wait at a time: a cancel scope may not span the `yield` of a stream.

        Raises:
            TooSlow: The deadline came first.
        """
        try:
            with anyio.fail_after(max(0.0, self._end - time.monotonic())):
                return await awaited
        except TimeoutError as error:
            raise faults.slow(self._url, self._seconds) from error
