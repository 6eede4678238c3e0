"""Writes one trace and never fails the work it records: what goes wrong is logged instead."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from hades_mcp.errors import Conflict
from hades_mcp.logging import get_logger

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hades_mcp.messages import ToolCall
    from hades_mcp.traces.records import Header, Observation, Status, Step
    from hades_mcp.traces.store import TraceStore
    from hades_mcp.types import JsonObject

_log = get_logger("traces")


@contextmanager
def unfailing(part: str) -> Iterator[None]:
    """Log an error of the recording itself, and go on."""
    try:
        yield
    except Exception:  # noqa: BLE001  recording must never break the call it records
        _log.exception("not_recorded", part=part)


class TraceWriter:
    """Appends to one trace in the store.

    Args:
        store: Where the trace goes.
        header: What is known at the start.
        content: Whether texts, arguments and results are kept, or only their outline.
        first: The first step, when it is known already.
        join: Append to the trace of that id if there is one already.
    """

    def __init__(
        self,
        store: TraceStore,
        header: Header,
        *,
        content: bool = True,
        first: Step | None = None,
        join: bool = False,
    ) -> None:
        self._store = store
        self._id = header.id
        self._content = content
        self._begun = False
        with unfailing("begin"):
            marked = replace(header, hades=header.hades | {"content": content})
            steps = () if first is None else (self._kept(first),)
            try:
                store.begin(marked, *steps)
            except Conflict:
                if not join:
                    raise
                for step in steps:
                    store.append(self._id, step)
            self._begun = True

    def step(self, step: Step) -> None:
        """Append a step."""
        if self._begun:
            with unfailing("step"):
                self._store.append(self._id, self._kept(step))

    def _kept(self, step: Step) -> Step:
        return step if self._content else _outline(step)

    def observe(self, observation: Observation) -> None:
        """Append what a call returned."""
        if self._begun:
            with unfailing("result"):
                kept = observation if self._content else _outlined(observation)
                self._store.observe(self._id, kept)

    def finish(self, status: Status, outcome: JsonObject) -> None:
        """Close the trace."""
        if self._begun:
            with unfailing("finish"):
                self._store.finish(self._id, status=status, outcome=outcome)


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
