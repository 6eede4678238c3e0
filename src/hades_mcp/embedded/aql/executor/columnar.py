"""Plans that sort, group or give attributes of a collection: straight from remembered columns.

The usual steps make a row of each document. Where all that a plan asks of the documents is in
columns, positions in them are filtered, sorted and grouped instead. The usual steps stand by: for
what is in no column yet, for attributes that are not always plain, and for profiles.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from heapq import nlargest, nsmallest
from itertools import chain
from typing import TYPE_CHECKING, Any, TypeAlias

from hades_mcp.embedded.aql.executor.column_groups import grouping
from hades_mcp.embedded.aql.executor.column_paths import Found, Source, attribute_path
from hades_mcp.embedded.aql.executor.scanning import filters_after, records, stored
from hades_mcp.embedded.aql.executor.step import NO_LIMIT, amount, execution_of
from hades_mcp.embedded.aql.nodes import ArrayLiteral
from hades_mcp.embedded.aql.plan import (
    CollectNode,
    EnumerateCollectionNode,
    LimitNode,
    ReturnNode,
    SingletonNode,
    SortNode,
)
from hades_mcp.embedded.storage.columns import Path, all_numbers, sort_keys
from hades_mcp.embedded.values import descending
from hades_mcp.embedded.values.sorting import PIECE, by_numbers, ordered_by

if TYPE_CHECKING:
    from hades_mcp.embedded.aql.evaluation import Compiler, Row
    from hades_mcp.embedded.aql.executor.projecting import Surroundings
    from hades_mcp.embedded.aql.executor.step import Step
    from hades_mcp.embedded.aql.nodes import Node
    from hades_mcp.embedded.aql.plan import Variable

Direct: TypeAlias = Callable[["Row"], "Iterable[Any] | None"]
"""Gives all results of a plan, or None where the usual steps have to."""

_FEW = 2000  # of more, all are sorted


def shortcut(compiler: Compiler, plan: Surroundings, steps: list[Step]) -> list[Step]:
    """Return the steps of a plan; one may stand for the loop, its filters and what comes next.

    Args:
        compiler: Compiles what the documents are compared with.
        plan: The plan.
        steps: One step for each of its nodes.
    """
    variable = _looped(plan.nodes)
    if variable is None:
        return steps
    at = 2 + len(filters_after(plan.nodes, 1))
    match plan.nodes[at]:
        case SortNode() as node:
            order = _Order.of(compiler, node, variable)
            find = None if order is None else _sorting(compiler, plan, variable, order)
        case CollectNode() as node:
            find = grouping(compiler, plan, variable, node)
        case _:
            find = None
    if find is None:
        return steps
    usual, quick = steps[1 : at + 1], find

    def step(base: Row, rows: Iterator[Row]) -> Iterator[Row]:
        found = quick(base)
        if found is not None:
            return found
        for each in usual:
            rows = each(base, rows)
        return rows

    return [steps[0], step, *steps[at + 1 :]]


def direct(compiler: Compiler, plan: Surroundings) -> Direct | None:
    """Return what gives the results of a plan of one loop that returns attributes, if it is one."""
    nodes = plan.nodes
    variable = _looped(nodes)
    if variable is None or not isinstance(nodes[-1], ReturnNode):
        return None
    paths = _returned(nodes[-1].value, variable)
    order: _Order | None = None
    match nodes[2 + len(filters_after(nodes, 1)) : -1]:
        case []:
            pass
        case [SortNode() as sort] | [SortNode(limit=None) as sort]:
            order = _Order.of(compiler, sort, variable)
        case [SortNode(limit=limit) as sort, LimitNode()] if limit is not None:
            order = _Order.of(compiler, sort, variable)
        case _:
            return None
    if paths is None or (order is None and len(nodes) > 3 + len(filters_after(nodes, 1))):
        return None
    source = Source(compiler, plan, [*paths, *(order.paths if order else ())])
    several = isinstance(nodes[-1].value, ArrayLiteral)

    def find(base: Row) -> Iterable[Any] | None:
        execution = execution_of(base)
        found = source.find(execution, base)
        values = None if found is None else found.values(paths)
        if found is None or values is None:
            return None
        positions: Sequence[int] = found.positions
        if order is not None:
            chosen = order.apply(found, base)
            if chosen is None:
                return None
            positions = chosen[amount(order.offset, base) :]
        source.count(execution, found)
        taken = [map(each.__getitem__, positions) for each in values]
        return map(list, zip(*taken, strict=True)) if several else taken[0]

    return find


def _looped(nodes: Sequence[Node]) -> Variable | None:
    """Return the variable of a plan that begins with a loop over a collection."""
    match nodes[:2]:
        case [SingletonNode(), EnumerateCollectionNode(projections=()) as node] if len(nodes) > 2:  # noqa: PLR2004  something follows
            return node.variable
    return None


def _returned(value: Node, variable: Variable) -> list[Path] | None:
    """Return the attributes that a RETURN gives, alone or in an array; None if it gives others."""
    several = value.items if isinstance(value, ArrayLiteral) and value.items else (value,)
    paths = [path for each in several if (path := attribute_path(each, variable)) is not None]
    return paths if len(paths) == len(several) else None


class _Order:
    """What a SortNode asks for, all of it attributes of documents."""

    def __init__(
        self, compiler: Compiler, node: SortNode, keys: Sequence[tuple[Path, bool]]
    ) -> None:
        self._keys = keys
        self.paths = [path for path, _ in keys]
        self.limited = node.limit is not None
        self.offset = compiler.optional(node.limit_offset)
        self._count = compiler.optional(node.limit)

    @classmethod
    def of(cls, compiler: Compiler, node: SortNode, variable: Variable) -> _Order | None:
        """Return the order of a node; None if it looks at more than attributes."""
        found = [(attribute_path(key.value, variable), key.descending) for key in node.keys]
        keys = [(path, downwards) for path, downwards in found if path is not None]
        return cls(compiler, node, keys) if len(keys) == len(found) else None

    def apply(self, found: Found, row: Row) -> Sequence[int] | None:
        """Return positions in order, at most as many as wanted; None where there is no column."""
        columns = [found.columns.known.get(path) for path in self.paths]
        known = [column for column in columns if column is not None]
        if len(known) < len(columns):
            return None
        check, positions = execution_of(row).check, found.positions
        wanted = NO_LIMIT
        if self.limited:
            wanted = amount(self.offset, row) + amount(self._count, row, NO_LIMIT)
        keys = [sort_keys(column, check) for column in known]
        if len(keys) == 1 and wanted <= _FEW:
            return _first(keys[0], positions, wanted, check, downwards=self._keys[0][1])
        if len(keys) == 1 and len(positions) > PIECE and all_numbers(known[0]):
            taken = list(map(keys[0].__getitem__, positions))
            order = by_numbers(positions, taken, check, downwards=self._keys[0][1])
            if order is not None:
                return order[:wanted]
        lists: list[list[Any]] = []
        for values, column, (_, downwards) in zip(keys, known, self._keys, strict=True):
            check()
            taken = [values[place] for place in positions]
            if downwards and all_numbers(column):
                taken = [-value for value in taken]
            elif downwards:
                taken = list(map(descending, taken))
            lists.append(taken)
        together = lists[0] if len(lists) == 1 else list(zip(*lists, strict=True))
        return ordered_by(list(positions), together, check)[:wanted]


def _first(
    keys: list[Any],
    positions: Sequence[int],
    wanted: int,
    check: Callable[[], None],
    *,
    downwards: bool,
) -> list[int]:
    """Return the first positions of an order by one key; equal ones keep theirs."""
    check()
    pick = nlargest if downwards else nsmallest
    best = pick(wanted, positions[:_FEW], key=keys.__getitem__)
    for start in range(_FEW, len(positions) if best else 0, PIECE):
        check()
        piece, worst = positions[start : start + PIECE], keys[best[-1]]
        if len(best) < wanted:
            better = list(piece)
        elif downwards:
            better = [place for place in piece if keys[place] > worst]
        else:
            better = [place for place in piece if keys[place] < worst]
        best = pick(wanted, chain(best, better), key=keys.__getitem__)
    return best


def _sorting(
    compiler: Compiler, plan: Surroundings, variable: Variable, order: _Order
) -> Callable[[Row], Iterator[Row] | None]:
    names = plan.attributes_read(variable)
    wanted = None if names is None else sorted(names)
    source = Source(compiler, plan, [*((name,) for name in wanted or ()), *order.paths])

    def find(base: Row) -> Iterator[Row] | None:
        execution = execution_of(base)
        found = source.find(execution, base)
        if found is None:
            return None
        values = None if wanted is None else found.values([(name,) for name in wanted])
        if values is None and not order.limited:  # documents in another order than they are stored
            return None
        chosen = order.apply(found, base)
        if chosen is None:
            return None
        execution.hold(chosen)
        source.count(execution, found)
        if values is not None and wanted:
            documents = records(wanted, values, list(chosen))
        else:
            collection = execution.collection(source.name)
            documents = stored(collection, [found.columns.rows[place] for place in chosen])
        return _rows(base, variable.id, documents)

    return find


def _rows(base: Row, place: int, documents: Iterator[dict[str, Any]]) -> Iterator[Row]:
    check = execution_of(base).check
    for count, document in enumerate(documents):
        if not count & 31:  # a query is checked for a kill before each 32nd document
            check()
        new = base.copy()
        new[place] = document
        yield new
