"""Trust: how far a stored thing may be believed, from the evidence kept with it.

The evidence is the attribute `evidence` of a document or context entry:
`{"source": "file", "verified": 1, "up": 1, "down": 0, "at": 1764000000}`. The formula is a mean of
a Beta distribution (Jøsang and Ismail, The Beta Reputation System, 2002) with a prior by source,
shrunk by age; `trust_of` spells it out.
"""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

PRIORS: dict[str, float] = {
    "library": 0.95,  # written for HADES, each example executed in a test
    "file": 0.9,  # somebody keeps it
    "tool": 0.85,  # computed, but of arguments a model chose
    "user": 0.85,
    "agent": 0.75,  # a model's own words
    "web": 0.7,
}
"""What each source is believed before anything is known of the thing itself."""

NEUTRAL = 0.75
"""The prior of any other source."""

PRIOR_WEIGHT = 6.0
"""Voices the prior counts for: so many downs halve what a source is believed."""

VERIFIED_WEIGHT = 2.0
"""Voices a run counts for, passed or failed: a fact, where feedback is an opinion."""

HALF_LIFE = 180 * 86_400.0
"""Seconds after which half of what age can take is taken."""

AGE_TAKES = 0.2
"""The share of trust that age takes in the end; the rest only evidence can take."""

ALERT_BELOW = 0.7
"""Less than this is worth a warning."""


def trust_of(stored: Mapping[str, Any], now: float) -> float:
    """Return the trust in a stored document or context entry, from 0 to 1.

    With prior p of the source, runs v that gave what it says and f that did not, up- and downvotes
    u and d, and age a in seconds:

        believed = (6p + 2v + u) / (6 + 2v + u + 2f + d)
        trust    = believed * (0.8 + 0.2 * 2 ** (-a / 180 days))

    It rises with `verified` and `up` and falls with `failed`, `down` and age. What is missing or
    makes no sense (anybody may write the attribute by AQL) counts as neutral: another source, no
    voices, no age.

    Args:
        stored: The document or entry; `evidence` is read, nothing else.
        now: The time, in Unix seconds.
    """
    evidence = stored.get("evidence")
    if not isinstance(evidence, dict):
        return NEUTRAL
    prior = prior_of(evidence.get("source"))
    good = VERIFIED_WEIGHT * _number(evidence.get("verified")) + _number(evidence.get("up"))
    bad = VERIFIED_WEIGHT * _number(evidence.get("failed")) + _number(evidence.get("down"))
    believed = (PRIOR_WEIGHT * prior + good) / (PRIOR_WEIGHT + good + bad)
    age = max(0.0, now - _number(evidence.get("at"), missing=now))
    return float(believed * (1 - AGE_TAKES + AGE_TAKES * math.exp2(-age / HALF_LIFE)))


def verdict_of(stored: Mapping[str, Any]) -> bool | None:
    """Return what running a stored thing came to: True passed, False failed, None was never run."""
    evidence = stored.get("evidence")
    if not isinstance(evidence, dict):
        return None
    if _number(evidence.get("failed")):
        return False
    return True if _number(evidence.get("verified")) else None


def prior_of(source: object) -> float:
    """Return what a source is believed before anything is known of the thing itself."""
    return PRIORS.get(source, NEUTRAL) if isinstance(source, str) else NEUTRAL


def evidence_of(source: str, now: float) -> dict[str, Any]:
    """Return the evidence of a thing that is stored now for the first time."""
    return {"source": source, "verified": 0, "up": 0, "down": 0, "at": round(now, 3)}


def executed(reason: str = "", by: str = "") -> dict[str, Any]:
    """Return what a run adds to the evidence, in place of what the run before had added.

    Args:
        reason: Why it did not give what it should; "" if it did, which confirms it anew.
        by: Who ran it.
    """
    now = round(time.time(), 3)
    checked = {name: said for name, said in (("by", by), ("reason", reason)) if said}
    if reason:
        return {"verified": 0, "failed": 1, "checked": {"at": now} | checked}
    return {"verified": 1, "failed": 0, "checked": {"at": now} | checked, "at": now}


def weighed(score: float, trust: float) -> float:
    """Return a ranking's score with trust in it: what is not believed at all counts half."""
    return score * (0.5 + 0.5 * trust)


def _number(value: object, *, missing: float = 0.0) -> float:
    """Return a count or a time as it is stored, bounded so that sums of it stay finite."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        return missing
    return float(min(value, 1e15))
