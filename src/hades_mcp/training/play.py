"""Plays one question: listens to an agent's run and keeps what a suite can check."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hades_mcp.agents.events import RunFinished, ToolCalled
from hades_mcp.training.suites import Outcome

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from hades_mcp.agents.events import RunEvent
    from hades_mcp.messages import ToolCall


async def play(events: AsyncIterator[RunEvent]) -> Outcome:
    """Listen to a run until it ends, and return its calls and its last words."""
    calls: list[ToolCall] = []
    answer = ""
    async for event in events:
        if isinstance(event, ToolCalled):
            calls.append(event.call)
        elif isinstance(event, RunFinished):
            answer = event.answer
    return Outcome(tuple(calls), answer)
