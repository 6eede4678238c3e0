"""Finds which vectors a query asks for: those whose attribute it names in what it returns."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any

from hades_mcp.services.projection import NAMED, NOTHING, Asked

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hades_mcp.embedded.aql.nodes import Attribute, Expansion, Index, Node

_ELEMENT = "CURRENT"


def asked_for(query: str, bind: dict[str, Any]) -> Asked:
    """Return where in its rows a query names what it returns: `RETURN {v: c.embedding}`.

    It is read from the syntax tree: `RETURN c` names nothing, nor does a FILTER or SORT by
    `c.embedding`; `LET v = c.embedding RETURN v` does.

    Args:
        query: AQL; one that does not parse here, for a newer server, asks for nothing.
        bind: Its bind variables: `c.@attribute` names one too.
    """
    from hades_mcp.embedded.aql import parse  # noqa: PLC0415  tools import names only
    from hades_mcp.embedded.errors import ArangoError  # noqa: PLC0415

    try:
        return _Reader(bind).rows(parse(query).clauses, {})
    except (ArangoError, RecursionError):
        return NOTHING


class _Reader:
    """Goes through clauses in order, remembering what was asked for in each variable."""

    def __init__(self, bind: dict[str, Any]) -> None:
        self._bind = bind

    def rows(self, clauses: Iterable[Node], outer: dict[str, Asked]) -> Asked:
        from hades_mcp.embedded.aql import clauses as c  # noqa: PLC0415

        known = dict(outer)
        for clause in clauses:
            match clause:
                case c.For():
                    self._assign(clause.target, self.value(clause.source, known).each(), known)
                case c.Let():
                    self._assign(clause.target, self.value(clause.value, known), known)
                case c.Collect():
                    told = (*clause.groups, *clause.aggregates)
                    found = {one.name: self.value(one.value, known) for one in told}
                    if clause.into and clause.into_value is not None:
                        found[clause.into] = Asked(items=self.value(clause.into_value, known))
                    known |= found
                case c.Window():
                    known |= {one.name: self.value(one.value, known) for one in clause.aggregates}
                case c.Return():
                    return self.value(clause.value, known)
        return NOTHING

    def value(self, node: Node | None, known: dict[str, Asked]) -> Asked:
        from hades_mcp.embedded.aql import nodes as n  # noqa: PLC0415

        match node:
            case n.Name(name=name):
                return known.get(name, NOTHING)
            case n.Element():
                return known.get(_ELEMENT, NOTHING)
            case n.Attribute() | n.Index() | n.Expansion():
                return self._inside(node, known)
            case n.ObjectLiteral():
                keyed = ((self._key(entry.key), entry.value) for entry in node.entries)
                return Asked(entries={k: self.value(v, known) for k, v in keyed if k is not None})
            case n.SubqueryExpression():
                return Asked(items=self.rows(node.body, known))
            case n.ArrayLiteral():
                return Asked(items=self._any(node.items, known))
            case n.Call() | n.Ternary() | n.Logical():
                return self._one_of(node, known)
            case _:
                return NOTHING

    def _inside(self, node: Attribute | Index | Expansion, known: dict[str, Asked]) -> Asked:
        from hades_mcp.embedded.aql.nodes import Expansion, Index  # noqa: PLC0415

        subject = self.value(node.subject, known)
        if isinstance(node, Expansion):
            each = subject.each()
            for part in (node.projection, node.suffix):
                each = self.value(part, known | {_ELEMENT: each}) if part is not None else each
            return Asked(items=each)
        name = self._text(node.index) if isinstance(node, Index) else node.name
        if name is None:
            return subject.each()
        return NAMED | subject.entries.get(name, NOTHING)

    def _one_of(self, node: Node, known: dict[str, Asked]) -> Asked:
        from hades_mcp.embedded.aql.nodes import Call, children  # noqa: PLC0415

        if isinstance(node, Call) and node.name.upper() == "KEEP":
            keys = (self._text(argument) for argument in node.arguments[1:])
            return Asked(entries={key: NAMED for key in keys if key is not None})
        given = self._any(children(node), known)
        return given | given.each()  # FIRST takes an item out of a list

    def _any(self, nodes: Iterable[Node], known: dict[str, Asked]) -> Asked:
        return reduce(or_, (self.value(node, known) for node in nodes), NOTHING)

    def _assign(self, target: Node | None, asked: Asked, known: dict[str, Asked]) -> None:
        from hades_mcp.embedded.aql import clauses as c  # noqa: PLC0415

        match target:
            case c.NamePattern():
                known[target.name] = asked
            case c.ArrayPattern():
                for item in target.items:
                    self._assign(item, asked.each(), known)
            case c.ObjectPattern():
                for name, item in zip(target.names, target.items, strict=True):
                    self._assign(item, NAMED | asked.entries.get(name, NOTHING), known)

    def _key(self, key: str | Node) -> str | None:
        return key if isinstance(key, str) else self._text(key)

    def _text(self, node: Node) -> str | None:
        from hades_mcp.embedded.aql.nodes import Constant, Parameter  # noqa: PLC0415

        match node:
            case Constant(value=str() as text):
                return text
            case Parameter(collection=False):
                value = self._bind.get(node.name)
                return value if isinstance(value, str) else None
            case _:
                return None
