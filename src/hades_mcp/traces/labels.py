"""Labels: what people and models thought of a recorded run, kept in its outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hades_mcp.types import JsonObject

LABELS = "feedback"
_BY = "scored_by"


def judged(outcome: JsonObject, label: JsonObject) -> JsonObject:
    """Return an outcome with one more judgement in it.

    The run's `score`, by which training selects, is the share of judgements that say it helped,
    unless somebody else scored the run: `scored_by` says so.

    Args:
        outcome: As it is.
        label: `helped` (a boolean), and what else there is to say.
    """
    earlier = outcome.get(LABELS)
    labels = [*(earlier if isinstance(earlier, list) else ()), label]
    marked = outcome | {LABELS: labels}
    if "score" in outcome and outcome.get(_BY) != LABELS:
        return marked
    good = sum(isinstance(one, dict) and one.get("helped") is True for one in labels)
    return marked | {"score": good / len(labels), _BY: LABELS}


def kept(outcome: JsonObject) -> JsonObject:
    """Return what must outlast the end of a run that was judged while it was under way."""
    ours = (LABELS, "score", _BY) if outcome.get(_BY) == LABELS else (LABELS,)
    return {name: outcome[name] for name in ours if name in outcome}
