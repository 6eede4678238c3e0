"""INSERT, UPDATE, REPLACE, REMOVE and UPSERT."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hades_mcp.embedded.aql.clauses import Insert, Remove, Update, Upsert
from hades_mcp.embedded.aql.nodes import Expression, Name, Node, ObjectLiteral, Parameter
from hades_mcp.embedded.aql.parser.expressions import expression, object_literal
from hades_mcp.embedded.aql.tokens import IDENTIFIER, SOURCE_PARAMETER, STRING

if TYPE_CHECKING:
    from hades_mcp.embedded.aql.parser.cursor import Cursor


def insert(cursor: Cursor) -> tuple[Node, ...]:
    """Parse `INSERT document INTO collection`."""
    at = cursor.expect("INSERT").at
    document = expression(cursor, without_in=True)
    return (Insert(document=document, collection=_into(cursor), options=_options(cursor), at=at),)


def update(cursor: Cursor) -> tuple[Node, ...]:
    """Parse UPDATE or REPLACE, with a key or with a document that holds it."""
    token = cursor.advance()
    patch = expression(cursor, without_in=True)
    key = None
    if cursor.accept("WITH"):
        key, patch = patch, expression(cursor, without_in=True)
    collection = _into(cursor)
    return (
        Update(
            key=key,
            patch=patch,
            replace=token.kind == "REPLACE",
            collection=collection,
            options=_options(cursor),
            at=token.at,
        ),
    )


def remove(cursor: Cursor) -> tuple[Node, ...]:
    """Parse `REMOVE key IN collection`."""
    at = cursor.expect("REMOVE").at
    key = expression(cursor, without_in=True)
    return (Remove(key=key, collection=_into(cursor), options=_options(cursor), at=at),)


def upsert(cursor: Cursor) -> tuple[Node, ...]:
    """Parse `UPSERT search INSERT document UPDATE patch IN collection`."""
    at = cursor.expect("UPSERT").at
    search = condition = None
    if cursor.accept("FILTER"):
        condition = expression(cursor)
    else:
        search = expression(cursor)
    cursor.expect("INSERT")
    document = expression(cursor)
    replace = cursor.kind == "REPLACE"
    cursor.expect("REPLACE" if replace else "UPDATE")
    patch = expression(cursor, without_in=True)
    collection = _into(cursor)
    return (
        Upsert(
            search=search,
            filter=condition,
            document=document,
            patch=patch,
            replace=replace,
            collection=collection,
            options=_options(cursor),
            at=at,
        ),
    )


def _into(cursor: Cursor) -> Expression:
    if not cursor.accept("INTO"):
        cursor.expect("IN")
    token = cursor.token
    if token.kind not in {IDENTIFIER, STRING, SOURCE_PARAMETER}:
        cursor.unexpected()
    cursor.advance()
    if token.kind == SOURCE_PARAMETER:
        return Parameter(token.value, collection=True, at=token.at)
    return Name(token.value, at=token.at)


def _options(cursor: Cursor) -> ObjectLiteral | None:
    return object_literal(cursor) if cursor.accept_word("OPTIONS") else None
