"""Contexts as JSON Lines: a line for the context, then a line for each of its entries."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from hades_mcp.errors import InvalidArgument
from hades_mcp.services.contexts.claims import claim_of
from hades_mcp.services.contexts.reading import LIVE
from hades_mcp.services.contexts.records import (
    LONGEST_TAG,
    LONGEST_TTL,
    MOST_CHARACTERS,
    MOST_TAGS,
    Role,
    Tier,
    check_name,
)
from hades_mcp.services.layout import CONTEXT_ENTRIES, CONTEXTS
from hades_mcp.services.statements import rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from arango.database import Database

FORMAT = 1
"""Of the file; a reader refuses one it does not know."""

_KEY = re.compile(r"[0-9a-z][0-9a-z-]{0,63}")
_ENTRIES = f"""
FOR e IN @@entries
  FILTER e.context == @name AND {LIVE}
  SORT e._key
  RETURN {{
    key: e._key, role: e.role, content: e.content, source: e.source, time: e.time, tags: e.tags,
    expires: e.expires, evidence: e.evidence, tier: e.tier, used: e.used, uses: e.uses,
    compacted: e.compacted, summarises: e.summarises
  }}
"""


_Model = TypeVar("_Model", bound=BaseModel)


class _Head(BaseModel):
    model_config = ConfigDict(extra="forbid")

    context: str
    format: Literal[1]
    ttl: float | None = Field(default=None, gt=0, le=LONGEST_TTL)


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid")

    key: str
    role: Role
    content: str = Field(min_length=1, max_length=MOST_CHARACTERS)
    source: str | None = ""
    time: str
    tags: list[str] | None = Field(default=None, max_length=MOST_TAGS)
    expires: float | None = None
    evidence: dict[str, Any] | None = None
    tier: Tier | None = "hot"
    used: float | None = None
    uses: int | None = 0
    compacted: str | None = None
    summarises: list[str] | None = None

    @field_validator("key")
    @classmethod
    def _a_key(cls, key: str) -> str:
        if not _KEY.fullmatch(key):
            raise ValueError("a key has digits, small letters and hyphens")
        return key

    @field_validator("time")
    @classmethod
    def _a_time(cls, time: str) -> str:
        said = datetime.fromisoformat(time)
        if said.tzinfo is None:
            raise ValueError("a time has its zone, as 2026-01-31T12:00:00+00:00")
        try:
            return said.astimezone(UTC).isoformat(timespec="milliseconds")
        except OverflowError as error:
            raise ValueError("there is no such time") from error

    @field_validator("tags")
    @classmethod
    def _short_tags(cls, tags: list[str] | None) -> list[str] | None:
        if any(not tag.strip() or len(tag) > LONGEST_TAG for tag in tags or ()):
            raise ValueError(f"a tag has 1 to {LONGEST_TAG} characters")
        return tags


def exported(db: Database, name: str, now: float) -> Iterator[str]:
    """Yield the lines of a context, without vectors: whoever imports it makes their own."""
    stored = rows(db, "FOR c IN @@c FILTER c._key == @n RETURN c.ttl", {"@c": CONTEXTS, "n": name})
    head = {"context": name, "format": FORMAT} | ({"ttl": stored[0]} if any(stored) else {})
    yield orjson.dumps(head).decode()
    for row in rows(db, _ENTRIES, {"@entries": CONTEXT_ENTRIES, "name": name, "now": now}):
        yield orjson.dumps({key: item for key, item in row.items() if item is not None}).decode()


def parsed(
    lines: Iterable[str], name: str | None, now: float
) -> tuple[str, float | None, list[dict[str, Any]]]:
    """Return name, time to live and entries of an exported context; what has expired is left out.

    Args:
        lines: As `exported` yields them.
        name: Another name for the context.
        now: The time, in Unix seconds.

    Raises:
        InvalidArgument: A line is not what it should be; the message says which and why.
    """
    numbered = [(number, line) for number, line in enumerate(lines, 1) if line.strip()]
    if not numbered:
        raise InvalidArgument("There is nothing in it.", hint="Is it the right file?")
    head = _checked(_Head, *numbered[0])
    called = name or head.context
    check_name(called)
    read: dict[str, _Line] = {}
    for number, line in numbered[1:]:
        entry = _checked(_Line, number, line)
        if entry.key in read:
            raise InvalidArgument(
                f"Line {number}: the key {entry.key} is there twice.", hint="Nothing was imported."
            )
        read[entry.key] = entry
    left = [line for line in read.values() if line.expires is None or line.expires > now]
    return called, head.ttl, [_document(called, line, now) for line in left]


def renamed(db: Database, name: str, entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return entries each marked as `known` or not, with new keys for what other contexts have."""
    moved = {entry["_key"]: _moved(entry["_key"], name) for entry in entries}
    query = "FOR e IN @@entries FILTER e._key IN @keys RETURN [e._key, e.context]"
    bind = {"@entries": CONTEXT_ENTRIES, "keys": [*moved, *moved.values()]}
    homes: dict[str, str] = dict(rows(db, query, bind))
    # what was moved once stays so, or it would come twice when the other context is gone
    keys = {
        key: other if other in homes or homes.get(key, name) != name else key
        for key, other in moved.items()
    }
    return [
        entry
        | {
            "_key": keys[entry["_key"]],
            "known": keys[entry["_key"]] in homes,
            "compacted": keys.get(entry["compacted"], entry["compacted"]),
            "summarises": entry["summarises"]
            and [keys.get(key, key) for key in entry["summarises"]],
        }
        for entry in entries
    ]


def _moved(key: str, name: str) -> str:
    """Return the key that an entry has in another context; it sorts at the same place."""
    return f"{key[:50]}-{blake2b(f'{name}/{key}'.encode(), digest_size=4).hexdigest()}"


def _document(name: str, line: _Line, now: float) -> dict[str, Any]:
    claim = claim_of(line.content, line.tags or ())
    facts = line.model_dump(exclude={"key"}) | {
        "_key": line.key,
        "context": name,
        "subject": claim and claim[0],
        "value": claim and claim[1],
    }
    filled = {"source": "", "tags": [], "tier": "hot", "used": now, "uses": 0}
    return facts | {key: item for key, item in filled.items() if facts[key] is None}


def _checked(model: type[_Model], number: int, line: str) -> _Model:
    try:
        return model.model_validate_json(line)
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        where = ".".join(map(str, problem["loc"]))
        raise InvalidArgument(
            f"Line {number}: {f'{where}: ' if where else ''}{problem['msg']}.",
            hint="Nothing was imported.",
        ) from None
