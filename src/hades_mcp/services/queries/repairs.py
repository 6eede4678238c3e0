"""Corrects the AQL mistakes that small models make, and vouches that what it returns parses."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_STRING = re.compile(
    r"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'|`[^`]*`|//[^\n]*|/\*.*?\*/", re.DOTALL
)
_SQL = re.compile(
    r"^\s*SELECT\s+(?P<what>.*?)\s+FROM\s+(?P<name>@?@?\w+)(?:\s+(?:AS\s+)?(?P<alias>(?!WHERE\b|"
    r"ORDER\b|LIMIT\b|GROUP\b)\w+))?(?:\s+WHERE\s+(?P<where>.*?))?"
    r"(?:\s+ORDER\s+BY\s+(?P<order>.*?))?(?:\s+LIMIT\s+(?P<limit>\d+))?\s*;?\s*$",
    re.IGNORECASE | re.DOTALL,
)
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
_WORD = re.compile(r"\w+")
_CLOSING = {"(": ")", "[": "]", "{": "}"}


def masked(query: str) -> str:
    """Return a query with its strings, quoted names and comments blanked, each place kept."""
    return _STRING.sub(lambda found: re.sub(r"[^\n]", "~", found.group()), query)


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
    attempt = query.strip().rstrip(";").strip()
    for repair in _REPAIRS:
        changed = repair(attempt)
        if changed != attempt and parses(changed):
            return changed
        attempt = changed
    return attempt if attempt != query and parses(attempt) else ""


def _from_sql(query: str) -> str:
    found = _SQL.match(query)
    if found is None:
        return query
    name, variable = found["name"], found["alias"] or "d"
    parts = [f"FOR {variable} IN {name}"]
    if found["where"]:
        parts.append(f"FILTER {_attributes(found['where'], variable)}")
    if found["order"]:
        parts.append(f"SORT {_attributes(found['order'], variable)}")
    if found["limit"]:
        parts.append(f"LIMIT {found['limit']}")
    parts.append(f"RETURN {_columns(found['what'], variable)}")
    return " ".join(parts)


def _columns(what: str, variable: str) -> str:
    names = re.findall(r"\w+", what)
    if "*" in what or not re.fullmatch(r"[\w.,\s]+", what):
        return variable
    last = [name for name in names if name != variable]
    if len(last) == 1:
        return f"{variable}.{last[0]}"
    return "{" + ", ".join(f"{name}: {variable}.{name}" for name in last) + "}"


def _attributes(condition: str, variable: str) -> str:
    hidden = masked(condition)
    words = {"AND", "OR", "NOT", "IN", "LIKE", "NULL", "TRUE", "FALSE", "ASC", "DESC", "IS"}

    def qualified(found: re.Match[str]) -> str:
        word = found.group()
        before, after = hidden[: found.start()], hidden[found.end() :]
        plain = word.upper() in words or word[0].isdigit() or word == variable
        inside = before.endswith((".", "@")) or after.lstrip().startswith("(") or "~" in word
        return word if plain or inside or hidden[found.start()] == "~" else f"{variable}.{word}"

    parts, end = [], 0
    for found in _WORD.finditer(hidden):
        parts += [condition[end : found.start()], qualified(found)]
        end = found.end()
    return "".join([*parts, condition[end:]])


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


def _offset(query: str) -> str:
    """Write `LIMIT offset, count` for `LIMIT count OFFSET offset`."""
    return re.sub(r"\bLIMIT\s+(\d+)\s+OFFSET\s+(\d+)", r"LIMIT \2, \1", query, flags=re.IGNORECASE)


_REPAIRS: tuple[Callable[[str], str], ...] = (
    _from_sql,
    _offset,
    _compared,
    _quoted,
    _return_last,
    _closed,
    _returning,
)
