"""Watches trust: measures it, warns when it gets low or falls, and lists what is low."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from hades_mcp.logging import get_logger
from hades_mcp.services.layout import CONTEXT_ENTRIES, DOCUMENTS, FEEDBACK, LIBRARY
from hades_mcp.services.owners import of_others
from hades_mcp.services.refusals import translated
from hades_mcp.services.statements import rows
from hades_mcp.services.trust.formula import ALERT_BELOW, trust_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from arango.database import StandardDatabase

    from hades_mcp.traces.metrics import Metrics

WATCHED = (DOCUMENTS, CONTEXT_ENTRIES, LIBRARY)
"""The collections whose documents have a trust."""

DROP = 0.1
"""A fall by this much at once is worth a warning, wherever it ends."""

LATELY = 7 * 86_400.0
"""Seconds for which a fall is listed."""

Reason = Literal["low", "fell"]

_EVIDENCE = """
FOR d IN @@c
  FILTER d.evidence != null AND (d.expires == null OR d.expires > @now)
  FILTER d.context NOT IN @hidden
  RETURN {id: d._id, title: d.title || LEFT(d.content, 80), evidence: d.evidence}
"""
_FELL = """
FOR f IN @@c
  FILTER f.at > @since AND f.before - f.after >= @drop
  COLLECT target = f.target INTO falls = f
  RETURN target
"""


@dataclass(frozen=True, slots=True)
class Doubtful:
    """A stored thing to look at.

    Args:
        id: Its `_id`.
        title: What a person calls it, or how it begins.
        trust: How far it may be believed now, 0 to 1.
        reasons: `low` (below 0.7), `fell` (by 0.1 or more at once, within a week).
        evidence: What the trust is made of.
    """

    id: str
    title: str
    trust: float
    reasons: tuple[Reason, ...]
    evidence: dict[str, Any]


class TrustWatch:
    """Knows what is doubtful.

    Args:
        db: The database, with its layout made.
        metrics: Where trust is measured.
    """

    def __init__(self, db: StandardDatabase, metrics: Metrics) -> None:
        self._db = db
        self._metrics = metrics
        self._log = get_logger("services")

    def judged(self, thing: str, before: float, after: float) -> Reason | None:
        """Measure a trust that has just changed; warn when it became low, or fell much.

        Args:
            thing: Its `_id`.
            before: Its trust until now.
            after: Its trust from now on.
        """
        kind = {"collection": thing.partition("/")[0]}
        self._metrics.trust.record(after, kind)
        reason: Reason
        if after < ALERT_BELOW <= before:
            reason = "low"
        elif before - after >= DROP:
            reason = "fell"
        else:
            return None
        self._metrics.alerts.add(1, kind | {"reason": reason})
        self._log.warning(
            f"trust_{reason}", thing=thing, before=round(before, 2), after=round(after, 2)
        )
        return reason

    def checked(self, thing: str, before: float, after: float, *, passed: bool) -> Reason | None:
        """Count what was run, measure its trust, and warn as `judged` does."""
        outcome = "passed" if passed else "failed"
        kind = {"collection": thing.partition("/")[0], "outcome": outcome}
        self._metrics.checks.add(1, kind)
        return self.judged(thing, before, after)

    @translated
    def doubtful(self) -> list[Doubtful]:
        """Return what is below 0.7 or has fallen lately, the least trusted first.

        What is in the contexts of others is left out.
        """
        return sorted(self._doubtful(time.time()), key=lambda one: one.trust)

    def _doubtful(self, now: float) -> Iterator[Doubtful]:
        since = {"@c": FEEDBACK, "since": now - LATELY, "drop": DROP}
        fell = set(rows(self._db, _FELL, since))
        bind = {"now": now, "hidden": list(of_others(self._db))}
        for collection in WATCHED:
            for row in rows(self._db, _EVIDENCE, bind | {"@c": collection}):
                trust = trust_of(row, now)
                low: tuple[Reason, ...] = ("low",) if trust < ALERT_BELOW else ()
                reasons = (*low, "fell") if row["id"] in fell else low
                if reasons:
                    title = str(row["title"] or "")
                    yield Doubtful(row["id"], title, round(trust, 2), reasons, row["evidence"])
