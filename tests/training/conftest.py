"""Recorded runs for the school: a real trace store, and traces as the recorder writes them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hades_mcp.messages import ToolCall, ToolResult
from hades_mcp.traces.records import Header, Observation, Status, Step, Trace
from hades_mcp.traces.store import TraceStore
from hades_mcp.types import JsonObject

SEARCH: JsonObject = {
    "type": "function",
    "function": {"name": "search", "description": "Search.", "parameters": {"type": "object"}},
}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[TraceStore]:
    store = TraceStore(tmp_path / "traces.sqlite")
    yield store
    store.close()


@pytest.fixture
def run() -> Callable[..., Trace]:
    """Return what makes the run of a number, as `make_run` does."""
    return make_run


def make_run(
    number: int,
    *,
    question: str = "",
    session: str = "",
    status: Status = "finished",
    outcome: JsonObject | None = None,
    steps: tuple[Step, ...] | None = None,
) -> Trace:
    """Return a run: system and user text, one search, one answer."""
    question = question or f"What is number {number}?"
    header = Header(
        id=f"{number:032x}",
        agent="librarian",
        version="1",
        tools=(SEARCH,),
        session=session or f"session-{number}",
        started=f"2026-01-01T00:00:{number % 60:02}.000Z",
        hades={"contract": "c0ffee"},
    )
    search = ToolCall(f"random-{number}", "search", {"text": question})
    found = Observation(ToolResult(search.id, search.name, '{"hits": []}'))
    whole = steps or (
        Step("system", "You are a librarian."),
        Step("user", question),
        Step("agent", "", calls=(search,), observations=(found,), llm_calls=1),
        Step("agent", f"It is {number}.", llm_calls=1),
    )
    return Trace(header, status, whole, finished=header.started, outcome=outcome or {})
