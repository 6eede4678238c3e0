"""Reading a context: what is nearest in time or meaning, newest facts first, within a budget."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson

from hades_mcp.services.contexts.records import ContextEntry, Older
from hades_mcp.services.contexts.tiers import HOT
from hades_mcp.services.layout import CONTEXT_ENTRIES
from hades_mcp.services.statements import rows
from hades_mcp.services.trust.formula import trust_of, verdict_of, weighed
from hades_mcp.tokens import count_tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from arango.database import Database

LIVE = "(e.expires == null OR e.expires > @now)"
"""The store removes what has expired some time later; nobody may see it in between."""

CANDIDATES = 100
"""Entries looked at closely for one query."""

MOST_OLDER = 3
"""Contradicted statements shown under one entry."""

_RECENCY_COUNTS = 0.05
"""What being the latest adds to a nearness of at most 1: enough to part near ties, no more."""

_RECENCY_HALVES = 10
"""Later entries that halve it."""

_SHORTEST_CUT = 80

ROW = """
RETURN {
  id: e._id, key: e._key, role: e.role, content: e.content, source: e.source, time: e.time,
  tags: e.tags, expires: e.expires, evidence: e.evidence, subject: e.subject, value: e.value,
  tier: e.tier, used: e.used, compacted: e.compacted, score
}
"""
# two counts that indexes answer alone: to look at `expires` reads each entry with its vector; what
# has expired is soon removed, so the index on the time, which CONCAT leaves alone, finds few
COUNTS = """
LET stored = FIRST(
  FOR e IN @@entries FILTER e.context == @name COLLECT WITH COUNT INTO n RETURN n
)
LET expired = FIRST(
  FOR e IN @@entries
    FILTER e.expires > 0 AND e.expires <= @now AND CONCAT(e.context) == @name
    COLLECT WITH COUNT INTO n
    RETURN n
)
"""
"""How many entries a context has, as `stored` less `expired`."""

# the inner loop makes each tier an equality, which the index takes; entries of an older HADES have
# none. What was said on subjects is not in here: the engine weighs nested rows anew at each step
_LATEST = f"""
LET found = (
  FOR tier IN ["hot", null]
    FOR e IN @@entries
      FILTER e.context == @name AND e.tier == tier AND {LIVE}
      SORT e._key DESC
      LIMIT @limit
      LET score = null
      {ROW}
)
{COUNTS}
RETURN {{found, count: stored - expired}}
"""
_USED_LAST = f"""
FOR e IN @@entries
  FILTER e.context == @name AND e.tier == "warm" AND {LIVE}
  SORT e.used DESC
  LIMIT @limit
  LET score = null
  {ROW}
"""
_SAME_SUBJECT = f"""
FOR subject IN @subjects
  FOR e IN @@entries
    FILTER e.context == @name AND e.subject == subject AND e.compacted == null AND {LIVE}
    SORT e._key DESC
    LIMIT @limit
    LET score = null
    {ROW}
"""

Row = dict[str, Any]


def latest(db: Database, name: str, now: float, limit: int) -> tuple[list[Row], int]:
    """Return the hot entries, the latest first, and how many entries the context has.

    Where hot ones have expired or were cleared, the warm ones used last take their places.
    """
    (read,) = rows(db, _LATEST, _bind(name, now) | {"limit": limit})
    found, count = read["found"], read["count"]
    if len(found) < min(HOT, limit, count):
        room = {"limit": min(HOT, limit) - len(found)}
        found += rows(db, _USED_LAST, _bind(name, now) | room)
    return sorted(found, key=lambda row: row["key"], reverse=True)[:limit], count


def fused(by_meaning: Sequence[Row], by_recency: Sequence[Row], now: float) -> list[Row]:
    """Return the ranking by meaning with a little recency in it; what only is recent is left out.

    A sum of scores, not of reciprocal ranks: by ranks, whatever is recent would overtake what is
    nearest by far (Bruch, Gai and Ingber, An Analysis of Fusion Functions for Hybrid Retrieval,
    2023, find sums the better fusion too).
    """
    places = {row["id"]: place for place, row in enumerate(by_recency)}

    def worth(row: Row) -> float:
        place = places.get(row["id"])
        fresh = 0.0 if place is None else 0.5 ** (place / _RECENCY_HALVES)
        return worth_of(row, now) + _RECENCY_COUNTS * fresh

    return sorted(by_meaning, key=lambda row: -worth(row))


def worth_of(row: Row, now: float) -> float:
    """Return how near a row is to the query, trust weighed in."""
    return weighed(row["score"], trust_of(row, now))


def said_on(db: Database, name: str, now: float, found: Sequence[Row]) -> list[Row]:
    """Return the latest of what was said on each subject of some entries, the newest first."""
    subjects = list({row["subject"] for row in found if row["subject"]})
    if not subjects:
        return []
    bind = {"subjects": subjects, "limit": CANDIDATES}
    return rows(db, _SAME_SUBJECT, _bind(name, now) | bind)


def reconciled(
    found: Sequence[Row], statements: Iterable[Row], now: float, most: int
) -> list[ContextEntry]:
    """Return the first entries where the newest statement on a subject stands for the older ones.

    An older statement that says otherwise is shown under the newest; what says the same stays.

    Args:
        found: Of a context, the most wanted first.
        statements: What `said_on` says of them.
        now: The time, in Unix seconds.
        most: How many entries at most.
    """
    by_subject: dict[str, list[Row]] = {}
    for row in statements:
        by_subject.setdefault(row["subject"], []).append(row)
    entries: dict[str, ContextEntry] = {}
    for row in found:
        entry = _reconciled(row, by_subject.get(row["subject"] or "", []), now)
        entries.setdefault(entry.id, entry)
        if len(entries) == most:
            break
    return list(entries.values())


def _reconciled(row: Row, known: Sequence[Row], now: float) -> ContextEntry:
    newest = known[0] if known else row
    older = [one for one in known if one["value"] != newest["value"]]
    # what says the same as the newest is no contradiction, and may stand for itself
    is_outdated = row["value"] != newest["value"] and row["key"] < newest["key"]
    shown = newest if is_outdated else row
    under = older if shown["id"] == newest["id"] else []
    return _entry(shown | {"score": row["score"]}, under[:MOST_OLDER], now)


def packed(
    entries: Iterable[ContextEntry], tokens: int, cost: Callable[[ContextEntry], int]
) -> list[ContextEntry]:
    """Return the first entries that fit a budget; the very first is cut if it alone does not.

    Args:
        entries: The most wanted first.
        tokens: The budget.
        cost: Tokens of one entry as it will be shown.
    """
    kept: list[ContextEntry] = []
    left = tokens
    for entry in entries:
        left -= cost(entry)
        if left < 0:
            return kept or [_cut(entry, tokens, cost)]
        kept.append(entry)
    return kept


def cost_of(entry: ContextEntry) -> int:
    """Return about how many tokens an entry is as JSON, without what is empty."""
    fields = {name: getattr(entry, name) for name in ContextEntry.__slots__}
    shown = {name: value for name, value in fields.items() if value not in (None, "", ())}
    return count_tokens(orjson.dumps(shown).decode())


def iso(seconds: float) -> str:
    """Return a Unix time as ISO 8601 in UTC, to the millisecond."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")


def entry_of(row: Row, now: float) -> ContextEntry:
    """Return the entry that a stored document is; also one of an older HADES."""
    return _entry({"id": row.get("_id"), "score": None} | row, (), now)


def _bind(name: str, now: float) -> dict[str, Any]:
    return {"@entries": CONTEXT_ENTRIES, "name": name, "now": now}


def _entry(row: Row, older: Iterable[Row], now: float) -> ContextEntry:
    return ContextEntry(
        id=row["id"],
        role=row["role"],
        content=row["content"],
        source=row.get("source") or "",
        time=row["time"],
        trust=round(trust_of(row, now), 2),
        score=None if row["score"] is None else round(row["score"], 4),
        tags=tuple(row.get("tags") or ()),
        expires=iso(row["expires"]) if row.get("expires") else "",
        contradicts=tuple(
            Older(one["id"], one["content"], one["time"], round(trust_of(one, now), 2))
            for one in older
        ),
        verified=verdict_of(row),
    )


def _cut(entry: ContextEntry, tokens: int, cost: Callable[[ContextEntry], int]) -> ContextEntry:
    longest = len(entry.content)
    shorter = replace(entry, contradicts=())
    while cost(shorter) > tokens and longest > _SHORTEST_CUT:
        longest = longest * 3 // 4
        left = len(entry.content) - longest
        shorter = replace(shorter, content=f"{entry.content[:longest]}… ({left} characters more)")
    return shorter
