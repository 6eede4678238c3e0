"""What a context and its entries are, and what may be one."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, get_args

from hades_mcp.errors import InvalidArgument, LimitReached, UnknownName

if TYPE_CHECKING:
    from collections.abc import Sequence

Role = Literal["user", "assistant", "system", "tool", "note"]

Tier = Literal["hot", "warm", "cold"]
"""How near at hand an entry is; `hades_mcp.services.contexts.tiers` has the rule."""

MOST_CHARACTERS = 20_000
"""Of one entry."""

MOST_ENTRIES = 10_000
"""Of one context."""

MOST_TAGS = 20
LONGEST_TAG = 100
LONGEST_TTL = 10 * 366 * 86_400.0

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:@-]{0,127}")


@dataclass(frozen=True, slots=True)
class Older:
    """A statement that a newer one contradicts.

    Args:
        id: Its `_id`.
        content: What was said.
        time: When, ISO 8601, UTC.
        trust: How far it may be believed, 0 to 1.
    """

    id: str
    content: str
    time: str
    trust: float


@dataclass(frozen=True, slots=True)
class ContextEntry:
    """One thing remembered.

    Args:
        id: Its `_id`.
        role: Who said it.
        content: What was said.
        source: Where it comes from; empty when not told.
        time: When, ISO 8601, UTC.
        trust: How far it may be believed, 0 to 1.
        score: Nearness to the query it was asked by, else None.
        tags: What it was tagged with.
        expires: When it will be forgotten, ISO 8601, UTC; empty when never.
        contradicts: Older statements on the same subject that say otherwise.
        verified: Whether the query it has for a source gave what it says; None when never run.
    """

    id: str
    role: str
    content: str
    source: str
    time: str
    trust: float
    score: float | None = None
    tags: tuple[str, ...] = ()
    expires: str = ""
    contradicts: tuple[Older, ...] = ()
    verified: bool | None = None


@dataclass(frozen=True, slots=True)
class Recall:
    """What was read from a context.

    Args:
        entries: By recency in the order they were made; by a query the best first.
        omitted: Entries of the context that are not among them, nor shown as contradicted.
    """

    entries: list[ContextEntry]
    omitted: int = 0


@dataclass(frozen=True, slots=True)
class ContextSummary:
    """A context in a list.

    Args:
        name: Its name.
        entries: How many it has.
        updated: When something was last added, ISO 8601, UTC.
    """

    name: str
    entries: int
    updated: str


@dataclass(frozen=True, slots=True)
class ContextInfo:
    """A context, from outside.

    Args:
        name: Its name.
        entries: How many it has.
        characters: How long they are together.
        updated: Time of the latest.
        tiers: Tier → how many entries are in it.
        transitions: `hot>warm` and the like → how many entries ever went that way.
        ttl: Seconds its entries live when they do not say otherwise; None when for ever.
    """

    name: str
    entries: int
    characters: int
    updated: str
    tiers: dict[str, int] = field(default_factory=dict)
    transitions: dict[str, int] = field(default_factory=dict)
    ttl: float | None = None


def check_name(name: str) -> None:
    """Raise InvalidArgument for what can't name a context."""
    if not _NAME.fullmatch(name):
        raise InvalidArgument(
            f"{name!r} cannot name a context.",
            hint="Use letters, digits and _.:@-, at most 128, beginning with a letter or digit.",
        )


def check_entry(content: str, role: str, tags: Sequence[str], ttl: float | None) -> None:
    """Raise for an entry that can't be stored.

    Raises:
        UnknownName: There is no such role.
        InvalidArgument: No content, a tag or a time to live that can't be.
        LimitReached: The content is too long, or there are too many tags.
    """
    if role not in get_args(Role):
        raise UnknownName("role", role, get_args(Role))
    if not content.strip():
        raise InvalidArgument("The content is empty.", hint="Say what to remember.")
    if len(content) > MOST_CHARACTERS:
        raise LimitReached(
            f"The content has {len(content):,} characters, at most {MOST_CHARACTERS:,} fit.",
            hint="Ingest it as a document, or add the essence.",
        )
    if len(tags) > MOST_TAGS:
        raise LimitReached(f"There are {len(tags)} tags.", hint=f"Use at most {MOST_TAGS}.")
    for tag in tags:
        if not tag.strip() or len(tag) > LONGEST_TAG:
            raise InvalidArgument(
                f"{tag[:LONGEST_TAG]!r} cannot be a tag.",
                hint=f"Use 1 to {LONGEST_TAG} characters.",
            )
    check_ttl(ttl)


def check_ttl(ttl: float | None) -> None:
    """Raise InvalidArgument for what can't be a time to live, in seconds; None is for ever."""
    if ttl is not None and not 0 < ttl <= LONGEST_TTL:
        raise InvalidArgument(f"ttl is {ttl:g}.", hint="Use seconds: 3600 is an hour.")
