"""The step that reads a whole collection, as little of it as the rest of the plan needs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice, repeat, takewhile
from typing import TYPE_CHECKING, Any, TypeAlias

from hades_mcp.embedded.aql.executor.execution import KEPT_DOCUMENTS
from hades_mcp.embedded.aql.executor.indexing import storing
from hades_mcp.embedded.aql.executor.step import execution_of
from hades_mcp.embedded.aql.nodes import (
    ArrayLiteral,
    Attribute,
    Constant,
    Parameter,
    VariableReference,
    walk,
)
from hades_mcp.embedded.aql.plan import CollectNode, FilterNode, LimitNode, SortNode
from hades_mcp.embedded.aql.rules.conditions import conjuncts
from hades_mcp.embedded.storage.columns import Comparison, Path, matching
from hades_mcp.embedded.storage.sieve import sieve
from hades_mcp.embedded.values import truth

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from hades_mcp.embedded.aql.evaluation import Compiler, Evaluate, Row
    from hades_mcp.embedded.aql.executor.execution import Execution
    from hades_mcp.embedded.aql.executor.projecting import Surroundings
    from hades_mcp.embedded.aql.executor.step import Step
    from hades_mcp.embedded.aql.nodes import Node
    from hades_mcp.embedded.aql.plan import EnumerateCollectionNode
    from hades_mcp.embedded.storage.collection import Collection
    from hades_mcp.embedded.storage.columns import Columns

_Document: TypeAlias = dict[str, Any]
_Conditions: TypeAlias = tuple[str, list[Any]]
_QUIET = (Constant, Parameter, VariableReference, Attribute, ArrayLiteral)
_PLAIN_PATH = re.compile(r"\w+(\.\w+)*", re.ASCII)
_BATCH = 500
_MANY = 0.3
"""A sieve that lets a larger share through costs more than it saves."""
_OFTEN = 31
"""A bit mask: a query is checked for a kill before each 32nd document."""


def enumerate_collection(compiler: Compiler, plan: Surroundings, position: int) -> Step:
    """Make a row of each document of a collection that passes the filters right after the loop.

    Args:
        compiler: Compiles what the documents are compared with.
        plan: The plan.
        position: Where in it the loop is.
    """
    nodes = plan.nodes
    node: EnumerateCollectionNode = nodes[position]  # type: ignore[assignment]  # as the caller saw
    place, store = None if node.projections else node.variable.id, storing(node)
    scan = Scan(compiler, plan, position)
    conditions = [compiler.compile(each.condition) for each in filters_after(nodes, position)]

    def step(base: Row, rows: Iterator[Row]) -> Iterator[Row]:
        execution = execution_of(base)
        check, stats = execution.check, execution.stats
        tests = conditions if execution.profile is None else []
        for row in rows:
            documents, sure = scan.documents(execution, row)
            left = [] if sure else tests
            for count, document in enumerate(documents):
                if not count & _OFTEN:
                    check()
                new = row.copy()
                if place is None:
                    store(new, document)
                else:
                    new[place] = document
                for condition in left:
                    if not truth(condition(new)):
                        stats.filtered += 1
                        break
                else:
                    yield new

    return step


def filters_after(nodes: Sequence[Node], position: int) -> list[FilterNode]:
    """Return the filters right after a loop: it checks them itself."""
    following = takewhile(lambda node: isinstance(node, FilterNode), nodes[position + 1 :])
    return [node for node in following if isinstance(node, FilterNode)]


@dataclass(frozen=True, slots=True)
class _Asked:
    path: Path
    operator: str
    value: Evaluate


class Scan:
    """Reads the documents of a collection: from columns, through a sieve, or one by one.

    Args:
        compiler: Compiles what the documents are compared with.
        plan: The plan.
        position: Where in it the loop is.
        paths: Attributes that are to be in columns, beside those of the filters; by default all
            that are read.
    """

    def __init__(
        self,
        compiler: Compiler,
        plan: Surroundings,
        position: int,
        paths: Sequence[Path] | None = None,
    ) -> None:
        nodes = plan.nodes
        node: EnumerateCollectionNode = nodes[position]  # type: ignore[assignment]  # see above
        self.name = node.collection
        found = [
            each
            for each in plan.filters.of(position, node.variable).comparisons
            if _PLAIN_PATH.fullmatch(each.path)
        ]
        self._asked = [
            _Asked(tuple(each.path.split(".")), each.operator, compiler.compile(each.value))
            for each in found
        ]
        # to compute others may warn, which is to happen once
        self._quiet = all(isinstance(part, _QUIET) for each in found for part in walk(each.value))
        compared = [each.source for each in found]
        self._complete = all(
            any(part is source for source in compared)
            for filtering in filters_after(nodes, position)
            for part in conjuncts(filtering.condition)
        )
        after = nodes[position + 1 :]
        projected = frozenset(each.path[0] for each in node.projections)
        read = plan.attributes_read(node.variable)
        self._wanted = None if read is None else sorted(read | projected)
        # where some attributes of all documents are needed, columns are read as fast as those
        self._whole = self._wanted is not None and _takes_all(after)
        self._eager = self._whole and not self._asked
        self._paths = [each.path for each in self._asked]
        more = [(name,) for name in self._wanted or ()] if paths is None else paths
        self._paths += [path for path in dict.fromkeys(more) if path not in self._paths]

    def chosen(self, execution: Execution, row: Row) -> tuple[Columns, list[int] | None] | None:
        """Return columns and where in them the documents are that pass the filters (None: all).

        None if that is not certain without a look at documents.
        """
        kept, again = execution.scanned_before(self.name)
        ready = execution.profile is None and self._complete and self._quiet and self._paths
        if not ready or kept is not None or execution.writes(self.name):
            return None
        collection = execution.collection(self.name)
        asked = [(each.path, each.operator, each.value(row)) for each in self._asked]
        again = again or not self._asked
        columns, _ = self._known(execution, collection, asked, again=again, note=False)
        if columns is None:
            return None
        positions, exact = matching(columns, asked)
        return (columns, positions) if exact else None

    def documents(self, execution: Execution, row: Row) -> tuple[Iterable[_Document], bool]:
        """Return the documents that may pass the filters, and whether all of them surely do."""
        if execution.profile is not None:  # then each node gives what the plan says
            return _counted(execution, execution.scan(self.name)), False
        if not self._paths:
            return _counted(execution, self._all(execution)), False
        kept, again = execution.scanned_before(self.name)
        if kept is not None:
            return _counted(execution, kept), False
        collection = execution.collection(self.name)
        asked = [(each.path, each.operator, each.value(row)) for each in self._asked]
        columns, conditions = self._known(
            execution, collection, asked, again=again or self._eager, note=True
        )
        if columns is not None:
            documents, sure = self._from_columns(execution, collection, columns, asked)
            return _filtered(execution, len(columns.rows), documents), sure
        if conditions is None or (again and collection.count() <= KEPT_DOCUMENTS):
            return _counted(execution, execution.scan(self.name)), False
        execution.note_scan(self.name)
        found = collection.sift(conditions, execution.check)
        return _filtered(execution, collection.count(), found), False

    def _known(
        self,
        execution: Execution,
        collection: Collection,
        asked: list[Comparison],
        *,
        again: bool,
        note: bool,
    ) -> tuple[Columns | None, _Conditions | None]:
        """Return the columns if there are any, else a sieve if there can be one."""
        paths, check = self._paths, execution.check
        columns = collection.columns(paths, check, again=again, note=note)
        conditions = sieve(asked) if columns is None else None
        if conditions is not None and self._whole and collection.share(conditions) > _MANY:
            columns = collection.columns(paths, check, again=True)
        return columns, conditions

    def _all(self, execution: Execution) -> Iterable[_Document]:
        """Return all documents, or something in their place if nothing reads them."""
        if self._wanted is None:
            return execution.scan(self.name)
        return repeat({}, execution.collection(self.name).count())

    def _from_columns(
        self,
        execution: Execution,
        collection: Collection,
        columns: Columns,
        asked: list[Comparison],
    ) -> tuple[Iterable[_Document], bool]:
        positions, exact = matching(columns, asked)
        sure = exact and self._complete
        values = self._projected(columns)
        if values is not None:
            return records(self._wanted or (), values, positions), sure
        if positions is None or 2 * len(positions) > len(columns.rows):
            return execution.scan(self.name), False
        found = stored(collection, [columns.rows[place] for place in positions])
        # a loop must not meet what it writes
        return list(found) if execution.writes(self.name) else found, sure

    def _projected(self, columns: Columns) -> list[list[Any]] | None:
        """Return the columns of all attributes that are read, if there are columns of all."""
        if self._wanted is None:
            return None
        found = [columns.known.get((name,)) for name in self._wanted]
        values = [column.values for column in found if column is not None]
        return values if len(values) == len(found) > 0 else None


def _takes_all(nodes: Sequence[Node]) -> bool:
    """Tell whether nodes take all rows of the loop before them."""
    for node in nodes:
        if isinstance(node, LimitNode):
            return False
        if isinstance(node, SortNode | CollectNode):
            return True
    return True


def records(
    names: Sequence[str], columns: list[list[Any]], positions: list[int] | None
) -> Iterator[_Document]:
    """Yield what stands for documents: only the attributes that are read.

    Args:
        names: Those attributes.
        columns: Their values.
        positions: Which documents, in which order; None for all.
    """
    if positions is not None:
        columns = [[column[place] for place in positions] for column in columns]
    match names:  # written out, the usual ones take a third of the time
        case [one]:
            return ({one: value} for value in columns[0])
        case [one, two]:
            return ({one: a, two: b} for a, b in zip(*columns, strict=False))
        case [one, two, three]:
            return ({one: a, two: b, three: c} for a, b, c in zip(*columns, strict=False))
    return (dict(zip(names, values, strict=False)) for values in zip(*columns, strict=False))


def stored(collection: Collection, rows: list[int]) -> Iterator[_Document]:
    """Yield the documents of rows, in the order of these."""
    remaining = iter(rows)
    while batch := list(islice(remaining, _BATCH)):
        found = dict(collection.in_rows(batch))
        yield from (found[row] for row in batch)


def _counted(execution: Execution, documents: Iterable[_Document]) -> Iterator[_Document]:
    count = 0
    try:
        for document in documents:
            count += 1
            yield document
    finally:
        execution.stats.scannedFull += count


def _filtered(
    execution: Execution, total: int, documents: Iterable[_Document]
) -> Iterator[_Document]:
    """Count as scanned what was held back, too, once the scan has come to its end."""
    stats, count, end = execution.stats, 0, False
    try:
        for document in documents:
            count += 1
            yield document
        end = True
    finally:
        stats.scannedFull += total if end else count
        stats.filtered += total - count if end else 0
