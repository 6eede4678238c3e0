"""What outlives a request: the engine, open cursors, stream transactions, running queries."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.rest.accounts import Accounts
from hades_mcp.embedded.rest.figures import Traffic
from hades_mcp.embedded.rest.job_queue import Jobs
from hades_mcp.embedded.rest.open_cursors import OpenCursors
from hades_mcp.embedded.rest.query_cache import QueryCaches
from hades_mcp.embedded.rest.running_queries import RunningQueries
from hades_mcp.embedded.rest.streams import Streams
from hades_mcp.embedded.rest.tokens import Tokens

if TYPE_CHECKING:
    from collections.abc import Callable

    from hades_mcp.embedded.storage import Engine


_READ_ONLY = 1004


class State:
    """The memory of one server.

    Args:
        engine: The databases; its owner closes it.
        clock: Seconds, monotonic; for the time-outs of cursors and transactions.
        guarded: Whether everybody must prove to be one of the accounts.
        secret: What JSON web tokens are signed with; None for a new one.
    """

    def __init__(
        self,
        engine: Engine,
        clock: Callable[[], float] = time.monotonic,
        *,
        guarded: bool = False,
        secret: bytes | None = None,
    ) -> None:
        self.engine = engine
        self.endpoints: tuple[str, ...] = ()
        self.read_only = False
        self.traffic: Traffic = Traffic()
        self.accounts = Accounts(engine, clock, guarded=guarded, tokens=Tokens(secret))
        self.cursors = OpenCursors(clock)
        self.streams = Streams(clock)
        self.caches = QueryCaches()
        self.queries = RunningQueries()
        self.jobs = Jobs(self.queries)

    def check_writable(self, number: int = _READ_ONLY) -> None:
        """Raise ArangoError 1004, or another, while the server takes no writes."""
        if self.read_only:
            raise ArangoError(number, status=403)

    def close(self) -> None:
        """Stop jobs, abort open transactions, forget open cursors."""
        self.jobs.close()
        self.cursors.close()
        self.streams.close()
