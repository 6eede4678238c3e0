"""Makes the commonest writes tell what they change themselves: one statement, at the end."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hades_mcp.services.journal import Change

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_ROW, _OLD, _ID, _REV = "row", "old", "id", "rev"
_OPENING, _CLOSING = frozenset({"(", "[", "{"}), frozenset({")", "]", "}"})


@dataclass(frozen=True, slots=True)
class WatchedQuery:
    """A query that answers with what it changes beside its rows.

    Args:
        text: The rewritten query.
        returning: Whether the original returned rows.
    """

    text: str
    returning: bool


@dataclass(slots=True)
class Watch:
    """Takes the changes out of the answer of a watched query.

    Args:
        query: The query that is run.

    Attributes:
        seen: `_id` → the document before the first change, and the revision after the last.
    """

    query: WatchedQuery
    seen: dict[str, tuple[dict[str, Any] | None, str | None]] = field(default_factory=dict)

    def rows(self, answer: Iterable[dict[str, Any]]) -> Iterator[Any]:
        """Yield the rows of the original query, remembering the changes."""
        for each in answer:
            old, identifier = each[_OLD], each[_ID]
            first = self.seen[identifier][0] if identifier in self.seen else old
            self.seen[identifier] = (first, each[_REV])
            if self.query.returning:
                yield each[_ROW]

    def changes(self) -> list[Change]:
        """Return what was changed."""
        return [Change(each, before, after) for each, (before, after) in self.seen.items()]


def watched(query: str) -> WatchedQuery | None:
    """Return a query that does the same and tells `OLD` and `NEW`; None where that is not sure.

    It is for a single statement without OPTIONS that stands in no subquery and is followed by
    nothing but `RETURN`: there `OLD` is the document before the change, whatever the store.
    Everything else is found out by comparing revisions, which reads the whole collection.
    """
    from hades_mcp.embedded.aql import parse  # noqa: PLC0415  for writes only
    from hades_mcp.embedded.aql.clauses import Insert, Modification, Remove, Return  # noqa: PLC0415
    from hades_mcp.embedded.aql.nodes import walk  # noqa: PLC0415
    from hades_mcp.embedded.errors import ArangoError  # noqa: PLC0415

    try:
        tree = parse(query)
    except (ArangoError, RecursionError):
        return None  # a newer server may know more than we do
    statements = [node for node in walk(tree) if isinstance(node, Modification)]
    ending = tree.clauses[-1]
    returning = isinstance(ending, Return)
    last = tree.clauses[-2] if returning and len(tree.clauses) > 1 else ending
    if len(statements) != 1 or statements[0] is not last or statements[0].options is not None:
        return None
    if isinstance(ending, Return) and ending.distinct:
        return None
    removed, inserted = isinstance(last, Remove), isinstance(last, Insert)
    told = (
        f"{_OLD}: {'null' if inserted else 'OLD'}, {_ID}: {'OLD' if removed else 'NEW'}._id, "
        f"{_REV}: {'null' if removed else 'NEW._rev'}"
    )
    text = f"{query}\nRETURN {{{told}}}"
    if returning:
        at = _last_return(query)
        row = query[at + len("RETURN") :]
        text = f"{query[:at]}RETURN {{{told}, {_ROW}: ({row}\n)}}"
    try:
        same = parse(text).clauses[:-1] == tree.clauses[: -1 if returning else None]
    except (ArangoError, RecursionError):
        same = False
    return WatchedQuery(text, returning) if same else None


def _last_return(query: str) -> int:
    """Return where the RETURN stands that is in no subquery."""
    from hades_mcp.embedded.aql.tokens import tokenize  # noqa: PLC0415

    depth, at = 0, -1
    for token in tokenize(query):
        depth += (token.kind in _OPENING) - (token.kind in _CLOSING)
        if token.kind == "RETURN" and depth == 0:
            at = token.at
    return at
