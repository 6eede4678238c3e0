"""COLLECT over columns: positions are grouped by values, each column is aggregated by group."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.aql.executor.column_paths import Found, Source, attribute_path
from hades_mcp.embedded.aql.executor.step import execution_of
from hades_mcp.embedded.aql.functions.aggregate import (
    Aggregate,
    Average,
    Count,
    Extreme,
    Sum,
    find_aggregate,
)
from hades_mcp.embedded.aql.nodes import Constant
from hades_mcp.embedded.storage.columns import all_numbers, hash_keys, places_of
from hades_mcp.embedded.values import order_key
from hades_mcp.embedded.values.sorting import PIECE, in_order

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Sequence

    from hades_mcp.embedded.aql.evaluation import Compiler, Row
    from hades_mcp.embedded.aql.executor.execution import Execution
    from hades_mcp.embedded.aql.executor.projecting import Surroundings
    from hades_mcp.embedded.aql.plan import AggregateCall, CollectNode, Variable
    from hades_mcp.embedded.storage.columns import Column, Path

_GROUP = 500  # bytes of a group, about
_COUNTS = frozenset({"COUNT", "LENGTH"})


def grouping(
    compiler: Compiler, plan: Surroundings, variable: Variable, node: CollectNode
) -> Callable[[Row], Iterator[Row] | None] | None:
    """Return what groups the documents of the loop before; None if that needs more than columns.

    Args:
        compiler: Compiles what the documents are compared with.
        plan: The plan.
        variable: Holds the document.
        node: The COLLECT right after the loop and its filters.
    """
    by = [path for each in node.groups if (path := attribute_path(each.value, variable))]
    calls = [call for each in node.aggregates if (call := _call(each, variable)) is not None]
    if node.into or len(by) < len(node.groups) or len(calls) < len(node.aggregates):
        return None
    arguments = [path for _, _, path in calls if path is not None]
    source = Source(compiler, plan, [*by, *arguments])
    places = [group.variable.id for group in node.groups]
    ordered = node.sorted and node.method == "hash" and bool(places)

    def find(base: Row) -> Iterator[Row] | None:
        execution = execution_of(base)
        found = source.find(execution, base)
        columns = None if found is None else _columns(found, by)
        if found is None or columns is None or _columns(found, arguments) is None:
            return None
        source.count(execution, found)
        groups: list[Sequence[int]] = [found.positions]  # of all, even if there are none
        if places:
            groups = list(_groups(found, columns, execution.check).values())
        firsts = [[column.values[group[0]] for column in columns] for group in groups]
        order = list(range(len(groups)))
        if ordered:
            order = in_order(
                order, lambda at: b"".join(map(order_key, firsts[at])), execution.check
            )
        return rows(base, execution, found, [(firsts[at], groups[at]) for at in order])

    def rows(
        base: Row,
        execution: Execution,
        found: Found,
        groups: list[tuple[list[Any], Sequence[int]]],
    ) -> Iterator[Row]:
        for values, positions in groups:
            execution.check()
            execution.hold(values, _GROUP)
            new = base.copy()
            for place, value in zip(places, values, strict=True):
                new[place] = value
            for place, make, path in calls:
                new[place] = _aggregated(make(), found, positions, path, execution)
            yield new

    return find


def _call(
    call: AggregateCall, variable: Variable
) -> tuple[int, Callable[[], Aggregate], Path | None] | None:
    """Return where a result goes, what makes it, and of which attribute; None: it counts rows."""
    make = find_aggregate(call.function)
    argument = call.argument
    if make is None:
        return None
    if argument is None or isinstance(argument, Constant):
        return (call.variable.id, make, None) if call.function.upper() in _COUNTS else None
    path = attribute_path(argument, variable)
    return None if path is None else (call.variable.id, make, path)


def _columns(found: Found, paths: Sequence[Path]) -> list[Column] | None:
    columns = [found.columns.known.get(path) for path in paths]
    known = [column for column in columns if column is not None]
    return known if len(known) == len(columns) else None


def _groups(
    found: Found, columns: list[Column], check: Callable[[], None]
) -> dict[Hashable, list[int]]:
    if len(columns) == 1 and found.all:
        return places_of(columns[0])
    groups: defaultdict[Hashable, list[int]] = defaultdict(list)
    lists = [hash_keys(column) for column in columns]
    for start in range(0, len(found.positions), PIECE):
        check()
        piece = found.positions[start : start + PIECE]
        if len(lists) == 1:
            keys = lists[0]
            for place in piece:
                groups[keys[place]].append(place)
        else:
            taken = [map(keys.__getitem__, piece) for keys in lists]
            for place, key in zip(piece, zip(*taken, strict=True), strict=True):
                groups[key].append(place)
    return groups


def _aggregated(
    aggregate: Aggregate,
    found: Found,
    positions: Sequence[int],
    path: Path | None,
    execution: Execution,
) -> Any:
    if isinstance(aggregate, Count):
        aggregate.add_rows(len(positions))
        return aggregate.result()
    column = found.columns.known[path or ()]
    assert column is not None  # noqa: S101  the caller has looked
    at_once = all_numbers(column)
    for start in range(0, len(positions), PIECE):
        execution.check()
        values = list(map(column.values.__getitem__, positions[start : start + PIECE]))
        if at_once and isinstance(aggregate, Sum | Average | Extreme):
            aggregate.add_numbers(values)
            continue
        for value in values:
            if aggregate.add(value):
                execution.hold(value)
    return aggregate.result()
