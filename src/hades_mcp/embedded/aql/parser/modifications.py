"""INSERT, UPDATE, REPLACE, REMOVE and UPSERT."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hades_mcp.embedded.aql.clauses import Insert, Remove, Update, Upsert
from hades_mcp.embedded.aql.nodes import Expression, Name, Node, Parameter
from hades_mcp.embedded.aql.parser.expressions import expression, object_literal, options
from hades_mcp.embedded.aql.tokens import IDENTIFIER, PARAMETER, SOURCE_PARAMETER, STRING

if TYPE_CHECKING:
    from hades_mcp.embedded.aql.parser.cursor import Cursor


def insert(cursor: Cursor) -> tuple[Node, ...]:
    """Parse `INSERT document INTO collection`."""
    at = cursor.expect("INSERT").at
    document = expression(cursor, without_in=True)
    return (Insert(document=document, collection=_into(cursor), options=options(cursor), at=at),)


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
            options=options(cursor),
            at=token.at,
        ),
    )


def remove(cursor: Cursor) -> tuple[Node, ...]:
    """Parse `REMOVE key IN collection`."""
    at = cursor.expect("REMOVE").at
    key = expression(cursor, without_in=True)
    return (Remove(key=key, collection=_into(cursor), options=options(cursor), at=at),)


def upsert(cursor: Cursor) -> tuple[Node, ...]:
    """Parse `UPSERT search INSERT document UPDATE patch IN collection`."""
    at = cursor.expect("UPSERT").at
    search = condition = None
    if cursor.accept("FILTER"):
        condition = expression(cursor)
    else:
        search = _example(cursor)
    cursor.expect("INSERT")
    document = expression(cursor)
    replace = cursor.accept("REPLACE") is not None
    if not replace:
        cursor.then("UPDATE")
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
            options=options(cursor),
            at=at,
        ),
    )


def _example(cursor: Cursor) -> Expression:
    if cursor.kind in {PARAMETER, SOURCE_PARAMETER}:
        token = cursor.advance()
        return Parameter(token.value, collection=token.kind == SOURCE_PARAMETER, at=token.at)
    return object_literal(cursor)


def _into(cursor: Cursor) -> Expression:
    if not cursor.accept("INTO"):
        cursor.then("IN")
    token = cursor.token
    if token.kind not in {IDENTIFIER, STRING, SOURCE_PARAMETER}:
        cursor.unexpected()
    cursor.advance()
    if token.kind == SOURCE_PARAMETER:
        return Parameter(token.value, collection=True, at=token.at)
    return Name(token.value, at=token.at)
