"""Pages: the rest of an answer too long to show, kept a while for the one who asked."""

from __future__ import annotations

import secrets
import time
from typing import TYPE_CHECKING, Any

from hades_mcp.errors import NotFound
from hades_mcp.services.callers import caller
from hades_mcp.services.layout import PAGES
from hades_mcp.services.refusals import translated
from hades_mcp.services.statements import rows

if TYPE_CHECKING:
    from arango.database import StandardDatabase

    from hades_mcp.types import JsonObject

KEPT = 3600
"""Seconds a page can be asked for."""

_FIND = """
FOR p IN @@c
  FILTER p._key == @key AND p.principal == @principal AND p.expires > @now
  RETURN p.value
"""


class PageService:
    """Keeps the rests of answers, each under a handle nobody can guess and only its caller may use.

    Args:
        db: The database, with its layout made.
    """

    def __init__(self, db: StandardDatabase) -> None:
        self._db = db

    @translated
    def keep(self, value: JsonObject) -> str:
        """Keep the rest of an answer for an hour; return its handle."""
        handle = secrets.token_urlsafe(9)
        page: dict[str, Any] = {
            "_key": handle,
            "principal": caller().user,
            "value": value,
            "expires": int(time.time()) + KEPT,
        }
        self._db.collection(PAGES).insert(page, silent=True)
        return handle

    @translated
    def take(self, handle: str) -> JsonObject:
        """Return what was kept; it stays, so that the same page can be asked for again.

        Raises:
            NotFound: The handle is unknown, somebody else's, or its hour is over.
        """
        bind = {"@c": PAGES, "key": handle, "principal": caller().user, "now": int(time.time())}
        found = rows(self._db, _FIND, bind)
        if not found:
            raise NotFound(
                f"There is no page {handle!r}, or it has expired.",
                hint="Ask again what you asked first, for fewer rows or attributes.",
            )
        value: JsonObject = found[0]
        return value
