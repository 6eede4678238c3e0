"""Whose a context is: a minted one its user's alone, one with a chosen name everybody's."""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING

from hades_mcp.services.callers import caller
from hades_mcp.services.layout import CONTEXT_ENTRIES, CONTEXTS
from hades_mcp.services.statements import rows

if TYPE_CHECKING:
    from arango.database import Database

_MINTED = re.compile(r"ctx-[A-Za-z0-9_-]{12}")
_OWNER = "FOR c IN @@c FILTER c._key == @name RETURN c.owner"
_HOME = "FOR e IN @@c FILTER e._key == @key RETURN e.context"
_OTHERS = "FOR c IN @@c FILTER c.owner != null AND c.owner != @user RETURN c._key"


def mint() -> str:
    """Return a name for a new context that nobody can guess."""
    return f"ctx-{secrets.token_urlsafe(9)}"


def first_owner(name: str) -> str | None:
    """Return whose a context of that name is once the caller has made it; None is everybody's."""
    return caller().user if _MINTED.fullmatch(name) else None


def may_use(db: Database, context: str) -> bool:
    """Tell whether the caller may use a context: not another's, and no handle nobody minted."""
    if not _MINTED.fullmatch(context):
        return True
    found = rows(db, _OWNER, {"@c": CONTEXTS, "name": context})
    return bool(found) and found[0] in (None, caller().user)


def may_use_entry(db: Database, key: str) -> bool:
    """Tell whether the caller may use the context that an entry is in, if there is one."""
    return all(may_use(db, name) for name in rows(db, _HOME, {"@c": CONTEXT_ENTRIES, "key": key}))


def of_others(db: Database) -> set[str]:
    """Return the names of the contexts that the caller may not know of."""
    return set(rows(db, _OTHERS, {"@c": CONTEXTS, "user": caller().user}))
