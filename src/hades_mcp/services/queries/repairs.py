"""Corrects the AQL mistakes that small models make, and vouches that what it returns parses."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hades_mcp.services.queries.habits import LONGEST, masked, plain_quotes, unaccustomed
from hades_mcp.services.queries.sql import from_sql

if TYPE_CHECKING:
    from collections.abc import Callable

_LOOP = re.compile(r"\bFOR\s+(\w+)", re.IGNORECASE)
_EARLY_RETURN = re.compile(
    r"\bRETURN\s+(?P<what>.*?)\s+(?P<rest>(?:FOR|FILTER|SORT|LIMIT|COLLECT|LET)\b.*)$",
    re.IGNORECASE | re.DOTALL,
)
_ASSIGNED = re.compile(
    r"\b(LET|COLLECT|AGGREGATE|INTO|PRUNE)\b|,\s*(?=\w+\s*=[^=~])", re.IGNORECASE
)
_LONE_EQUALS = re.compile(r"(?<![=!<>~])=(?![=~])")
_KEYWORDS = (
    "AGGREGATE|ALL|AND|ANY|ASC|COLLECT|DESC|DISTINCT|FILTER|FOR|GRAPH|IN|INBOUND|INSERT|INTO|LET|LIKE|"
    "LIMIT|NONE|NOT|OR|OUTBOUND|REMOVE|REPLACE|RETURN|SORT|UPDATE|UPSERT|WINDOW|WITH"
)
_KEYWORD_AS_NAME = re.compile(
    rf"(?<=\.)(?:{_KEYWORDS})\b|(?<=[{{,\s])(?:{_KEYWORDS})(?=\s*:(?!:))", re.IGNORECASE
)
_SIGNS = (",", ")", "]", "}", " INTO", " IN")
_MOST_FILLED = 3
_CLOSING = {"(": ")", "[": "]", "{": "}"}


def parses(query: str) -> bool:
    """Tell whether a query parses."""
    from hades_mcp.embedded.aql.parser import parse  # noqa: PLC0415  only after an error
    from hades_mcp.embedded.errors import ArangoError  # noqa: PLC0415

    try:
        parse(query)
    except ArangoError:
        return False
    return True


def repaired(query: str) -> str:
    """Return a query that parses, as near to the given one as known mistakes explain; else ""."""
    if len(query) > LONGEST:
        return ""
    attempt = start = query.strip().rstrip(";").strip()
    if attempt != query and parses(attempt):
        return attempt
    for repair in _REPAIRS:  # one mistake is likelier than several
        changed = repair(start)
        if changed != start and parses(changed):
            return changed
    for repair in _REPAIRS:
        attempt = repair(attempt)
        if parses(attempt):
            return attempt
    return ""


def _compared(query: str) -> str:
    """Write `==` for a lone `=` that assigns nothing, and `!=` for `<>`."""
    hidden = masked(query)
    lets = [found.end() for found in _ASSIGNED.finditer(hidden)]
    at = [found.start() for found in _LONE_EQUALS.finditer(hidden)]
    assigned = {next((place for place in at if place >= begin), -1) for begin in lets}
    for place in reversed(at):
        if place not in assigned:
            query = f"{query[:place]}=={query[place + 1 :]}"
    for found in reversed(list(re.finditer("<>", masked(query)))):
        query = f"{query[: found.start()]}!={query[found.end() :]}"
    return query


def _quoted(query: str) -> str:
    """Write attributes that are called like a keyword in backticks."""
    for found in reversed(list(_KEYWORD_AS_NAME.finditer(masked(query)))):
        name = query[found.start() : found.end()]
        query = f"{query[: found.start()]}`{name}`{query[found.end() :]}"
    return query


def _return_last(query: str) -> str:
    found = _EARLY_RETURN.search(masked(query))
    if found is None:
        return query
    what = query[found.start("what") : found.end("what")]
    rest = query[found.start("rest") : found.end("rest")]
    return f"{query[: found.start()]}{rest} RETURN {what}"


def _closed(query: str) -> str:
    open_ones: list[str] = []
    for sign in masked(query):
        if sign in _CLOSING:
            open_ones.append(_CLOSING[sign])
        elif open_ones and sign == open_ones[-1]:
            open_ones.pop()
    return query + "".join(reversed(open_ones))


def _returning(query: str) -> str:
    hidden = masked(query)
    loop = _LOOP.search(hidden)
    if loop is None or re.search(r"\bRETURN\b", hidden, re.IGNORECASE):
        return query
    return f"{query} RETURN {loop.group(1)}"


def _ended(query: str) -> str:
    """Say where a document is written or removed: in the collection it was read from."""
    hidden = masked(query)
    loop = re.search(r"\bFOR\s+\w+\s+IN\s+(@?@?\w+)", hidden, re.IGNORECASE)
    if loop is None or not re.search(r"\b(UPDATE|REPLACE|REMOVE)\b", hidden, re.IGNORECASE):
        return query
    name = loop[1]
    return query if re.search(rf"\bIN\s+{name}\s*$", hidden) else f"{query} IN {name}"


def _filled(query: str) -> str:
    """Put what is missing where the parser stumbles: a comma, a bracket, INTO."""
    for _ in range(_MOST_FILLED):
        at = _stumbles(query)
        if at is None:
            return query
        tries = [f"{query[:at].rstrip()}{sign} {query[at:]}" for sign in _SIGNS]
        better = [one for one in tries if parses(one)]
        if better:
            return better[0]
        query = tries[0]
    return query


def _stumbles(query: str) -> int | None:
    """Return where in a query the parser does not go on."""
    from hades_mcp.embedded.aql.parser import parse  # noqa: PLC0415  only after an error
    from hades_mcp.embedded.errors import ArangoError  # noqa: PLC0415

    try:
        parse(query)
    except ArangoError as error:
        place = re.search(r"position (\d+):(\d+)", error.message)
        if place is None:
            return None
        line, column = int(place[1]), int(place[2])
        before = query.split("\n")[: line - 1]
        at = sum(len(one) + 1 for one in before) + column - 1
        quote = query[at : at + 1]
        return query.rfind(quote, 0, at) if quote in {"'", '"'} else at  # it tells a string's end
    return None


def _string_closed(query: str) -> str:
    """Close a string behind its first word."""
    quotes = re.findall(r"[\"']", query)
    if len(quotes) != 1:
        return query
    return re.sub(r"([\"'])([\w.-]+)", r"\1\2\1", query, count=1)


_REPAIRS: tuple[Callable[[str], str], ...] = (
    plain_quotes,
    from_sql,
    unaccustomed,
    _compared,
    _quoted,
    _return_last,
    _string_closed,
    _closed,
    _returning,
    _ended,
    _filled,
)
