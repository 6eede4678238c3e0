"""The lexer: query text to tokens, as ArangoDB's tokens.ll reads it."""

from __future__ import annotations

import re
from math import isfinite
from typing import TYPE_CHECKING, Any, NamedTuple

from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.values.stopping import watched

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SYNTAX_ERROR = 1501
SNIPPET = 32
LITERAL_BITS = 32  # of binary and hexadecimal literals; ArangoDB counts leading zeros, too
MAXIMUM_INTEGER = 2**63 - 1
INTEGER_DIGITS = 19  # no integer of more digits fits into 64 bits

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
INVALID = "invalid token"

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
    ",": '","',  # Bison leaves the quotes around these two
    ".": "'.'",
}
_SYNONYMS = {"&&": "AND", "||": "OR", "!": "NOT"}
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}

_PATTERN = re.compile(
    r"""
    (?P<space>[ \t\r\n]+ | //[^\n]* | /\*.*?\*/)
  | (?P<least>AT\s+LEAST\b)
  | (?P<word>\$?[a-zA-Z][_a-zA-Z0-9]* | _+[a-zA-Z][_a-zA-Z0-9]*)
  | (?P<binary>0[bB][01]+)
  | (?P<hexadecimal>0[xX][0-9a-fA-F]+)
  | (?P<double>(?:0|[1-9][0-9]*)(?:\.[0-9]+(?:[eE][-+]?[0-9]+)?|[eE][-+]?[0-9]+)
               | \.[0-9]+(?:[eE][-+]?[0-9]+)?)
  | (?P<integer>0|[1-9][0-9]*)
  | (?P<string>"[^"\\]*+(?:\\.[^"\\]*+)*+" | '[^'\\]*+(?:\\.[^'\\]*+)*+')
  | (?P<quoted>`[^`\\]*+(?:\\.[^`\\]*+)*+` | \u00b4[^\u00b4\\]*+(?:\\.[^\u00b4\\]*+)*+\u00b4)
  | @@(?P<source>_+[a-zA-Z0-9][_a-zA-Z0-9]* | [a-zA-Z0-9][_a-zA-Z0-9]*)
  | @(?P<parameter>_+[a-zA-Z0-9][_a-zA-Z0-9]* | [a-zA-Z0-9][_a-zA-Z0-9]*)
  | (?P<operator>=~|!~|==|!=|<=|>=|&&|\|\||\.\.|::|/(?!\*)|[-=!<>+*%?:,()\[\]{}.])
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE | re.ASCII,
)
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_IN_QUOTES = frozenset({"string", "quoted"})
_UNTERMINATED = {
    '"': "unexpected unterminated string literal",
    "'": "unexpected unterminated string literal",
    "`": "unexpected unterminated identifier",
    "\u00b4": "unexpected unterminated identifier",
    "/*": "unexpected unterminated multi-line comment",
}
_NOT_ZERO = re.compile(r"[0.]*[1-9]")
_SPACES = re.compile(r"\n|[ \t\r]+")
_LITERAL = re.compile(r"\\.|\n|.")
_PIECES = dict.fromkeys("\"'`\u00b4", _LITERAL) | {
    "//": re.compile(r"//|[^\n]+"),
    "/*": re.compile(r"/\*|\*/|\n|\*|[^*\n]+"),
}


class Token(NamedTuple):
    """One token.

    Attributes:
        kind: A keyword, an operator's characters, or IDENTIFIER, STRING, INTEGER and so on.
        value: The value of a literal, or the name of an identifier or parameter; of an INVALID
            token the complaint, if there is one of its own.
        at: Where ArangoDB says that it is, counted in characters from the start of the query: what
            stands in quotes is at its closing quote.
    """

    kind: str
    value: Any
    at: int

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
    start = text.rfind("\n", 0, at) + 1
    line = text.count("\n", 0, at) + 1
    column = len(text[start:at].encode("utf-8", "surrogatepass")) + 1  # ArangoDB counts bytes
    near = text[at : at + SNIPPET] + ("..." if len(text) >= at + SNIPPET else "")
    return ArangoError(
        SYNTAX_ERROR, f"AQL: {message} near '{near}' at position {line}:{column} (while parsing)"
    )


def tokenize(text: str) -> list[Token]:
    """Split a query into tokens; the last one is of kind END.

    What is no token becomes one of kind INVALID, so that the parser complains where it comes to
    it: an earlier mistake is told first. After an unterminated literal nothing follows.
    """
    return list(watched(_scan(text)))


def _scan(text: str) -> Iterator[Token]:
    at, last, spaced = 0, 0, False
    while at < len(text):
        match = _PATTERN.match(text, at)
        if match is None:
            complaint = _UNTERMINATED.get(text[at] if text[at] != "/" else text[at : at + 2])
            if complaint is None:
                yield Token(INVALID, None, at)
                at, last, spaced = at + 1, at, False
                continue
            last, spaced = _last_rule(text, at), False
            yield Token(INVALID, complaint, last)
            break
        group, end = match.lastgroup or "", match.end()
        spaced = group == "space"
        if spaced:
            last = at
        else:
            last = end - 1 if group in _IN_QUOTES else at
            yield _token(group, match[group], last)
        at = end
    yield Token(END, None, _last_rule(text, last) if spaced else last)


def _last_rule(text: str, start: int) -> int:
    """Return where the last piece of white space, a comment or an open literal starts.

    It is where ArangoDB's scanner stands when there is no more to read, as its scanner takes these
    in pieces; after a line break it stands at the start of the next line.
    """
    pattern = _PIECES.get(text[start], _PIECES.get(text[start : start + 2], _SPACES))
    pieces = list(pattern.finditer(text, start))
    return pieces[-1].end() if pieces[-1][0] == "\n" else pieces[-1].start()


def _token(group: str, text: str, at: int) -> Token:
    match group:
        case "word":
            upper = text.upper()
            return Token(upper if upper in KEYWORDS else IDENTIFIER, text, at)
        case "operator":
            return Token(_SYNONYMS.get(text, text), text, at)
        case "quoted":
            return Token(IDENTIFIER, unescape(text[1:-1]), at)
        case "binary" | "hexadecimal":
            return _bits(group, text, at)
        case _:
            kind, read = _READERS[group]
            return Token(kind, read(text), at)


def _bits(group: str, text: str, at: int) -> Token:
    base, name = (2, "binary") if group == "binary" else (16, "hex")
    if len(text) - 2 > (LITERAL_BITS if base == 2 else LITERAL_BITS // 4):  # noqa: PLR2004
        return Token(INVALID, f"{name} number literal value exceeds the supported range", at)
    return Token(INTEGER, int(text, base), at)


def _double(text: str) -> float | None:
    """Read a number; what is too large or too near to 0 for a double is null, as in ArangoDB."""
    number = float(text)
    lost = number == 0 and _NOT_ZERO.match(text)
    return number if isfinite(number) and not lost else None


def _integer(text: str) -> float | None:
    if len(text) > INTEGER_DIGITS:
        return _double(text)
    value = int(text)
    return value if value <= MAXIMUM_INTEGER else float(value)


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
    "integer": (INTEGER, _integer),
    "double": (DOUBLE, _double),
    "string": (STRING, lambda text: unescape(text[1:-1])),
    "least": (AT_LEAST, str),
    "source": (SOURCE_PARAMETER, lambda name: "@" + name),
    "parameter": (PARAMETER, str),
}
