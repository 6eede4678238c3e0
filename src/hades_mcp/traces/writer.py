"""Writes one trace and never fails the work it records: what goes wrong is logged instead."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hades_mcp.errors import Conflict
from hades_mcp.traces.backlog import unfailing
from hades_mcp.traces.store import now

if TYPE_CHECKING:
    from collections.abc import Callable

    from hades_mcp.messages import ToolCall
    from hades_mcp.traces.records import Header, Observation, Status, Step
    from hades_mcp.traces.store import TraceStore
    from hades_mcp.types import JsonObject


class TraceWriter:
    """Appends to one trace in the store.

    Args:
        store: Where the trace goes.
        header: What is known at the start.
        content: Whether texts, arguments and results are kept, or only their outline.
        first: The first step, when it is known already.
        join: Append to the trace of that id if there is one already; nothing is written when it is
            a run's, whose own process records its calls.
        soon: Write in the background, so that nobody waits for it.
    """

    def __init__(
        self,
        store: TraceStore,
        header: Header,
        *,
        content: bool = True,
        first: Step | None = None,
        join: bool = False,
        soon: bool = False,
    ) -> None:
        self._store = store
        self._id = header.id
        self._content = content
        self._soon = soon
        self._begun = False
        self._do("begin", lambda: self._begin(header, first, join=join))

    def step(self, step: Step) -> None:
        """Append a step."""
        self._add("step", lambda: self._store.append(self._id, self._kept(step)))

    def observe(self, observation: Observation) -> None:
        """Append what a call returned."""
        kept = observation if self._content else _outlined(observation)
        self._add("result", lambda: self._store.observe(self._id, kept))

    def finish(self, status: Status, outcome: JsonObject) -> None:
        """Close the trace."""
        at = now()
        self._add(
            "finish", lambda: self._store.finish(self._id, status=status, outcome=outcome, at=at)
        )

    def _begin(self, header: Header, first: Step | None, *, join: bool) -> None:
        if join and self._store.kind(header.id) == "run":
            return
        marked = replace(header, hades=header.hades | {"content": self._content})
        steps = () if first is None else (self._kept(first),)
        try:
            self._store.begin(marked, *steps)
        except Conflict:
            if not join:
                raise
            for step in steps:
                self._store.append(self._id, step)
        self._begun = True

    def _add(self, part: str, work: Callable[[], None]) -> None:
        self._do(part, lambda: work() if self._begun else None)

    def _do(self, part: str, work: Callable[[], None]) -> None:
        def safely() -> None:
            with unfailing(part):
                work()

        with unfailing(part):
            if self._soon:
                self._store.soon(safely)
            else:
                safely()

    def _kept(self, step: Step) -> Step:
        return step if self._content else _outline(step)


def _outline(step: Step) -> Step:
    """Return a step without content: who spoke, which tools were called, what it cost."""
    kept = {key: value for key, value in step.hades.items() if key not in {"request", "response"}}
    return replace(
        step,
        message="",
        reasoning="",
        calls=tuple(_bare(call) for call in step.calls),
        hades=kept | {"characters": len(step.message)},
    )


def _bare(call: ToolCall) -> ToolCall:
    return replace(call, arguments=None if call.arguments is None else {}, raw_arguments="")


def _outlined(observation: Observation) -> Observation:
    return replace(observation, result=replace(observation.result, content=""))
