"""Query text to syntax tree."""

from __future__ import annotations

from functools import lru_cache

from hades_mcp.embedded.aql.clauses import Query
from hades_mcp.embedded.aql.depth import room_for
from hades_mcp.embedded.aql.nodes import depth_of
from hades_mcp.embedded.aql.parser.cursor import MAXIMUM_RECURSION, Cursor, too_much_nesting
from hades_mcp.embedded.aql.parser.operations import body, with_collections
from hades_mcp.embedded.aql.tokens import END, INVALID, syntax_error
from hades_mcp.embedded.errors import ArangoError

EMPTY = 1502
LONG = 50_000  # characters; the tree of a query takes a hundred times the memory of its text
MAXIMUM_DEPTH = 500  # ArangoDB's `Ast::maxExpressionNesting`


def parse(text: str) -> Query:
    """Parse a query; the queries parsed last are kept, of long ones only two.

    Raises:
        ArangoError: 1501 with line and column, 1502 for an empty query, 1524 for one nested too
            deeply.
    """
    return _parsed(text) if len(text) <= LONG else _parsed_long(text)


def _parse(text: str) -> Query:
    if not text.strip():
        raise ArangoError(EMPTY, "AQL: query is empty (while parsing)")
    try:
        text.encode()
    except UnicodeEncodeError as error:  # a lone surrogate, which no UTF-8 can hold
        raise syntax_error(text, error.start, f"syntax error, unexpected {INVALID}") from None
    cursor = Cursor(text, body)
    try:
        with room_for(MAXIMUM_RECURSION):
            collections = with_collections(cursor)
            clauses = body(cursor)
    except RecursionError:  # where a build of Python allows fewer levels than we do
        raise too_much_nesting() from None
    if cursor.kind != END:
        cursor.unexpected(END)
    depth = depth_of(clauses)
    if depth > MAXIMUM_DEPTH:
        raise too_much_nesting()
    return Query(text, clauses, collections, depth + cursor.operations, cursor.out_of_range)


_parsed = lru_cache(maxsize=512)(_parse)
_parsed_long = lru_cache(maxsize=2)(_parse)
