"""Storing entries: what is written when something is remembered, and how it expires."""

from __future__ import annotations

import secrets
import time
from typing import TYPE_CHECKING, Any

from hades_mcp.errors import ConfigError, LimitReached, Unavailable
from hades_mcp.logging import get_logger
from hades_mcp.services.contexts.claims import claim_of
from hades_mcp.services.contexts.reading import COUNTS, LIVE, iso
from hades_mcp.services.contexts.records import MOST_ENTRIES
from hades_mcp.services.contexts.tiers import settle
from hades_mcp.services.layout import CONTEXT_ENTRIES, CONTEXTS, PINS
from hades_mcp.services.owners import first_owner
from hades_mcp.services.pins import claim
from hades_mcp.services.statements import rows
from hades_mcp.services.trust.formula import evidence_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from arango.database import Database, TransactionDatabase

    from hades_mcp.embedders.base import Embedder
    from hades_mcp.services.journal import Recording

WRITES = (CONTEXT_ENTRIES, CONTEXTS, PINS)
"""What a transaction that adds must declare as written."""

_SOURCES = {"user": "user", "system": "user", "tool": "tool", "assistant": "agent", "note": "agent"}
"""Role → source of the evidence: who vouches for what was said."""

_KEY_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_KEY_LENGTH = 10

_COUNT = f"{COUNTS}\nRETURN stored - expired"
_UPSERT = """
UPSERT {_key: @name}
  INSERT {
    _key: @name, owner: @owner, created: @now, updated: @now, ttl: null, transitions: {}
  }
  UPDATE {updated: @now}
  IN @@contexts
  RETURN NEW
"""
_OVERDUE = f"""
FOR e IN @@entries
  FILTER e.context == @name AND {LIVE} AND DATE_TIMESTAMP(e.time) / 1000 + @ttl <= @now
  RETURN e._id
"""
_EXPIRE = """
FOR e IN @@entries
  FILTER e.context == @name
  LET until = DATE_TIMESTAMP(e.time) / 1000 + @ttl
  FILTER e.expires == null OR e.expires > until
  UPDATE e WITH {expires: until} IN @@entries
"""


def entry_document(
    name: str,
    content: str,
    *,
    role: str,
    source: str = "",
    tags: Sequence[str] = (),
    ttl: float | None = None,
) -> dict[str, Any]:
    """Return an entry as it is stored, made now, without its vector."""
    now = time.time()
    claim = claim_of(content, tags)
    return {
        "_key": entry_key(time.time_ns()),
        "context": name,
        "role": role,
        "content": content,
        "source": source,
        "tags": list(dict.fromkeys(tags)),
        "time": iso(now),
        "subject": claim and claim[0],
        "value": claim and claim[1],
        "evidence": evidence_of(_SOURCES[role], now),
        "tier": "hot",
        "used": now,
        "uses": 0,
        "expires": None if ttl is None else now + ttl,
    }


def vectors_of(embedder: Embedder, texts: Sequence[str]) -> list[dict[str, Any]]:
    """Return for each text the attributes that make it findable by meaning.

    Without an embedder they are empty, and the log says so: what is to be remembered is not lost.
    """
    try:
        vectors = embedder.embed(texts)
    except Unavailable as error:
        get_logger("services").warning("entry stored without a vector", reason=str(error))
        return [{} for _ in texts]
    rounded = vectors.astype("float64").round(6).tolist()
    return [{"embedding": vector, "model": embedder.model_id} for vector in rounded]


def insert(
    tx: TransactionDatabase,
    name: str,
    entries: Sequence[dict[str, Any]],
    now: float,
    embedder: Embedder,
) -> dict[str, int]:
    """Add entries to a context, making it if need be; return which changed their tier for them.

    Args:
        tx: A transaction that writes `WRITES`.
        name: The context.
        entries: As `entry_document` makes them.
        now: The time, in Unix seconds.
        embedder: Made their vectors; these are left out where the others are another model's.

    Raises:
        LimitReached: The context would be too full.
    """
    context = _made(tx, name, now)
    more = sum(not entry.get("summarises") for entry in entries)  # summaries make room
    if more and count(tx, name, now) + more > MOST_ENTRIES:
        raise LimitReached(
            f"The context {name!r} would have more than {MOST_ENTRIES:,} entries.",
            hint="Clear it first, or use another.",
        )
    if context["ttl"] is not None:
        latest = now + context["ttl"]
        for entry in entries:
            entry["expires"] = min(latest, entry["expires"] or latest)
    tx.collection(CONTEXT_ENTRIES).insert_many(
        _fitting(tx, entries, embedder), raise_on_document_error=True
    )
    return settle(tx, name, now)


def _fitting(
    tx: TransactionDatabase, entries: Sequence[dict[str, Any]], embedder: Embedder
) -> list[dict[str, Any]]:
    if not any("embedding" in entry for entry in entries):
        return list(entries)
    try:
        claim(tx, embedder, CONTEXT_ENTRIES)
    except ConfigError as error:
        # remembered all the same, to be found by recency until `hades reembed`
        get_logger("services").warning("entry stored without a vector", reason=str(error))
        return [
            {key: value for key, value in entry.items() if key not in {"embedding", "model"}}
            for entry in entries
        ]
    return list(entries)


def count(db: Database, name: str, now: float) -> int:
    """Return how many entries a context has."""
    return sum(rows(db, _COUNT, {"@entries": CONTEXT_ENTRIES, "name": name, "now": now}))


def expire(tx: TransactionDatabase, name: str, ttl: float | None, now: float) -> None:
    """Give a context's entries, those there and those to come, a time to live in seconds."""
    _made(tx, name, now)
    tx.collection(CONTEXTS).update({"_key": name, "ttl": ttl}, keep_none=True)
    if ttl is not None:
        rows(tx, _EXPIRE, {"@entries": CONTEXT_ENTRIES, "name": name, "ttl": ttl})


def overdue(tx: Database, name: str, ttl: float, now: float) -> list[str]:
    """Return the `_id`s of a context's entries that are older than a time to live."""
    return rows(tx, _OVERDUE, {"@entries": CONTEXT_ENTRIES, "name": name, "ttl": ttl, "now": now})


def forget(tx: TransactionDatabase, recording: Recording, ids: Sequence[str]) -> None:
    """Remove entries, given by their `_id`s, so that the recording can bring them back."""
    recording.before(ids)
    query = "FOR id IN @ids REMOVE PARSE_IDENTIFIER(id).key IN @@c"
    rows(tx, query, {"@c": CONTEXT_ENTRIES, "ids": ids})


def _made(tx: TransactionDatabase, name: str, now: float) -> dict[str, Any]:
    """Return a context, made if need be: then it is the caller's if its name was minted."""
    bind = {"@contexts": CONTEXTS, "name": name, "now": now, "owner": first_owner(name)}
    (context,) = rows(tx, _UPSERT, bind)
    return dict(context)


def entry_key(nanoseconds: int) -> str:
    """Return a key that sorts by time: microseconds in base 36, then three digits by chance.

    Short, as models pay for each digit; the tail keeps two processes apart.
    """
    digits = []
    left = nanoseconds // 1000
    for _ in range(_KEY_LENGTH):
        left, digit = divmod(left, len(_KEY_DIGITS))
        digits.append(_KEY_DIGITS[digit])
    tail = "".join(secrets.choice(_KEY_DIGITS) for _ in range(3))
    return "".join(reversed(digits)) + tail
