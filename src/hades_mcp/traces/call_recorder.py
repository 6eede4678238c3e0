"""Records one tool call: its span, what it returned, how long it took."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from opentelemetry.trace import StatusCode

from hades_mcp.traces import attributes as names
from hades_mcp.traces.backlog import unfailing
from hades_mcp.traces.otel import describe
from hades_mcp.traces.records import Observation

if TYPE_CHECKING:
    from opentelemetry.trace import Span

    from hades_mcp.messages import ToolResult
    from hades_mcp.traces.writer import TraceWriter
    from hades_mcp.types import JsonObject


class CallRecorder:
    """What is known of a call while it runs.

    Args:
        call_id: The call's id in the trace; results are recorded under it.
        span: Its TOOL span.
        trace_id: The trace it belongs to.
        writer: Where its result is written; None when somebody else writes it.
        content: Whether the result's text may be kept.
    """

    def __init__(
        self,
        call_id: str,
        span: Span,
        trace_id: str,
        writer: TraceWriter | None,
        *,
        content: bool,
    ) -> None:
        self.call_id = call_id
        self.trace_id = trace_id
        self._span = span
        self._writer = writer
        self._content = content
        self._started = time.perf_counter()
        self._answered = False

    @property
    def span(self) -> Span:
        """The call's span."""
        return self._span

    @property
    def answered(self) -> bool:
        """Whether a result was recorded."""
        return self._answered

    def result(self, result: ToolResult, facts: JsonObject | None = None) -> None:
        """Record what the call returned; only the first result of a call counts.

        Args:
            result: The result as the model will read it.
            facts: More about it: kind of error, rows left out.
        """
        if self._answered:
            return
        self._answered = True
        with unfailing("tool span"):
            if self._content:
                describe(self._span, names.tool_result(result.content))
            self._span.set_status(StatusCode.ERROR if result.is_error else StatusCode.OK)
            if result.is_error:
                kind = str((facts or {}).get("error", "tool_error"))
                describe(self._span, {names.ERROR_TYPE: kind})
        if self._writer is not None:
            measured: JsonObject = {
                "milliseconds": round((time.perf_counter() - self._started) * 1000, 3),
                "characters": len(result.content),
            }
            kept = replace(result, call_id=self.call_id)
            self._writer.observe(Observation(kept, measured | (facts or {})))
