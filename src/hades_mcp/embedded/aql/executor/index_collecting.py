"""Steps of COLLECT that an index answers: different values of leading fields, counts."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.aql.executor.indexing import count_lookup, is_alone
from hades_mcp.embedded.aql.executor.step import execution_of
from hades_mcp.embedded.aql.plan import CollectNode, IndexNode
from hades_mcp.embedded.storage.indexes import Bound
from hades_mcp.embedded.storage.sorted_table import reader
from hades_mcp.embedded.values import hash_key

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence

    from hades_mcp.embedded.aql.collect_plan import IndexCollectNode
    from hades_mcp.embedded.aql.evaluation import Compiler, Row
    from hades_mcp.embedded.aql.executor.execution import Execution
    from hades_mcp.embedded.aql.executor.step import Step
    from hades_mcp.embedded.aql.nodes import Node

_GROUP = 500  # bytes of a group, about, as in a COLLECT that reads all rows


def index_collect(_compiler: Compiler, node: IndexCollectNode) -> Step:
    """Make a row of each group; all are found first, for what follows may write."""
    places = [(group.field, group.variable.id) for group in node.groups]

    def step(base: Row, rows: Iterator[Row]) -> Iterator[Row]:
        execution = execution_of(base)
        for row in rows:
            for values in _groups(execution, node):
                new = row.copy()
                for field, place in places:
                    new[place] = values[field]
                yield new

    return step


def counting(compiler: Compiler, nodes: Sequence[Node], steps: list[Step]) -> list[Step]:
    """Return the steps of a plan; one may stand for a lookup and the COLLECT that counts it.

    Args:
        compiler: Compiles what is looked up.
        nodes: The nodes of the plan.
        steps: One step for each of them.
    """
    for at, (node, following) in enumerate(pairwise(nodes)):
        match node, following:
            case (
                IndexNode(kind="persistent", produces=False, also=()),
                CollectNode(method="count", into=None),
            ):
                one = _counted(compiler, node, following)
                return [*steps[:at], one, *steps[at + 2 :]]
    return steps


def _counted(compiler: Compiler, node: IndexNode, collect: CollectNode) -> Step:
    count = count_lookup(compiler, node)
    (call,) = collect.aggregates

    def step(base: Row, rows: Iterator[Row]) -> Iterator[Row]:
        execution, total = execution_of(base), 0
        for row in rows:
            execution.check()
            total += count(execution.collection(node.collection), row)
        execution.stats.scannedIndex += total
        new = base.copy()
        new[call.variable.id] = total
        yield new

    return step


def _groups(execution: Execution, node: IndexCollectNode) -> list[list[Any]]:
    collection = execution.collection(node.collection)
    index, count = collection.index(node.index), len(node.groups)
    readers = [reader(path) for path in node.fields[:count]]
    found: dict[Hashable, list[Any]] = {}

    def add(values: list[Any]) -> None:
        execution.check()
        execution.stats.scannedIndex += 1
        key = tuple(map(hash_key, values))
        if key not in found:
            found[key] = values
            execution.hold(values, _GROUP)

    for document in collection.first_of_each(index, count):
        values = [read(document)[0] for read in readers]
        if all(map(is_alone, values)):
            add(values)
            continue
        same = Bound(tuple(values))  # `==` tells some of these apart
        for other in collection.lookup(index, same, same):
            add([read(other)[0] for read in readers])
    return list(found.values())
