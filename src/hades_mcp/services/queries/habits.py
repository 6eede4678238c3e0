"""Habits of other languages that small models bring along, and what AQL writes instead."""

from __future__ import annotations

import re

_STRING = re.compile(
    r"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'|`[^`]*`|//[^\n]*|/\*.*?\*/", re.DOTALL
)

# a long query is not looked through to its end for each quote that is not closed
_STRING_OR_REST = re.compile(
    r"\"(?:\\.|[^\"\\])*(?:\"|\\?\Z)|'(?:\\.|[^'\\])*(?:'|\\?\Z)|`[^`]*(?:`|\Z)|//[^\n]*|/\*.*?(?:\*/|\Z)",
    re.DOTALL,
)

LONGEST = 1_500
"""Characters of a query that is looked at for mistakes: small models make them in short ones."""

_V = r"([\w.@~\[\]]+)"  # an operand: a name, an attribute, a parameter, a number, a masked string
_C = r"([\w.@~<>=! ]{1,60}?)"  # a short condition or value

_RAW: tuple[tuple[str, str], ...] = (
    (r"^\s*```\w*\s*|\s*```\s*$", ""),
    (r"^\s*(?:aql|query)\s*:\s*|^\s*EXPLAIN\s+", ""),
    ("[\u201c\u201d\u201e]", '"'),
    ("[\u2018\u2019]", "'"),
    (r"'(\w+)'(\w+)'", r'''"\1'\2"'''),
    (r"`(\w+)\.(\w+)`", r"\1.\2"),
    (r"=~\s*/([^/\n]*)/\w*", r'=~ "\1"'),
)
"""Pattern → replacement, where quotes themselves are the mistake."""

_HABITS: tuple[tuple[str, str], ...] = (
    (r"(?:--|#)(?= )", "//"),
    (r"\b(?:WHERE|HAVING)\b", "FILTER"),
    (r"\bORDER\s+BY\b", "SORT"),
    (r"\b(?:TOP|TAKE)\s+(\d+)", "LIMIT {0}"),
    (r"\bLIMIT\s+(\d+)\s+OFFSET\s+(\d+)", "LIMIT {1}, {0}"),
    (r"\bLIMIT\s+(\d+)\s*,(?=\s*[A-Z])", "LIMIT {0}"),
    (r"===", "=="),
    (r"!==", "!="),
    (r"<>", "!="),
    (rf"\bNOT\s+EXISTS\s*\(\s*{_V}\s*\)", "{0} == null"),
    (rf"\bEXISTS\s*\(\s*{_V}\s*\)", "{0} != null"),
    (r"\bIS\s+NOT\s+NULL\b", "!= null"),
    (r"\bIS\s+NULL\b", "== null"),
    (r"\b(?:undefined|None|nil)\b(?!\s*[(==])", "null"),
    (rf"{_V}\s+BETWEEN\s+{_V}\s+AND\s+{_V}", "{0} >= {1} AND {0} <= {2}"),
    (rf"{_V}\s+CONTAINS\s+{_V}", "CONTAINS({0}, {1})"),
    (rf"{_V}\s+STARTS\s*_?WITH\s+{_V}", "STARTS_WITH({0}, {1})"),
    (rf"{_V}\s+ENDS\s*_?WITH\s+{_V}", '{0} LIKE CONCAT("%", {1})'),
    (r"\bIN\s*\(([\w\s,.@~]+)\)", "IN [{0}]"),
    (r"\bIF\s*\(([^(),]+),([^(),]+),([^(),]+)\)", "({0} ? {1} : {2})"),
    (rf"\bCASE\s+WHEN\s+{_C}\s+THEN\s+{_C}\s+ELSE\s+{_C}\s+END\b", "({0} ? {1} : {2})"),
    (rf"{_V}\[(\d+):(\d+)\]", "SLICE({0}, {1}, {2})"),
    (r"(?<==)\s*[$:](\w+)", " @{0}"),
    (r"(?<===)\s*\?(?=\s|$)", " @value"),
    (r"(\w)(?:->|::)(?=\w+\b(?!\())", "{0}."),
    (r"(?<![\w~-])(\d{4}-\d\d-\d\d)(?![\w~-])", '"{0}"'),
    (rf"{_V}\s+~\s+{_V}", "{0} =~ {1}"),
    (r"\bFOR\s*\(\s*(?:let\s+|const\s+|var\s+)?(\w+)\s+(?:IN|OF)\s+(\w+)\s*\)", "FOR {0} IN {1}"),
    (r"\bFOR\s+(\w+)\s+OF\b", "FOR {0} IN"),
    (r"\{\s*(RETURN\b[^{}]*)\}\s*$", "{0}"),
    (r"\bDO\s+(?=[A-Z])|\s+END\s*$", ""),
    (r"\bFOR\s+(\w+)\s*,\s*\w+\s+IN\s+(\w+)\b", "FOR {0} IN {1}"),
    (r"\b(?:INNER\s+)?JOIN\s+(\w+)\s+IN\s+(\w+)\s+ON\b", "FOR {0} IN {1} FILTER"),
    (r"\bRETURN\s+ALL\b", "RETURN"),
    (r"\bRETURN\s+([\w.]+)\s+AS\s+(\w+)", "RETURN {{{1}: {0}}}"),
    (r"\bRETURN\s+([\w.]+(?:\s*,\s*[\w.]+)+)\s*$", "RETURN [{0}]"),
    (r"\bRETURN\s+COUNT\(\s*\*?\s*\)", "COLLECT WITH COUNT INTO n RETURN n"),
    (r"\bWITH\s+COUNT\s+(?!INTO)", "WITH COUNT INTO n "),
    (r"\bFOR\s+(\w+)\s+IN\s+(\w+)\s+AGGREGATE\b", "FOR {0} IN {1} COLLECT AGGREGATE"),
    (r"\bOUT\s+(?=~)", "OUTBOUND "),
    (r"\b(OUTBOUND|INBOUND|ANY)\s+FROM\b", "{0}"),
    (rf"\b(OUTBOUND|INBOUND|ANY)\s+{_V}\s+(\w+)\s+(\d+\.\.\d+)", "{3} {0} {1} {2}"),
    (r"\}\s+TO\s+(?=\w)", "}} INTO "),
    (
        r"\bFOR\s+(\w+)\s+IN\s+(\w+)\b(.*)\bUPDATE\s+\1\s+SET\s+(\w+)\s*=\s*([\w.~]+)\s*$",
        "FOR {0} IN {1}{2}UPDATE {0} WITH {{{3}: {4}}} IN {1}",
    ),
    (
        r"^\s*db\.(\w+)\.find\w*\(\s*(\{[^{}]*\})\s*\)\s*$",
        "FOR d IN {0} FILTER MATCHES(d, {1}) RETURN d",
    ),
    (r"^\s*(?:SHOW|DESCRIBE|LIST)\s+(?:TABLES|COLLECTIONS)\s*$", "RETURN COLLECTIONS()[*].name"),
)
"""Pattern → what stands there instead; strings are masked as `~` while it is looked for."""

METHODS = {
    "tolowercase": "LOWER",
    "lower": "LOWER",
    "touppercase": "UPPER",
    "upper": "UPPER",
    "trim": "TRIM",
    "strip": "TRIM",
    "length": "LENGTH",
    "size": "LENGTH",
    "count": "LENGTH",
    "includes": "CONTAINS",
    "contains": "CONTAINS",
    "startswith": "STARTS_WITH",
    "indexof": "FIND_FIRST",
    "substring": "SUBSTRING",
    "substr": "SUBSTRING",
    "split": "SPLIT",
    "replace": "SUBSTITUTE",
    "tostring": "TO_STRING",
    "tofixed": "ROUND",
    "slice": "SLICE",
    "reverse": "REVERSE",
    "concat": "CONCAT",
    "push": "PUSH",
    "keys": "ATTRIBUTES",
    "values": "VALUES",
}
"""Methods of other languages → functions of AQL that take the same first."""

SYNONYMS = {
    "ARRAY_LENGTH": "LENGTH",
    "CEILING": "CEIL",
    "CHARINDEX": "FIND_FIRST",
    "COALESCE": "NOT_NULL",
    "CURRENT_TIMESTAMP": "DATE_NOW",
    "DATEDIFF": "DATE_DIFF",
    "GETDATE": "DATE_NOW",
    "IFNULL": "NOT_NULL",
    "INSTR": "FIND_FIRST",
    "INT": "TO_NUMBER",
    "ISNULL": "IS_NULL",
    "KEYS": "ATTRIBUTES",
    "LCASE": "LOWER",
    "LEN": "LENGTH",
    "MEAN": "AVERAGE",
    "NOW": "DATE_NOW",
    "NVL": "NOT_NULL",
    "PARSEINT": "TO_NUMBER",
    "POWER": "POW",
    "SIZE": "LENGTH",
    "STARTSWITH": "STARTS_WITH",
    "STR": "TO_STRING",
    "STRLEN": "LENGTH",
    "STRPOS": "FIND_FIRST",
    "UCASE": "UPPER",
}
"""Functions of other languages → those of AQL that do it, where the names are not near."""

_METHOD = re.compile(rf"{_V}\.(\w+)\((\s*\))?")


def masked(query: str) -> str:
    """Return a query with its strings, quoted names and comments blanked, each place kept."""
    known = _STRING if len(query) <= LONGEST else _STRING_OR_REST
    return known.sub(lambda found: re.sub(r"[^\n]", "~", found.group()), query)


def substituted(query: str, pattern: str, template: str) -> str:
    """Return a query with what fits a pattern, outside of strings, written as the template has it.

    Args:
        query: AQL, or nearly.
        pattern: Looked for in the masked query.
        template: With `{0}` for the text of the first group.
    """
    found = list(re.finditer(pattern, masked(query), re.IGNORECASE | re.DOTALL))
    for match in reversed(found):
        groups = [query[slice(*match.span(n))] for n in range(1, (match.re.groups or 0) + 1)]
        query = f"{query[: match.start()]}{template.format(*groups)}{query[match.end() :]}"
    return query


def plain_quotes(query: str) -> str:
    """Return a query without fences, typographic quotes and the like."""
    if len(query) > LONGEST:
        return query
    for pattern, replacement in _RAW:
        query = re.sub(pattern, replacement, query, flags=re.IGNORECASE)
    return query


def unaccustomed(query: str) -> str:
    """Return a query with the words of SQL, JavaScript and others written as AQL has them."""
    if len(query) > LONGEST:
        return query
    for pattern, template in _HABITS:
        query = substituted(query, pattern, template)
    return _without_methods(_grouped(query))


def _grouped(query: str) -> str:
    """Write `COLLECT kind = d.kind` for `GROUP BY d.kind`, and `kind` for `d.kind` behind it."""
    found = re.search(r"\bGROUP\s+BY\s+(\w+\.(\w+))", masked(query), re.IGNORECASE)
    if found is None:
        return query
    name = found[2]
    rest = substituted(query[found.end() :], rf"\b{re.escape(found[1])}\b", name)
    counted = substituted(rest, r"\bCOUNT\([^()]*\)", "n")
    into = " WITH COUNT INTO n" if counted != rest else ""
    return f"{query[: found.start()]}COLLECT {name} = {found[1]}{into}{counted}"


def _without_methods(query: str) -> str:
    """Write `LOWER(d.title)` for `d.title.toLowerCase()`."""
    for found in reversed(list(_METHOD.finditer(masked(query)))):
        function = METHODS.get(found[2].lower())
        if function is not None:
            subject = query[slice(*found.span(1))]
            end = ")" if found[3] else ", "
            query = f"{query[: found.start()]}{function}({subject}{end}{query[found.end() :]}"
    return query
