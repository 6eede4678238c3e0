"""Query text to syntax tree."""

from __future__ import annotations

from functools import lru_cache

from hades_mcp.embedded.aql.clauses import Query
from hades_mcp.embedded.aql.parser.cursor import TOO_MUCH_NESTING, Cursor
from hades_mcp.embedded.aql.parser.operations import body, with_collections
from hades_mcp.embedded.aql.tokens import END
from hades_mcp.embedded.errors import ArangoError

EMPTY = 1502


@lru_cache(maxsize=512)
def parse(text: str) -> Query:
    """Parse a query.

    Raises:
        ArangoError: 1501 with line and column, 1502 for an empty query, 1524 for one nested too
            deeply.
    """
    if not text.strip():
        raise ArangoError(EMPTY, "AQL: query is empty (while parsing)")
    try:
        cursor = Cursor(text, body)
        collections = with_collections(cursor)
        clauses = body(cursor)
        if cursor.kind != END:
            cursor.unexpected(END)
    except RecursionError:
        raise ArangoError(
            TOO_MUCH_NESTING, "AQL: too much nesting or too many objects (while parsing)"
        ) from None
    return Query(text, clauses, collections)
