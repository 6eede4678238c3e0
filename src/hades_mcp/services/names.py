"""Finds the document somebody means: by `_id`, title, qualified name, or the end of these."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from arango.exceptions import ArangoServerError

from hades_mcp.errors import InvalidArgument, UnknownName
from hades_mcp.services.layout import DOCUMENTS, PRIVATE
from hades_mcp.services.statements import rows

if TYPE_CHECKING:
    from arango.database import StandardDatabase

MOST_NAMES = 5_000
"""Titles looked through for the nearest one when nothing fits."""

_NO_COLLECTION = 1203
_ENDS = re.compile(r" > |\.")
_EXACT = """
FOR d IN @@documents
  FILTER d.qualified_name == @name OR d.title == @name
  LIMIT 6
  RETURN {id: d._id, name: d.qualified_name}
"""
_LOOSE = """
FOR d IN @@documents
  LET name = LOWER(d.qualified_name)
  FILTER LOWER(d.title) == @lower
     OR RIGHT(LOWER(d.title), @length + 2) == CONCAT(" > ", @lower)
     OR RIGHT(name, @length) IN [CONCAT(".", @lower), CONCAT("/", @lower), CONCAT("#", @lower)]
  LIMIT 6
  RETURN {id: d._id, name: d.qualified_name}
"""
# People add documents of their own shape, without a title.
_TITLES = "FOR d IN @@documents FILTER IS_STRING(d.title) LIMIT @most RETURN d.title"


def document_id(db: StandardDatabase, name: str) -> str:
    """Return the `_id` of the document that is meant.

    Args:
        db: The database.
        name: An `_id` of any collection; else a title or qualified name of a document; else, not
            minding case, its title, or the end of that or of its qualified name.

    Raises:
        UnknownName: Nothing fits, or it is in a collection of HADES's own; the nearest titles are
            suggested.
        InvalidArgument: Several documents fit equally; they are listed.
    """
    wanted = name.strip()
    if wanted.count("/") == 1 and not wanted.startswith("/") and _exists(db, wanted):
        return wanted
    bind: dict[str, Any] = {"@documents": DOCUMENTS}
    lower = wanted.lower()
    fits = rows(db, _EXACT, bind | {"name": wanted}) or rows(
        db, _LOOSE, bind | {"lower": lower, "length": len(lower) + 1}
    )
    if not fits:
        titles = rows(db, _TITLES, bind | {"most": MOST_NAMES})
        # the last word of a title is what people remember
        short = {word for title in titles for word in _ENDS.split(title)[-1:]}
        raise UnknownName(
            "document", name, short | set(titles), otherwise="Search for it by what it is about."
        )
    if len(fits) > 1:
        raise InvalidArgument(
            f"Several documents are called {name!r}.",
            hint="Use one of " + ", ".join(f"{fit['id']} ({fit['name']})" for fit in fits) + ".",
        )
    return str(fits[0]["id"])


def _exists(db: StandardDatabase, identifier: str) -> bool:
    collection, _, key = identifier.partition("/")
    if collection in PRIVATE or collection.startswith("_") or not key:
        return False
    try:
        # not by the driver's `get`: it puts `a/b?` into an address as it is, and finds `a/b`
        found = rows(db, "RETURN DOCUMENT(@id) != null", {"id": identifier})
    except ArangoServerError as error:
        if error.error_code == _NO_COLLECTION:
            return False  # a title with a slash in it
        raise
    return bool(found[0])
