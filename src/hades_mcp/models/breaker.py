"""A circuit breaker: leaves a server that keeps failing alone for a while."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

State = Literal["closed", "open", "trying"]


class Breaker:
    """Counts a server's failures in a row, and says whether it may be asked.

    closed: it may. open: too many failures, nobody asks until the rest is over. trying: the rest
    is over and one request is on its way; its outcome closes or opens the breaker again.

    Args:
        failures: In a row, that open it.
        rest: Seconds it stays open.
        clock: Seconds that only grow.
    """

    def __init__(
        self,
        *,
        failures: int = 3,
        rest: float = 15.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most = failures
        self._rest = rest
        self._clock = clock
        self._failed = 0
        self._opened = 0.0
        self._trying = False

    @property
    def state(self) -> State:
        """Where it stands; see the class."""
        if self._failed < self._most:
            return "closed"
        return "trying" if self._trying else "open"

    @property
    def wait(self) -> float:
        """Seconds until it may be asked again; 0 when it may now."""
        match self.state:
            case "closed":
                return 0.0
            case "trying":
                return self._rest
            case "open":
                return max(0.0, self._opened + self._rest - self._clock())

    @property
    def allows(self) -> bool:
        """Whether a request may go out now."""
        return self.wait == 0.0

    def asked(self) -> None:
        """Note that a request goes out."""
        self._trying = self.state == "open"

    def worked(self) -> None:
        """Note that the server answered."""
        self._failed = 0
        self._trying = False

    def failed(self) -> None:
        """Note that it did not."""
        self._failed += 1
        self._trying = False
        self._opened = self._clock()

    def gave_up(self) -> None:
        """Note that nobody waited for the outcome: it tells nothing."""
        self._trying = False
