"""Streaming: a query that runs only as far as its rows are asked for."""

from __future__ import annotations

import sqlite3
from itertools import islice
from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.aql.memory import size_of
from hades_mcp.embedded.aql.query import QueryOptions, ask, begin, started, writes
from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.storage.connections import translate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hades_mcp.embedded.aql.query import Result
    from hades_mcp.embedded.storage.database import Database

_BAD_PARAMETER = 10


class Stream:
    """A query that reads, suspended between batches; what it reads is as of its beginning.

    While it is open, SQLite cannot shorten the log of its database: it is to be closed soon. Not
    for use by two threads at the same time, but by one after another.

    Args:
        database: What it reads.
        text: The query.
        bind_vars: Values of its parameters.
        options: Limits and switches.

    Raises:
        ArangoError: For a query that cannot run, and 10 for one that writes.
    """

    def __init__(
        self,
        database: Database,
        text: str,
        bind_vars: Mapping[str, Any] | None = None,
        options: QueryOptions | None = None,
    ) -> None:
        settings = options or QueryOptions()
        execution = started(bind_vars, settings)
        if writes(text, execution):
            raise ArangoError(_BAD_PARAMETER, "a query that writes cannot be suspended")
        self._database = database
        self._transaction = database.begin()
        self._ahead: list[Any] = []
        self.result: Result | None = None
        """What the query warned of and cost, once it has come to its end; without its rows."""
        try:
            self._run = begin(self._transaction, text, execution, settings, database.name)
            self._ahead = self._next(1)
        except BaseException:
            self.close()
            raise

    def take(self, count: int) -> list[Any]:
        """Return the next rows, fewer than asked for only at the end.

        Raises:
            ArangoError: Whatever goes wrong in the query, which is over then.
        """
        try:
            rows = self._ahead + self._next(count)
        except BaseException:
            self.close()
            raise
        self._ahead = rows[count:]
        return rows[:count]

    @property
    def exhausted(self) -> bool:
        """Whether there is no further row."""
        return not self._ahead

    def close(self) -> None:
        """Stop reading. Closing twice is harmless."""
        self._ahead = []
        self._transaction.abort()

    def _next(self, count: int) -> list[Any]:
        """Return rows from where the query stands; the transaction ends with the last one."""
        if not self._transaction.is_open:
            return []
        try:
            rows = ask(self._run, lambda: self._take(count))
        except sqlite3.Error as error:
            raise translate(error, self._database.path) from error
        if len(rows) < count:
            self.result = self._run.result([])
            self._transaction.commit()
        return rows

    def _take(self, count: int) -> list[Any]:
        execution = self._run.execution
        execution.check()
        rows = list(islice(self._run.rows, count))
        execution.allow(execution.stats.peakMemoryUsage + size_of(rows))
        return rows
