"""Chooses the recorded runs worth learning from, and says why the others are not."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hades_mcp.traces.records import Trace
    from hades_mcp.traces.store import TraceStore
    from hades_mcp.training.recipe import DataRecipe
    from hades_mcp.types import Json


def recorded(store: TraceStore) -> Iterator[Trace]:
    """Read every trace of a store, the oldest first, one at a time."""
    for trace_id in store.ids():
        yield store.get(trace_id)


def refusal(trace: Trace, recipe: DataRecipe) -> str:
    """Return why a trace is not learned from, or an empty string when it is.

    A trace's score is `outcome.score`, 0 to 1; whoever judged the run wrote it there.
    """
    if trace.header.kind != "run":
        return "calls from outside: no model of ours to learn"
    if trace.header.hades.get("content") is False:
        return "its words were not kept"
    if trace.status != "finished":
        return f"the run is {trace.status}"
    if (reason := trace.outcome.get("stop_reason", "answered")) != "answered":
        return f"the run stopped without an answer: {reason}"
    return _poor(trace.outcome.get("score"), recipe)


def _poor(score: Json, recipe: DataRecipe) -> str:
    if isinstance(score, bool) or not isinstance(score, (int, float)):
        return "" if recipe.unscored else "nobody has scored it"
    return "" if score >= recipe.minimum_score else "its score is too low"
