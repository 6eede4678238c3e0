"""Steps that read through an index: primary, edge, persistent or vector."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.aql.executor.step import NO_LIMIT, amount, execution_of
from hades_mcp.embedded.storage.indexes import Bound
from hades_mcp.embedded.values import order_key, truth

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hades_mcp.embedded.aql.evaluation import Compiler, Evaluate, Row
    from hades_mcp.embedded.aql.executor.execution import Execution
    from hades_mcp.embedded.aql.executor.step import Step
    from hades_mcp.embedded.aql.plan import EnumerateNearVectorNode, IndexCondition, IndexNode
    from hades_mcp.embedded.storage.collection import Collection

_ROOM = 4  # a filter drops some of the nearest: so many times more are looked for at first


def index_lookup(compiler: Compiler, node: IndexNode) -> Step:
    """Make a row of each document an index finds."""
    place, name = node.variable.id, node.collection
    find = {"primary": _primary, "edge": _edge, "persistent": _persistent}[node.kind](
        compiler, node
    )

    def step(base: Row, rows: Iterator[Row]) -> Iterator[Row]:
        execution = execution_of(base)
        check, stats = execution.check, execution.stats
        for row in rows:
            for document in find(execution.collection(name), row):
                check()
                stats.scannedIndex += 1
                new = row.copy()
                new[place] = document
                yield new

    return step


def _distinct_values(condition: IndexCondition, compiler: Compiler) -> Evaluate:
    """Compile the values of a condition on one field: one, or each of an array once, in order."""
    value = compiler.compile(condition.equal[-1])
    if not condition.many:
        return lambda row: [value(row)]

    def values(row: Row) -> list[Any]:
        found = value(row)
        if type(found) is not list:
            return []
        by_key = {order_key(item): item for item in found}
        return [by_key[key] for key in sorted(by_key)]

    return values


def _primary(
    compiler: Compiler, node: IndexNode
) -> Callable[[Collection, Row], Iterator[dict[str, Any]]]:
    values = _distinct_values(node.condition, compiler)
    by_id = node.fields == ("_id",)
    prefix = node.collection + "/"

    def find(collection: Collection, row: Row) -> Iterator[dict[str, Any]]:
        keys = [key for key in values(row) if type(key) is str]
        if by_id:
            keys = [key.removeprefix(prefix) for key in keys if key.startswith(prefix)]
        if len(keys) == 1:
            document = collection.get(keys[0])
            return iter(() if document is None else (document,))
        return iter(collection.get_many(keys).values())

    return find


def _edge(
    compiler: Compiler, node: IndexNode
) -> Callable[[Collection, Row], Iterator[dict[str, Any]]]:
    values = _distinct_values(node.condition, compiler)
    direction = "outbound" if node.fields == ("_from",) else "inbound"

    def find(collection: Collection, row: Row) -> Iterator[dict[str, Any]]:
        ids = [vertex for vertex in values(row) if type(vertex) is str]
        return collection.edges(ids, direction) if ids else iter(())

    return find


def _persistent(
    compiler: Compiler, node: IndexNode
) -> Callable[[Collection, Row], Iterator[dict[str, Any]]]:
    condition = node.condition
    fixed = [compiler.compile(value) for value in condition.equal]
    last = _distinct_values(condition, compiler) if condition.many else None
    low, high = compiler.optional(condition.low), compiler.optional(condition.high)

    def prefixes(row: Row) -> list[tuple[Any, ...]]:
        if last is None:
            return [tuple(value(row) for value in fixed)]
        start = tuple(value(row) for value in fixed[:-1])
        found = [(*start, value) for value in last(row)]
        return found[::-1] if node.reverse else found

    def find(collection: Collection, row: Row) -> Iterator[dict[str, Any]]:
        index = collection.index(node.index)
        for prefix in prefixes(row):
            start = _bound(prefix, low, row, inclusive=condition.low_inclusive)
            end = _bound(prefix, high, row, inclusive=condition.high_inclusive)
            yield from collection.lookup(index, start, end, reverse=node.reverse)

    return find


def _bound(
    prefix: tuple[Any, ...], value: Evaluate | None, row: Row, *, inclusive: bool
) -> Bound | None:
    if value is not None:
        return Bound((*prefix, value(row)), inclusive)
    return Bound(prefix) if prefix else None


def near_vector(compiler: Compiler, node: EnumerateNearVectorNode) -> Step:
    """Make a row of each of the documents nearest to a vector."""
    vector, count = compiler.compile(node.vector), compiler.compile(node.count)
    offset, condition = compiler.optional(node.offset), compiler.optional(node.filter)
    place, distance = node.variable.id, node.distance.id

    def found(execution: Execution, row: Row, most: int) -> Iterator[Row]:
        collection = execution.collection(node.collection)
        index, near = collection.index(node.index), vector(row)
        if condition is None:
            hits = iter(collection.nearest(index, near, most))
        else:
            hits = collection.by_nearness(index, near, _ROOM * most)
        for document, score in hits:
            new = row.copy()
            new[place], new[distance] = document, score
            execution.stats.scannedIndex += 1
            if condition is None or truth(condition(new)):
                yield new

    def step(base: Row, rows: Iterator[Row]) -> Iterator[Row]:
        execution = execution_of(base)
        most = amount(offset, base) + amount(count, base, NO_LIMIT)
        for row in rows:
            if most:
                yield from found(execution, row, most)

    return step
