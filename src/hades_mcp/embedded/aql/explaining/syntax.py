"""The syntax tree of a query in the JSON of ArangoDB's `POST /_api/query` (attribute `ast`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from hades_mcp.embedded.aql import clauses
from hades_mcp.embedded.aql.explaining.expressions import Shown, expression_json
from hades_mcp.embedded.aql.nodes import (
    Constant,
    Element,
    Expression,
    Name,
    Node,
    Parameter,
    SubqueryExpression,
    rebuild,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_Json: TypeAlias = dict[str, Any]
_NOTHING: _Json = {"type": "no-op"}


def syntax_json(query: clauses.Query) -> list[_Json]:
    """Return the syntax tree of a parsed query, as a list of its root."""
    writer = _Writer()
    with_ = [_node("with", map(writer.collection, query.collections))] if query.collections else []
    return [_node("root", [*with_, *map(writer.clause, query.clauses)])]


def _node(kind: str, inner: Iterable[_Json] = (), **more: Any) -> _Json:
    found = list(inner)
    return {"type": kind, **more} | ({"subNodes": found} if found else {})


class _Writer:
    """Writes clause after clause, numbering variables as they are met."""

    def __init__(self) -> None:
        self._ids: dict[str, int] = {}
        self._next = 0

    def clause(self, node: Node) -> _Json:
        """Return a clause."""
        kind = type(node).__name__.lower()
        match node:
            case clauses.For(target=target, source=source, search=search, options=options):
                looped = self._source(source)
                found = [self._target(target), looped]
                if search is not None:
                    found.append(self._expression(search))
                return _node("for", [*found, self._options(options)])
            case clauses.Let(target=target, value=value):
                shown = self._expression(value)
                return _node("let", [self._target(target), shown])
            case clauses.Filter(condition=value):
                return _node("filter", [self._expression(value)])
            case clauses.Return(value=value, distinct=distinct):
                shown = self._expression(value)
                return _node("return", [_node("distinct", [shown]) if distinct else shown])
            case clauses.Modification():
                return self._modification(kind, node)
            case _:
                return self._ordering(kind, node)

    def collection(self, node: Expression) -> _Json:
        """Return the name of a collection."""
        if isinstance(node, Name):
            return _node("collection", name=node.name)
        return self._expression(node)

    def _ordering(self, kind: str, node: Node) -> _Json:
        match node:
            case clauses.Limit(offset=offset, count=count):
                first = Constant(0) if offset is None else offset
                return _node(kind, [self._expression(first), self._expression(count)])
            case clauses.Sort(items=items):
                return _node(kind, [_node("array", map(self._criterion, items))])
            case clauses.Collect():
                return self._collect(node)
            case _:
                return self._walk(kind, node)

    def _walk(self, kind: str, node: Node) -> _Json:
        """Return a traversal, a path search or a WINDOW."""
        match node:
            case clauses.Window(value=value, bounds=bounds, aggregates=aggregates):
                ranged = _NOTHING if value is None else self._expression(value)
                return _node(kind, [ranged, self._expression(bounds), self._assigned(aggregates)])
            case clauses.Traversal(start=start, prune=prune):
                ends = [self._expression(start)]
                tail = [_NOTHING if prune is None else self._expression(prune)]
            case clauses.PathSearch(start=start, target=target):
                kind = node.kind.lower().replace("_", " ")
                ends, tail = [self._expression(start), self._expression(target)], []
            case _:
                raise AssertionError(node)  # a clause nobody told of
        steps = _NOTHING if node.steps is None else self._expression(node.steps)
        direction = _node("direction", [_value(node.direction), steps])
        if node.graph is not None:
            edges = self._expression(node.graph)
        else:
            edges = _node("collection list", [self.collection(e.collection) for e in node.edges])
        options = self._options(node.options)
        names = [self._variable(name) for name in node.names]
        return _node(kind, [direction, *ends, edges, *tail, options, *names])

    def _modification(self, kind: str, node: clauses.Modification) -> _Json:
        into = [self._options(node.options), self.collection(node.collection)]
        match node:
            case clauses.Insert(document=value) | clauses.Remove(key=value):
                return _node(kind, [*into, self._expression(value)])
            case clauses.Update(key=key, patch=patch, replace=replaces):
                which = [] if key is None else [self._expression(key)]
                kind = "replace" if replaces else "update"
                return _node(kind, [*into, self._expression(patch), *which])
            case clauses.Upsert(search=search, filter=condition, replace=replaces):
                found = search if search is not None else condition
                assert found is not None  # noqa: S101  the parser gives one of the two
                parts = map(self._expression, (found, node.document, node.patch))
                return _node("upsert", [*into, *parts], isReplace=replaces)
            case _:
                raise AssertionError(node)  # a clause nobody told of

    def _collect(self, node: clauses.Collect) -> _Json:
        groups = self._assigned(node.groups)
        found = [self._options(node.options), groups]
        if node.aggregates:
            found.append(_node("aggregations", [self._assigned(node.aggregates)]))
        value = [] if node.into_value is None else [self._expression(node.into_value)]
        kept = [self._expression(Name(each.name)) for each in node.keep or ()]
        if node.count is not None:
            return _node("collect with count", [*found, self._variable(node.count)])
        if node.into is not None:
            found += [self._variable(node.into), *value]
        return _node("collect", [*found, *([_node("array", kept)] if kept else [])])

    def _assigned(self, items: Iterable[clauses.Assignment]) -> _Json:
        shown = [(item.name, self._expression(item.value)) for item in items]
        return _node("array", [_node("assign", [self._variable(n), s]) for n, s in shown])

    def _criterion(self, item: clauses.SortItem) -> _Json:
        way = _value(not item.descending)
        if item.direction is not None:
            way = self._expression(item.direction)
        return _node("sort element", [self._expression(item.value), way])

    def _source(self, source: Expression) -> _Json:
        if isinstance(source, Name) and source.name not in self._ids:
            return self.collection(source)
        return self._expression(source)

    def _options(self, options: Expression | None) -> _Json:
        return _NOTHING if options is None else self._expression(options)

    def _target(self, pattern: clauses.Pattern) -> _Json:
        names = list(_names(pattern))
        if isinstance(pattern, clauses.NamePattern):
            return self._variable(pattern.name)
        return _node("destructuring", map(self._variable, names))

    def _variable(self, name: str) -> _Json:
        self._ids[name] = self._next
        self._next += 1
        return _node("variable", name=name, id=self._ids[name])

    def _expression(self, node: Expression) -> _Json:
        return expression_json(self._shown(node), numbered=False)

    def _shown(self, node: Node) -> Node:
        """Return an expression whose names and subqueries are written already."""
        match node:
            case Name(name=name) if name in self._ids:
                known = self._ids[name]
                return Shown(_node("reference", name=name, id=known, subqueryReference=False))
            case Name(name=name) if name not in {"CURRENT", "OLD", "NEW"}:
                return Shown(_node("collection", name=name))
            case Name(name=name):
                return Shown(_node("reference", name=name))
            case Element():
                return Shown(_node("reference", name="CURRENT"))
            case Parameter(name=name):
                return Shown(_node("parameter", name=name))
            case SubqueryExpression(body=body):
                return Shown(_node("subquery", [_node("root", map(self.clause, body))]))
            case _:
                return rebuild(node, self._shown)


def _value(value: str | bool) -> _Json:  # noqa: FBT001  a value, not a flag
    return {"type": "value", "value": value}


def _names(pattern: clauses.Pattern | None) -> Iterator[str]:
    match pattern:
        case clauses.NamePattern(name=name):
            yield name
        case clauses.ArrayPattern(items=items) | clauses.ObjectPattern(items=items):
            for item in items:
                yield from _names(item)
        case None:
            return
