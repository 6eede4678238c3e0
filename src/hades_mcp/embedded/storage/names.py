"""Names and keys: what a database, a collection, a document key and an edge's end may look like.

Source: ArangoDB manual, "Collection names", "Database names" (extended names, the default of 3.12)
and "Document keys".
"""

from __future__ import annotations

import re
import unicodedata

from hades_mcp.embedded.errors import ArangoError

_DATABASE_BYTES = 128
_NAME_BYTES = 256
_KEY = re.compile(r"[a-zA-Z0-9_\-:.@()+,=;$!*'%]{1,254}")
_SYSTEM = re.compile(r"_[a-zA-Z0-9_\-]+")
_ID = re.compile(r"[^/]+/[a-zA-Z0-9_\-:.@()+,=;$!*'%]{1,254}")

is_key = _KEY.fullmatch
is_id = _ID.fullmatch


def check_collection_name(name: object, *, system: bool) -> str:
    """Return the name if a collection may bear it; 1208 otherwise."""
    if isinstance(name, str) and _is_name(name, _NAME_BYTES, system=system):
        return name
    raise ArangoError(1208, "illegal name: collection name invalid")


def check_database_name(name: object) -> str:
    """Return the name if a database may bear it; 1229 otherwise."""
    if isinstance(name, str) and _is_name(name, _DATABASE_BYTES, system=False):
        return name
    raise ArangoError(1229)


def check_index_name(name: object) -> str:
    """Return the name if an index may bear it; 1208 otherwise."""
    if isinstance(name, str) and _is_name(name, _NAME_BYTES, system=False):
        return name
    raise ArangoError(1208, "illegal name: index name invalid")


def _is_name(name: str, limit: int, *, system: bool) -> bool:
    if name.startswith("_"):
        return system and len(name) <= limit and _SYSTEM.fullmatch(name) is not None
    if not name or name[0].isdigit() or name != name.strip():
        return False
    if any(character in "/:" or ord(character) < ord(" ") for character in name):
        return False
    try:
        short_enough = len(name.encode()) <= limit
    except UnicodeEncodeError:
        return False
    return short_enough and unicodedata.is_normalized("NFC", name)
