"""Cursors of queries with `stream`: a query that goes on when its next rows are asked for."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.aql import Stream
from hades_mcp.embedded.rest.query_text import QueryText, check_rights, run_options, watching
from hades_mcp.embedded.rest.rights import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable

    from hades_mcp.embedded.aql import Result
    from hades_mcp.embedded.rest.message import Request

    Extra = Callable[[Request, Result, QueryText], dict[str, Any]]


class Streaming:
    """The rows of a streaming query; it is listed among the running ones until its end.

    Args:
        request: Who asks.
        query: What is asked.
        extra: Tells statistics and warnings, which are known at the end only.

    Raises:
        ArangoError: For a query that cannot run.
    """

    def __init__(self, request: Request, query: QueryText, extra: Extra) -> None:
        self._request, self._query, self._extra = request, query, extra
        self._listed = ExitStack()
        with ExitStack() as stack:
            entry = stack.enter_context(
                request.state.queries.run(
                    request.database_name,
                    query.text,
                    query.bind_vars,
                    stream=True,
                    user=request.user or ROOT,
                )
            )
            with query.limits(entry.killed):
                options = run_options(query, request, watching(request, entry))
                check_rights(request, query, request.database)
                self._stream = Stream(request.database, query.text, query.bind_vars, options)
            self._listed = stack.pop_all()

    @property
    def exhausted(self) -> bool:
        """Whether there is no further row."""
        return self._stream.exhausted

    def take(self, count: int) -> list[Any]:
        """Return the next rows."""
        return self._stream.take(count)

    def shared(self) -> dict[str, Any]:
        """Return the statistics with the last rows."""
        result = self._stream.result
        if result is None or not self.exhausted:
            return {"cached": False}
        return {"cached": False, "extra": self._extra(self._request, result, self._query)}

    def close(self) -> None:
        """Stop the query."""
        self._stream.close()
        self._listed.close()
