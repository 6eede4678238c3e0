"""The lexer: query text to tokens, as ArangoDB's tokens.ll reads it."""

from __future__ import annotations

import re
from math import isfinite
from typing import TYPE_CHECKING, Any, NamedTuple

from hades_mcp.embedded.errors import ArangoError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SYNTAX_ERROR = 1501
SNIPPET = 32
MAXIMUM_INTEGER = 2**63 - 1
DOUBLE_BITS = 1023  # an integer of more may be no double

KEYWORDS: dict[str, str] = {
    "AGGREGATE": "AGGREGATE keyword",
    "ALL": "all modifier",
    "ALL_SHORTEST_PATHS": "ALL_SHORTEST_PATHS keyword",
    "AND": "and operator",
    "ANY": "any modifier",
    "ASC": "ASC keyword",
    "COLLECT": "COLLECT declaration",
    "DESC": "DESC keyword",
    "DISTINCT": "DISTINCT modifier",
    "FALSE": "false",
    "FILTER": "FILTER declaration",
    "FOR": "FOR declaration",
    "GRAPH": "GRAPH keyword",
    "IN": "IN keyword",
    "INBOUND": "inbound modifier",
    "INSERT": "INSERT command",
    "INTO": "INTO keyword",
    "K_PATHS": "K_PATHS keyword",
    "K_SHORTEST_PATHS": "K_SHORTEST_PATHS keyword",
    "LET": "LET declaration",
    "LIKE": "like operator",
    "LIMIT": "LIMIT declaration",
    "NONE": "none modifier",
    "NOT": "not operator",
    "NULL": "null",
    "OR": "or operator",
    "OUTBOUND": "outbound modifier",
    "REMOVE": "REMOVE command",
    "REPLACE": "REPLACE command",
    "RETURN": "RETURN declaration",
    "SHORTEST_PATH": "SHORTEST_PATH keyword",
    "SORT": "SORT declaration",
    "TRUE": "true",
    "UPDATE": "UPDATE command",
    "UPSERT": "UPSERT command",
    "WINDOW": "WINDOW declaration",
    "WITH": "WITH keyword",
}
"""The reserved words, with the names ArangoDB's parser gives them in its messages."""

IDENTIFIER, STRING, INTEGER, DOUBLE = "identifier", "quoted string", "integer number", "number"
PARAMETER, SOURCE_PARAMETER = "bind parameter", "bind data source parameter"
AT_LEAST, END = "at least modifier", "end of query string"

_OPERATOR_NAMES: dict[str, str] = {
    "=": "assignment",
    "!": "not operator",
    "=~": "~= operator",
    "!~": "~! operator",
    "==": "== operator",
    "!=": "!= operator",
    "<": "< operator",
    ">": "> operator",
    "<=": "<= operator",
    ">=": ">= operator",
    "+": "+ operator",
    "-": "- operator",
    "*": "* operator",
    "/": "/ operator",
    "%": "% operator",
}
_SYNONYMS = {"&&": "AND", "||": "OR", "!": "NOT"}
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}

_PATTERN = re.compile(
    r"""
    (?P<space>\s+ | //[^\n]* | /\*.*?\*/)
  | (?P<least>AT\s+LEAST\b)
  | (?P<word>\$?[a-zA-Z][_a-zA-Z0-9]* | _+[a-zA-Z][_a-zA-Z0-9]*)
  | (?P<binary>0[bB][01]+)
  | (?P<hexadecimal>0[xX][0-9a-fA-F]+)
  | (?P<double>(?:0|[1-9][0-9]*)(?:\.[0-9]+(?:[eE][-+]?[0-9]+)?|[eE][-+]?[0-9]+)
               | \.[0-9]+(?:[eE][-+]?[0-9]+)?)
  | (?P<integer>0|[1-9][0-9]*)
  | (?P<string>"(?:[^"\\]|\\.)*" | '(?:[^'\\]|\\.)*')
  | (?P<quoted>`(?:[^`\\]|\\.)*` | \u00b4(?:[^\u00b4\\]|\\.)*\u00b4)
  | @@(?P<source>_+[a-zA-Z0-9][_a-zA-Z0-9]* | [a-zA-Z0-9][_a-zA-Z0-9]*)
  | @(?P<parameter>_+[a-zA-Z0-9][_a-zA-Z0-9]* | [a-zA-Z0-9][_a-zA-Z0-9]*)
  | (?P<operator>=~|!~|==|!=|<=|>=|&&|\|\||\.\.|::|/(?!\*)|[-=!<>+*%?:,()\[\]{}.])
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE | re.ASCII,
)
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)


class Token(NamedTuple):
    """One token.

    Attributes:
        kind: A keyword, an operator's characters, or IDENTIFIER, STRING, INTEGER and so on.
        value: The value of a literal, or the name of an identifier or parameter.
        at: Where it starts, counted in characters from the start of the query.
        quoted: Whether an identifier was written between backticks.
    """

    kind: str
    value: Any
    at: int
    quoted: bool = False

    @property
    def description(self) -> str:
        """The name ArangoDB's messages give this kind of token."""
        return KEYWORDS.get(self.kind) or _OPERATOR_NAMES.get(self.kind, self.kind)


def describe(kind: str) -> str:
    """Return the name ArangoDB's messages give a kind of token."""
    return Token(kind, None, 0).description


def syntax_error(text: str, at: int, message: str) -> ArangoError:
    """Word a syntax error as ArangoDB does, with the text it is near and its position.

    Args:
        text: The whole query.
        at: Offset of the offence.
        message: What is wrong.
    """
    line = text.count("\n", 0, at) + 1
    column = at - (text.rfind("\n", 0, at) + 1) + 1
    near = text[at : at + SNIPPET] + ("..." if len(text) > at + SNIPPET else "")
    return ArangoError(
        SYNTAX_ERROR, f"AQL: {message} near '{near}' at position {line}:{column} (while parsing)"
    )


def tokenize(text: str) -> list[Token]:
    """Split a query into tokens; the last one is of kind END.

    Raises:
        ArangoError: 1501 at a character that starts no token.
    """
    return list(_scan(text))


def _scan(text: str) -> Iterator[Token]:
    at = 0
    while at < len(text):
        match = _PATTERN.match(text, at)
        if match is None:
            raise syntax_error(text, at, _complaint(text, at))
        group = match.lastgroup or ""
        if group != "space":
            yield _token(group, match[group], at)
        at = match.end()
    yield Token(END, None, len(text))


def _complaint(text: str, at: int) -> str:
    if text.startswith("/*", at):
        return "unexpected end of query in multi-line comment"
    if text[at] in "\"'":
        return "unexpected unterminated string literal"
    if text[at] in "`\u00b4":
        return "unexpected unterminated identifier"
    return f"unexpected character '{text[at]}'"


def _token(group: str, text: str, at: int) -> Token:
    match group:
        case "word":
            upper = text.upper()
            return Token(upper if upper in KEYWORDS else IDENTIFIER, text, at)
        case "operator":
            return Token(_SYNONYMS.get(text, text), text, at)
        case "quoted":
            return Token(IDENTIFIER, unescape(text[1:-1]), at, quoted=True)
        case _:
            kind, read = _READERS[group]
            return Token(kind, read(text), at)


def _double(text: str) -> float | None:
    number = float(text)
    return number if isfinite(number) else None  # as ArangoDB: null


def _in_range(value: int) -> float | None:
    if value <= MAXIMUM_INTEGER:
        return value
    return None if value.bit_length() > DOUBLE_BITS else float(value)


def unescape(text: str) -> str:
    """Resolve backslash escapes; pairs of surrogates become one character, lone ones are lost."""
    if "\\" not in text:
        return text
    plain = _ESCAPE.sub(_resolve, text)
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _resolve(match: re.Match[str]) -> str:
    escaped = match[1]
    if len(escaped) > 1:
        return chr(int(escaped[1:], 16))
    return _ESCAPES.get(escaped, escaped)


_READERS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "integer": (INTEGER, lambda text: _in_range(int(text))),
    "binary": (INTEGER, lambda text: _in_range(int(text, 2))),
    "hexadecimal": (INTEGER, lambda text: _in_range(int(text, 16))),
    "double": (DOUBLE, _double),
    "string": (STRING, lambda text: unescape(text[1:-1])),
    "least": (AT_LEAST, str),
    "source": (SOURCE_PARAMETER, lambda name: "@" + name),
    "parameter": (PARAMETER, str),
}
