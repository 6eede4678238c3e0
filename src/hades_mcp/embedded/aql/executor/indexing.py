"""Steps that read through an index: primary, edge, persistent or vector."""

from __future__ import annotations

import math
import re
from itertools import product, repeat
from typing import TYPE_CHECKING, Any, TypeAlias, assert_never

from hades_mcp.embedded.aql.evaluation.comparison import contained
from hades_mcp.embedded.aql.executor.projecting import IDENTITY
from hades_mcp.embedded.aql.executor.step import NO_LIMIT, amount, execution_of
from hades_mcp.embedded.storage.indexes import Bound
from hades_mcp.embedded.storage.sorted_table import descend, reader
from hades_mcp.embedded.values import order_key, truth

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from hades_mcp.embedded.aql.evaluation import Compiler, Evaluate, Row
    from hades_mcp.embedded.aql.executor.execution import Execution
    from hades_mcp.embedded.aql.executor.step import Step
    from hades_mcp.embedded.aql.plan import (
        EnumerateCollectionNode,
        IndexLookup,
        IndexNode,
    )
    from hades_mcp.embedded.aql.vector_plan import EnumerateNearVectorNode
    from hades_mcp.embedded.storage.collection import Collection
    from hades_mcp.embedded.traversal import Direction


_ROOM = 4  # a filter drops some of the nearest: so many times more are looked for at first
_MANY = 20_000  # to find so many by a filter first costs more than to try the nearest
_DECOMPOSED = re.compile("[;`K]")
_Document: TypeAlias = "dict[str, Any]"
_Find: TypeAlias = "Callable[[Collection, Row], Iterator[_Document]]"
_Test: TypeAlias = "Callable[[_Document], bool]"


def index_lookup(compiler: Compiler, node: IndexNode) -> Step:
    """Make a row of each document an index finds."""
    name = node.collection
    lookups: list[IndexNode | IndexLookup] = [node, *node.also]
    finds = [_finder(compiler, node, lookup) for lookup in lookups]
    find = finds[0] if len(finds) == 1 else _each_once(finds)
    store, place = storing(node), None if node.projections else node.variable.id

    def step(base: Row, rows: Iterator[Row]) -> Iterator[Row]:
        execution = execution_of(base)
        check, stats = execution.check, execution.stats
        for row in rows:
            for document in find(execution.collection(name), row):
                check()
                stats.scannedIndex += 1
                new = row.copy()
                if place is None:
                    store(new, document)
                else:
                    new[place] = document
                yield new

    return step


def storing(node: IndexNode | EnumerateCollectionNode) -> Callable[[Row, _Document], None]:
    """Return what puts a document, or the attributes wanted of it, into a row."""
    place = node.variable.id
    if not node.projections:

        def store(row: Row, document: _Document) -> None:
            row[place] = document

        return store
    singles = [(each.variable.id, each.path[0]) for each in node.projections if len(each.path) == 1]
    nested = [(each.variable.id, each.path) for each in node.projections if len(each.path) > 1]

    def project(row: Row, document: _Document) -> None:
        for at, attribute in singles:
            row[at] = document.get(attribute)
        for at, path in nested:
            row[at] = descend(document, path)

    return project


def _finder(compiler: Compiler, node: IndexNode, lookup: IndexNode | IndexLookup) -> _Find:
    match lookup.kind:
        case "primary":
            return _primary(compiler, node.collection, lookup)
        case "edge":
            return _edge(compiler, lookup)
        case "persistent":
            only_counts = not node.produces and not node.also
            return _persistent(compiler, lookup, reverse=node.reverse, only_counts=only_counts)
        case "mdi":
            return _box(compiler, lookup)
        case _:
            assert_never(lookup.kind)


def _each_once(finds: Sequence[_Find]) -> _Find:
    """Return what finds the documents of several lookups, each document once."""

    def find(collection: Collection, row: Row) -> Iterator[_Document]:
        seen: set[str] = set()
        for lookup in finds:
            for document in lookup(collection, row):
                key = document["_key"]
                if key not in seen:
                    seen.add(key)
                    yield document

    return find


def _distinct(found: Any) -> list[Any]:
    """Return the elements of an array, each once, in AQL's order; none of what is no array."""
    if type(found) is not list:
        return []
    by_key = {order_key(item): item for item in found}
    return [by_key[key] for key in sorted(by_key)]


def _texts(compiler: Compiler, lookup: IndexNode | IndexLookup) -> Callable[[Row], list[str]]:
    """Compile the value, or the array of values, of a lookup by key or by vertex: only text."""
    (value,) = [compiler.compile(value) for value in lookup.condition.equal]
    if lookup.condition.many:
        return lambda row: [text for text in _distinct(value(row)) if type(text) is str]

    def single(row: Row) -> list[str]:
        text = value(row)
        return [text] if type(text) is str else []

    return single


def _primary(compiler: Compiler, collection_name: str, lookup: IndexNode | IndexLookup) -> _Find:
    values = _texts(compiler, lookup)
    by_id = lookup.fields == ("_id",)
    prefix = collection_name + "/"

    def find(collection: Collection, row: Row) -> Iterator[_Document]:
        keys = values(row)
        if by_id:
            keys = [key.removeprefix(prefix) for key in keys if key.startswith(prefix)]
        if len(keys) == 1:
            document = collection.get(keys[0])
            return iter(() if document is None else (document,))
        return iter(collection.get_many(keys).values())

    return find


def _edge(compiler: Compiler, lookup: IndexNode | IndexLookup) -> _Find:
    values = _texts(compiler, lookup)
    direction: Direction = "outbound" if lookup.fields == ("_from",) else "inbound"

    def find(collection: Collection, row: Row) -> Iterator[_Document]:
        ids = values(row)
        return collection.edges(ids, direction) if ids else iter(())

    return find


def _persistent(
    compiler: Compiler, lookup: IndexNode | IndexLookup, *, reverse: bool, only_counts: bool
) -> _Find:
    condition = lookup.condition
    fixed = [compiler.compile(value) for value in condition.equal]
    ranges, exactly = _ranges(compiler, lookup, reverse=reverse), _exactly(lookup)

    def find(collection: Collection, row: Row) -> Iterator[_Document]:
        index = collection.index(lookup.index)
        values = [value(row) for value in fixed]
        test = exactly(values)
        for start, end in ranges(values, row):
            if only_counts and test is None:
                yield from repeat({}, collection.count_between(index, start, end))
                continue
            found = collection.lookup(index, start, end, reverse=reverse)
            yield from found if test is None else filter(test, found)

    return find


def count_lookup(compiler: Compiler, node: IndexNode) -> Callable[[Collection, Row], int]:
    """Return what counts the documents a sorted index finds, making no row of any."""
    fixed = [compiler.compile(value) for value in node.condition.equal]
    ranges, exactly = _ranges(compiler, node), _exactly(node)

    def count(collection: Collection, row: Row) -> int:
        index = collection.index(node.index)
        values = [value(row) for value in fixed]
        test = exactly(values)
        if test is None:
            return sum(collection.count_between(index, *span) for span in ranges(values, row))
        found = (collection.lookup(index, *span) for span in ranges(values, row))
        return sum(1 for each in found for _ in filter(test, each))

    return count


def _ranges(
    compiler: Compiler, lookup: IndexNode | IndexLookup, *, reverse: bool = False
) -> Callable[[list[Any], Row], Iterator[tuple[Bound | None, Bound | None]]]:
    """Return what yields the stretches of an index to read, of the values looked up and a row."""
    condition = lookup.condition
    low, high = compiler.optional(condition.low), compiler.optional(condition.high)
    many = frozenset(condition.many)

    def prefixes(values: list[Any]) -> Iterable[tuple[Any, ...]]:
        if not many:
            return (tuple(values),)
        choices = [_distinct(each) if at in many else [each] for at, each in enumerate(values)]
        return product(*(choice[::-1] for choice in choices)) if reverse else product(*choices)

    def ranges(values: list[Any], row: Row) -> Iterator[tuple[Bound | None, Bound | None]]:
        for prefix in prefixes(values):
            yield (
                _bound(prefix, low, row, inclusive=condition.low_inclusive),
                _bound(prefix, high, row, inclusive=condition.high_inclusive),
            )

    return ranges


def _box(compiler: Compiler, lookup: IndexNode | IndexLookup) -> _Find:
    fixed = [compiler.compile(value) for value in lookup.condition.equal]
    edges = [
        (compiler.optional(span.low), compiler.optional(span.high)) for span in lookup.condition.box
    ]

    def find(collection: Collection, row: Row) -> Iterator[_Document]:
        index = collection.index(lookup.index)
        spans = [
            (_edge_of(low, row, -math.inf), _edge_of(high, row, math.inf)) for low, high in edges
        ]
        return collection.within_box(index, [value(row) for value in fixed], spans)

    return find


def _edge_of(bound: Evaluate | None, row: Row, nothing: float) -> float:
    """Return a bound among numbers: below them are null and booleans, above them all others."""
    value = nothing if bound is None else bound(row)
    if value is None or isinstance(value, bool):
        return -math.inf
    return float(value) if isinstance(value, int | float) else math.inf


def _exactly(lookup: IndexNode | IndexLookup) -> Callable[[list[Any]], _Test | None]:
    """Return what makes, of the values looked up, a test that they are equal indeed.

    An index holds texts by the keys of their collation, and composed and decomposed accents share
    one; `==` tells them apart. What holds no text needs no test.
    """
    many = frozenset(lookup.condition.many)
    readers = [reader(path) for path in lookup.fields[: len(lookup.condition.equal)]]

    def exactly(values: list[Any]) -> _Test | None:
        tests: list[tuple[Callable[[_Document], list[Any]], list[Any]]] = []
        for at, value in enumerate(values):
            wanted = value if at in many else [value]
            if type(wanted) is list and not all(map(is_alone, wanted)):
                tests.append((readers[at], wanted))
        if not tests:
            return None
        return lambda document: all(
            any(contained(found, wanted) for found in read(document)) for read, wanted in tests
        )

    return exactly


def is_alone(value: Any) -> bool:
    """Tell whether no other value can share the key of a value in an index.

    Of ASCII only three characters are what Unicode decomposes another one into: the Greek question
    mark, the Greek varia and the Kelvin sign.
    """
    if type(value) is str:
        return value.isascii() and not _DECOMPOSED.search(value)
    return type(value) is not list and type(value) is not dict


def _bound(
    prefix: tuple[Any, ...], value: Evaluate | None, row: Row, *, inclusive: bool
) -> Bound | None:
    if value is not None:
        return Bound((*prefix, value(row)), inclusive)
    return Bound(prefix) if prefix else None


def near_vector(
    compiler: Compiler, node: EnumerateNearVectorNode, attributes: frozenset[str] | None
) -> Step:
    """Make a row of each of the documents nearest to a vector.

    Args:
        compiler: Compiles the vector and the filter.
        node: The search.
        attributes: Those of the documents that are read; None for all.
    """
    identities = attributes is not None and attributes <= IDENTITY
    vector, count = compiler.compile(node.vector), compiler.compile(node.count)
    offset, condition = compiler.optional(node.offset), compiler.optional(node.filter)
    effort = compiler.optional(node.effort)
    among = None if node.among is None else _rows_among(compiler, node.among)
    place, distance = node.variable.id, node.distance.id

    def found(execution: Execution, row: Row, most: int) -> Iterator[Row]:
        collection = execution.collection(node.collection)
        index, near = collection.index(node.index), vector(row)
        probes = _probes(None if effort is None else effort(row))
        if condition is None:
            hits = iter(collection.nearest(index, near, most, probes, identities=identities))
        else:
            rows = None if among is None else among(collection, row)
            first = _ROOM * most if rows is None else most
            hits = collection.by_nearness(index, near, first, probes, rows)
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


def _rows_among(
    compiler: Compiler, lookup: IndexLookup
) -> Callable[[Collection, Row], list[int] | None]:
    """Return what finds the rows in a sorted index; None where they are most of very many."""
    fixed = [compiler.compile(value) for value in lookup.condition.equal]
    ranges = _ranges(compiler, lookup)

    def find(collection: Collection, row: Row) -> list[int] | None:
        index = collection.index(lookup.index)
        spans = list(ranges([value(row) for value in fixed], row))
        count = sum(collection.count_between(index, *span) for span in spans)
        if count > _MANY and 2 * count > collection.count():
            return None
        return [each for span in spans for each in collection.rows_between(index, *span)]

    return find


def _probes(options: Any) -> int:
    """Return the `nProbe` of the options of a search; 0 where the index's own is meant."""
    asked: Any = options.get("nProbe") if isinstance(options, dict) else None
    return int(asked) if type(asked) in {int, float} and asked >= 1 else 0
