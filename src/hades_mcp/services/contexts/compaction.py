"""Compaction: summaries that stand for what is no longer hot; the originals stay, cold.

Left alone are hot entries, summaries, and what expires by itself, which a summary would outlive.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from hades_mcp.errors import Conflict
from hades_mcp.services.contexts.storing import entry_document, entry_key
from hades_mcp.services.layout import CONTEXT_ENTRIES
from hades_mcp.services.statements import rows
from hades_mcp.tokens import count_tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from arango.database import Database

    Summarise = Callable[[Sequence[str]], str]
    """Returns the gist of some texts, the oldest first."""

BATCH_TOKENS = 1500
"""Of the entries that one summary stands for: what a small model can hold in its head."""

LEAST = 4
"""Entries worth a summary."""

SUMMARY = "summary"
"""The source, and a tag, of a summary."""

COMPACT_ACTION = "context_compact"

_OLD = """
FOR e IN @@entries
  FILTER e.context == @name AND e.tier != "hot" AND e.compacted == null AND e.summarises == null
  FILTER e.expires == null
  SORT e._key
  RETURN {key: e._key, content: e.content, time: e.time, role: e.role}
"""
_COMPACT = """
FOR e IN @@entries
  FILTER e._key IN @keys AND e.compacted == null
  UPDATE e WITH {compacted: @summary, tier: "cold"} IN @@entries
  RETURN OLD.tier
"""


@dataclass(frozen=True, slots=True)
class Compacted:
    """What a compaction did.

    Args:
        summaries: How many it made.
        entries: How many these stand for.
        undo: The handle that takes it back; empty when there was nothing to do.
    """

    summaries: int = 0
    entries: int = 0
    undo: str = ""


def batches(db: Database, name: str) -> list[list[dict[str, Any]]]:
    """Return the entries of a context to be summarised, together as far as they fit one summary."""
    made: list[list[dict[str, Any]]] = []
    left = 0
    for row in rows(db, _OLD, {"@entries": CONTEXT_ENTRIES, "name": name}):
        cost = count_tokens(row["content"])
        if not made or cost > left:
            made.append([])
            left = BATCH_TOKENS
        made[-1].append(row)
        left -= cost
    return [batch for batch in made if len(batch) >= LEAST]


def summary_of(name: str, batch: Sequence[dict[str, Any]], summarise: Summarise) -> dict[str, Any]:
    """Return the entry that stands for a batch: as old as the latest of them, claiming nothing."""
    text = summarise([f"{row['role']}: {row['content']}" for row in batch])
    last = datetime.fromisoformat(batch[-1]["time"])
    made = entry_document(name, text, role="note", source=SUMMARY, tags=[SUMMARY])
    return made | {
        "_key": entry_key(int(last.timestamp() * 1e9)),
        "time": batch[-1]["time"],
        "subject": None,
        "value": None,
        "summarises": [row["key"] for row in batch],
    }


def replaced(tx: Database, summary: dict[str, Any]) -> list[str]:
    """Make the originals of a summary cold; return the tiers they were in.

    Raises:
        Conflict: One of them is gone, or another summary stands for it already.
    """
    keys = summary["summarises"]
    bind = {"@entries": CONTEXT_ENTRIES, "keys": keys, "summary": summary["_key"]}
    tiers: list[str] = rows(tx, _COMPACT, bind)
    if len(tiers) != len(keys):
        raise Conflict("The context changed meanwhile.", hint="Nothing was done; try again.")
    return tiers
