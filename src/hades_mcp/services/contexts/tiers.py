"""Tiers: which entries of a context are near at hand, by how they are used.

* hot: the `HOT` entries used last. They are in every reading.
* warm: those before them. A query finds them.
* cold: warm ones not used for `COLD_AFTER`, and those a summary stands for. A query finds them too,
  but they count only half, so that what is nearer at hand comes first.

To add an entry is to use it, and so is to find it by a query; to read the latest is not, or what is
hot would stay so for ever. An entry that is used becomes hot, whatever it was; one that a summary
stands for stays cold. Each change of tier is counted in the context.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from hades_mcp.services.layout import CONTEXT_ENTRIES, CONTEXTS
from hades_mcp.services.statements import rows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from arango.database import Database

HOT = 50
"""Entries of one context that are hot, at most."""

COLD_AFTER = 30 * 86_400.0
"""Seconds without use that make a warm entry cold."""

COOLED = 500
"""Entries that become cold at once, at most: whoever adds the first after a month waits for it."""

COLD_COUNTS = 0.5
"""What the nearness of a cold entry is multiplied by."""

_USE = """
FOR e IN @@entries
  FILTER e._key IN @keys
  UPDATE e WITH {
    used: @now, uses: (e.uses || 0) + 1, tier: e.compacted == null ? "hot" : "cold"
  } IN @@entries
  FILTER OLD.tier != NEW.tier
  COLLECT was = OLD.tier WITH COUNT INTO n
  RETURN {way: CONCAT(was, ">hot"), n}
"""
_WARM = """
FOR e IN @@entries
  FILTER e.context == @name AND e.tier == "hot"
  SORT e.used DESC
  LIMIT @hot, 1000000
  UPDATE e WITH {tier: "warm"} IN @@entries
  COLLECT WITH COUNT INTO n
  RETURN {way: "hot>warm", n}
"""
_COOL = """
FOR e IN @@entries
  FILTER e.context == @name AND e.tier == "warm" AND e.used < @since
  SORT e.used
  LIMIT @most
  UPDATE e WITH {tier: "cold"} IN @@entries
  COLLECT WITH COUNT INTO n
  RETURN {way: "warm>cold", n}
"""
_COUNT = """
FOR c IN @@contexts
  FILTER c._key == @name
  UPDATE c WITH {
    transitions: MERGE(c.transitions, MERGE(
      FOR way IN ATTRIBUTES(@ways) RETURN {[way]: (c.transitions[way] || 0) + @ways[way]}
    ))
  } IN @@contexts
"""


def settle(db: Database, name: str, now: float, *, used: Sequence[str] = ()) -> dict[str, int]:
    """Move the entries of a context to the tiers they belong in, and count the moves.

    Args:
        db: The database, or the transaction that has just added to the context.
        name: The context.
        now: The time, in Unix seconds.
        used: Keys of entries that are used now.

    Returns:
        `hot>warm` and the like → how many entries went that way.
    """
    entries = {"@entries": CONTEXT_ENTRIES}
    moves: list[dict[str, Any]] = []
    if used:
        moves += rows(db, _USE, entries | {"keys": list(used), "now": now})
    moves += rows(db, _WARM, entries | {"name": name, "hot": HOT})
    moves += rows(db, _COOL, entries | {"name": name, "since": now - COLD_AFTER, "most": COOLED})
    ways: Counter[str] = Counter()
    for move in moves:
        ways[move["way"]] += move["n"]
    counted = {way: n for way, n in ways.items() if n}
    tally(db, name, counted)
    return counted


def tally(db: Database, name: str, ways: Mapping[str, int]) -> None:
    """Count changes of tier in their context."""
    if ways:
        rows(db, _COUNT, {"@contexts": CONTEXTS, "name": name, "ways": dict(ways)})
