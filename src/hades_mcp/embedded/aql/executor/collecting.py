"""Steps that group rows: COLLECT in its forms, RETURN DISTINCT and WINDOW."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.aql.executor.step import execution_of
from hades_mcp.embedded.aql.functions.aggregate import find_aggregate
from hades_mcp.embedded.aql.memory import size_of
from hades_mcp.embedded.values import hash_key, order_key
from hades_mcp.embedded.values.sorting import in_order

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Sequence

    from hades_mcp.embedded.aql.evaluation import Compiler, Evaluate, Row
    from hades_mcp.embedded.aql.executor.step import Step
    from hades_mcp.embedded.aql.functions.aggregate import Aggregate
    from hades_mcp.embedded.aql.plan import AggregateCall, CollectNode


_KEY = 64  # bytes of a key's place in a set, about
_GROUP = 500  # bytes of a group, about: its row, its accumulators, its place in the table
_PIECE = 1000
_OFTEN = 31
"""A bit mask: a query is checked for a kill before each 32nd row."""
_OWN_KEYS = frozenset({str, int, float, type(None)})
"""Types of values that `hash_key` returns as they are."""


class Aggregates:
    """The compiled aggregate calls of a COLLECT or a WINDOW."""

    def __init__(self, compiler: Compiler, calls: Sequence[AggregateCall]) -> None:
        self._calls: list[tuple[int, Callable[[], Aggregate], Evaluate | None]] = []
        for call in calls:
            make = find_aggregate(call.function)
            assert make is not None  # noqa: S101  the planner found it
            self._calls.append((call.variable.id, make, compiler.optional(call.argument)))

    @property
    def arguments(self) -> list[Evaluate | None]:
        """What each call is given; None where it counts rows."""
        return [argument for _, _, argument in self._calls]

    def start(self) -> list[Aggregate]:
        """Return new accumulators."""
        return [make() for _, make, _ in self._calls]

    def add(self, accumulators: list[Aggregate], row: Row) -> None:
        """Feed a row to accumulators."""
        for accumulator, (_, _, argument) in zip(accumulators, self._calls, strict=True):
            accumulator.add(1 if argument is None else argument(row))

    def store(self, accumulators: list[Aggregate], row: Row) -> None:
        """Set the variables of a row to the results."""
        for accumulator, (place, _, _) in zip(accumulators, self._calls, strict=True):
            row[place] = accumulator.result()


class Group:
    """The rows of one group: one that stands for all, accumulators, and what goes INTO."""

    __slots__ = ("accumulators", "add", "members", "row", "values")

    def __init__(self, row: Row, values: list[Any], accumulators: list[Aggregate]) -> None:
        self.row = row
        self.values = values
        self.accumulators = accumulators
        self.add = [accumulator.add for accumulator in accumulators]
        self.members: list[Any] = []


def collect(compiler: Compiler, node: CollectNode) -> Step:
    """Group rows, as the node's method says."""
    if node.method == "distinct":
        return _distinct(compiler, node)
    if node.method == "count" and node.into is None:
        return _count(node)
    gather = _gatherer(compiler, node)
    places = [group.variable.id for group in node.groups]
    aggregates = Aggregates(compiler, node.aggregates)
    into = None if node.into is None else node.into.id

    def step(base: Row, rows: Iterator[Row]) -> Iterator[Row]:
        groups = gather(aggregates, base, rows)
        if node.sorted and places:
            check = execution_of(base).check
            groups = in_order(groups, lambda group: b"".join(map(order_key, group.values)), check)
        for group in groups:
            new = group.row.copy()
            for place, value in zip(places, group.values, strict=True):
                new[place] = value
            aggregates.store(group.accumulators, new)
            if into is not None:
                new[into] = group.members
            yield new

    return step


def _gatherer(
    compiler: Compiler, node: CollectNode
) -> Callable[[Aggregates, Row, Iterator[Row]], list[Group]]:
    values = [compiler.compile(group.value) for group in node.groups]
    only = values[0] if len(values) == 1 else None
    member = None if node.into is None else _member(compiler, node)

    def gather(aggregates: Aggregates, base: Row, rows: Iterator[Row]) -> list[Group]:
        execution = execution_of(base)
        check, hold, arguments = execution.check, execution.hold, aggregates.arguments
        # without values there is one group, even without rows
        groups: dict[Hashable, Group] = {} if values else {(): Group(base, [], aggregates.start())}
        for count, row in enumerate(rows):
            if not count & _OFTEN:
                check()
            if only is not None:
                found = [only(row)]
                key = found[0]
                if type(key) not in _OWN_KEYS:
                    key = hash_key(key)
            else:
                found = [value(row) for value in values]
                key = tuple(map(hash_key, found))
            group = groups.get(key)
            if group is None:
                hold(found, _GROUP)
                group = groups[key] = Group(row, found, aggregates.start())
            for add, argument in zip(group.add, arguments, strict=True):
                value = 1 if argument is None else argument(row)
                if add(value):
                    hold(value)
            if member is not None:
                group.members.append(member(row))
                hold(group.members[-1])
        return list(groups.values())

    return gather


def _member(compiler: Compiler, node: CollectNode) -> Evaluate:
    if node.into_value is not None:
        return compiler.compile(node.into_value)
    kept = [(reference.variable.name, reference.variable.id) for reference in node.kept]
    return lambda row: {name: row[place] for name, place in kept}


def _count(node: CollectNode) -> Step:
    """Count rows; nothing else of them matters."""
    (call,) = node.aggregates

    def step(base: Row, rows: Iterator[Row]) -> Iterator[Row]:
        check, total = execution_of(base).check, 0
        while piece := len(list(islice(rows, _PIECE))):
            check()
            total += piece
        new = base.copy()
        new[call.variable.id] = total
        yield new

    return step


def _distinct(compiler: Compiler, node: CollectNode) -> Step:
    (group,) = node.groups
    place, value = group.variable.id, compiler.compile(group.value)

    def step(base: Row, rows: Iterator[Row]) -> Iterator[Row]:
        execution = execution_of(base)
        seen: set[Hashable] = set()
        for row in rows:
            found = value(row)
            key = hash_key(found)
            if key not in seen:
                # of a value with parts its key is one more
                execution.hold(found, _KEY if key is found else _KEY + size_of(found))
                seen.add(key)
                row[place] = found
                yield row

    return step
