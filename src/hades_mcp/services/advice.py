"""What to change in an AQL query that failed, or that found nothing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

from hades_mcp.errors import did_you_mean, nearest
from hades_mcp.services.statements import rows

if TYPE_CHECKING:
    from collections.abc import Iterable

    from arango.database import StandardDatabase

EXAMPLE = 'FOR d IN documents FILTER d.kind == "class" SORT d.title LIMIT 5 RETURN d.title'

SAMPLE = 200
"""Documents looked at to learn a collection's attributes."""

_BIND_NAME = re.compile(r"'(@{0,2}\w+)'|parameter:?\s+(@{0,2}\w+)")
_LOOP = re.compile(r"\bFOR\s+(\w+)(?:\s*,\s*\w+)*\s+IN\s+(@@\w+|\w+)", re.IGNORECASE)
_SQL = re.compile(
    r"^\s*(SELECT|MATCH|DELETE FROM|INSERT INTO)\b|\b(WHERE|GROUP BY|ORDER BY)\b", re.IGNORECASE
)


def advise(db: StandardDatabase, number: int, text: str, query: str, bind: dict[str, Any]) -> str:
    """Return what to do about an error, with a corrected query where one can be told.

    Args:
        db: Where the nearest valid names are looked up.
        number: ArangoDB's error number.
        text: ArangoDB's message.
        query: The query that failed.
        bind: Its bind variables.
    """
    match number:
        case 1203:
            return _collection(db, text, query, bind)
        case 1501:
            return _syntax(text, query)
        case 1551 | 1552 | 1512 | 1553 | 1554:
            return _bind(text, query, bind)
        case 1540:
            return _function(text)
        case _:
            return ""


def advise_empty(db: StandardDatabase, query: str, bind: dict[str, Any]) -> str:
    """Return a hint if the query asks for attributes no document has, else nothing."""
    hints: dict[str, None] = {}
    for variable, source in _LOOP.findall(query):
        collection = bind.get(source[1:], "") if source.startswith("@@") else source
        if collection not in _collections(db):
            continue
        known = attributes(db, str(collection))
        for name in dict.fromkeys(re.findall(rf"\b{variable}\.(\w+)", query)):
            if known and name not in known:
                what = f"No document in {collection} seems to have an attribute {name!r}."
                hints[f"{what} {did_you_mean(name, sorted(known))}"] = None
    return " ".join(hints)


def attributes(db: StandardDatabase, collection: str) -> set[str]:
    """Return the attributes that a sample of a collection's documents has."""
    query = "FOR d IN @@c LIMIT @n RETURN ATTRIBUTES(d)"
    found = rows(db, query, {"@c": collection, "n": SAMPLE})
    return {name for names in found for name in names}


def _collections(db: StandardDatabase) -> list[str]:
    found = cast("list[dict[str, Any]]", db.collections())
    return [c["name"] for c in found if not c["system"]]


def _collection(db: StandardDatabase, text: str, query: str, bind: dict[str, Any]) -> str:
    known = _collections(db)
    missing = text.rpartition(": ")[2].split(" ")[0].strip("'\"`")
    near = nearest(missing, known)
    if near is None:
        return f"{missing!r} is neither a collection nor a variable. {did_you_mean(missing, known)}"
    if missing in bind.values():
        corrected = {name: near if value == missing else value for name, value in bind.items()}
        return f"Did you mean {near!r}? Try bind_vars: {corrected}"
    corrected_query = re.sub(rf"\b{re.escape(missing)}\b", near, query)
    return f"Did you mean {near!r}? Try: {' '.join(corrected_query.split())}"


def _function(text: str) -> str:
    from hades_mcp.embedded.aql.functions import FUNCTIONS  # noqa: PLC0415  only for this error

    name = text.partition("'")[2].partition("(")[0]
    near = nearest(name, FUNCTIONS)
    return f"Did you mean {near!r}?" if near else "AQL has no such function; do without it."


def _syntax(text: str, query: str) -> str:
    if _SQL.search(query):
        return f"This is AQL, not SQL or Cypher; it reads like: {EXAMPLE}"
    if not re.search(r"\b(RETURN|INSERT|UPDATE|REPLACE|REMOVE|UPSERT)\b", query, re.IGNORECASE):
        return f"A query ends with RETURN, as in: {EXAMPLE}"
    if "unexpected FOR" in text:
        return f"FOR comes first and RETURN last, as in: {EXAMPLE}"
    if "assignment" in text or re.search(r"[^=!<>~]=[^=~]", _without_strings(query)):
        return "Compare with ==; a single = only stands in LET."
    return f"Compare with a query that parses: {EXAMPLE}"


def _bind(text: str, query: str, bind: dict[str, Any]) -> str:
    used = set(_names(re.findall(r"(?<!@)@(@?\w+)", _without_strings(query))))
    unused = sorted(set(bind) - used)
    missing = sorted(used - set(bind))
    parts = []
    if missing:
        parts.append(f"Give a value for {_quoted(missing)}.")
    if unused:
        parts.append(f"The query has no parameter for {_quoted(unused)}.")
    if any(name.startswith("@") for name in (*missing, *unused)):
        parts.append('The value of @@name is given under the key "@name", with one @.')
    if missing and unused:
        parts.append(f"Perhaps {unused[0]!r} should be {missing[0]!r}.")
    example = {name: bind.get(name, "…") for name in sorted(used)}
    return " ".join([*parts, f"bind_vars: {example}"]) if parts else f"{text}: {_BIND_HINT}"


_BIND_HINT = "write @name for a value and @@name for a collection."


def _names(found: Iterable[str]) -> Iterable[str]:
    return (name for name in found if name)


def _quoted(names: list[str]) -> str:
    return ", ".join(repr(name) for name in names)


def _without_strings(query: str) -> str:
    return re.sub(r"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'", '""', query)
