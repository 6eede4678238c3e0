"""Turns the commonest statements of SQL into AQL."""

from __future__ import annotations

import re

from hades_mcp.services.queries.habits import masked

_SELECT = re.compile(
    r"^\s*SELECT\s+(?P<distinct>DISTINCT\s+)?(?P<what>.*?)\s+FROM\s+(?P<name>@?@?\w+)"
    r"(?:\s+(?:AS\s+)?(?P<alias>(?!WHERE\b|ORDER\b|LIMIT\b|GROUP\b|JOIN\b|INNER\b|LEFT\b)\w+))?"
    r"(?:\s+WHERE\s+(?P<where>.*?))?(?:\s+GROUP\s+BY\s+(?:\w+\.)?(?P<group>\w+))?"
    r"(?:\s+ORDER\s+BY\s+(?P<order>.*?))?(?:\s+LIMIT\s+(?P<limit>\d+))?\s*;?\s*$",
    re.IGNORECASE | re.DOTALL,
)
_DELETE = re.compile(
    r"^\s*(?:DELETE\s+FROM|REMOVE)\s+(?P<name>\w+)(?:\s+WHERE\s+(?P<where>.*?))?\s*;?\s*$",
    re.IGNORECASE | re.DOTALL,
)
_UPDATE = re.compile(
    r"^\s*UPDATE\s+(?P<name>\w+)\s+SET\s+(?P<set>.*?)(?:\s+WHERE\s+(?P<where>.*?))?\s*;?\s*$",
    re.IGNORECASE | re.DOTALL,
)
_INSERT = re.compile(
    r"^\s*INSERT\s+INTO\s+(?P<name>\w+)\s*\((?P<names>[\w\s,]+)\)\s*VALUES\s*"
    r"\((?P<values>.*)\)\s*;?\s*$",
    re.IGNORECASE | re.DOTALL,
)
_AGGREGATE = re.compile(
    r"\b(COUNT|SUM|AVG|MIN|MAX)\s*\(\s*(\*|(?:\w+\.)?(\w+))\s*\)", re.IGNORECASE
)
_ALIAS = re.compile(r"\s+AS\s+(\w+)", re.IGNORECASE)
_WORD = re.compile(r"\w+")
_WORDS = frozenset({"AND", "OR", "NOT", "IN", "LIKE", "NULL", "TRUE", "FALSE", "ASC", "DESC"}) | {
    *("IS", "BETWEEN", "STARTS", "ENDS", "CONTAINS", "WITH")
}


def from_sql(query: str) -> str:
    """Return AQL that asks for the same, or the query as it is where that is not known."""
    if found := _SELECT.match(query):
        return _selected(found)
    if found := _DELETE.match(query):
        return f"{_loop(found)} REMOVE d IN {found['name']}"
    if found := _UPDATE.match(query):
        pairs = (part.partition("=") for part in found["set"].split(","))
        patch = ", ".join(f"{name.strip()}: {value.strip()}" for name, _, value in pairs)
        return f"{_loop(found)} UPDATE d WITH {{{patch}}} IN {found['name']}"
    if found := _INSERT.match(query):
        given = zip(found["names"].split(","), found["values"].split(","), strict=False)
        document = ", ".join(f"{name.strip()}: {value.strip()}" for name, value in given)
        return f"INSERT {{{document}}} INTO {found['name']}"
    return query


def _loop(found: re.Match[str], variable: str = "d") -> str:
    condition = f" FILTER {_attributes(found['where'], variable)}" if found["where"] else ""
    return f"FOR {variable} IN {found['name']}{condition}"


def _selected(found: re.Match[str]) -> str:
    variable = found["alias"] or "d"
    parts = [_loop(found, variable)]
    counted, group = _AGGREGATE.search(found["what"]), found["group"]
    if group or counted:
        alias = _ALIAS.search(found["what"])
        name = alias[1] if alias else "n"
        parts.append(_collected(group, counted, name, variable))
        returned = name if not group else f"{{{group}, {name}}}" if counted else group
    else:
        returned = _columns(found["what"], variable)
    if found["order"]:
        grouped = bool(group or counted)
        parts.append(f"SORT {found['order'] if grouped else _attributes(found['order'], variable)}")
    if found["limit"]:
        parts.append(f"LIMIT {found['limit']}")
    distinct = "DISTINCT " if found["distinct"] and not group else ""
    return " ".join([*parts, f"RETURN {distinct}{returned}"])


def _collected(group: str | None, counted: re.Match[str] | None, name: str, variable: str) -> str:
    by = f"COLLECT {group} = {variable}.{group}" if group else "COLLECT"
    if counted is None:
        return by
    if counted[2] == "*" or counted[1].upper() == "COUNT":
        return f"{by} WITH COUNT INTO {name}"
    return f"{by} AGGREGATE {name} = {counted[1].upper()}({variable}.{counted[3]})"


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

    def qualified(found: re.Match[str]) -> str:
        word = found.group()
        before, after = hidden[: found.start()], hidden[found.end() :]
        plain = word.upper() in _WORDS or word[0].isdigit() or word == variable
        inside = before.endswith((".", "@")) or after.lstrip().startswith("(")
        return word if plain or inside else f"{variable}.{word}"

    parts, end = [], 0
    for found in _WORD.finditer(hidden):
        parts += [condition[end : found.start()], qualified(found)]
        end = found.end()
    return "".join([*parts, condition[end:]])
