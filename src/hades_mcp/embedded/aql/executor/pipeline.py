"""Plans compiled to pipelines: one step per execution node, rows pulled from the end."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.aql import plan
from hades_mcp.embedded.aql.collect_plan import IndexCollectNode
from hades_mcp.embedded.aql.evaluation import Compiler, Evaluate, Row
from hades_mcp.embedded.aql.executor import (
    collecting,
    columnar,
    graphs,
    index_collecting,
    indexing,
    modifying,
    places,
    rows,
    scanning,
    searching,
    sorting,
    windowing,
)
from hades_mcp.embedded.aql.executor.projecting import Surroundings
from hades_mcp.embedded.aql.executor.step import Step, execution_of
from hades_mcp.embedded.aql.geo_plan import GeoIndexNode
from hades_mcp.embedded.aql.vector_plan import EnumerateNearVectorNode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hades_mcp.embedded.aql.executor.execution import Execution
    from hades_mcp.embedded.aql.executor.visiting import Values
    from hades_mcp.embedded.aql.nodes import Node

_STEPS: dict[type[Node], Callable[[Compiler, Any], Step]] = {
    plan.SingletonNode: rows.singleton,
    plan.NoResultsNode: rows.no_results,
    plan.EnumerateListNode: rows.enumerate_list,
    GeoIndexNode: places.geo_lookup,
    plan.InvertedIndexNode: searching.inverted_index,
    plan.IndexNode: indexing.index_lookup,
    plan.CalculationNode: rows.calculate,
    plan.SubqueryNode: rows.calculate,
    plan.SortNode: sorting.sort_rows,
    plan.LimitNode: rows.limit_rows,
    plan.CollectNode: collecting.collect,
    IndexCollectNode: index_collecting.index_collect,
    plan.WindowNode: windowing.window,
    plan.ShortestPathNode: graphs.shortest,
    plan.EnumeratePathsNode: graphs.enumerate_paths,
    plan.InsertNode: modifying.insert,
    plan.UpdateNode: modifying.update,
    plan.ReplaceNode: modifying.update,
    plan.RemoveNode: modifying.remove,
    plan.UpsertNode: modifying.upsert,
}


class Pipeline:
    """A compiled plan; holds nothing of any run, so that runs may share it.

    Args:
        subplan: The plan.
        compiler: Compiles its expressions.
    """

    def __init__(self, subplan: plan.Subplan, compiler: Compiler) -> None:
        self._steps: list[Step] = []
        self._nodes = subplan.nodes
        self._result: Evaluate | None = None
        self._values: Values | None = None  # the last step and the RETURN in one
        around = Surroundings(subplan.nodes)
        scanned: list[plan.FilterNode] = []
        for position, node in enumerate(subplan.nodes):
            match node:
                case plan.ReturnNode():
                    self._result = compiler.compile(node.value)
                    continue
                case plan.EnumerateCollectionNode():
                    step = scanning.enumerate_collection(compiler, around, position)
                    scanned = scanning.filters_after(subplan.nodes, position)
                case plan.FilterNode():
                    done = any(node is each for each in scanned)
                    step = rows.filter_rows(compiler, node, done=done)
                case plan.TraversalNode():
                    read = around.attributes_read(node.vertex)
                    step = graphs.traversal(compiler, node, read)
                    if isinstance(following := subplan.nodes[position + 1], plan.ReturnNode):
                        self._values = graphs.visited_names(compiler, node, following.value)
                case plan.EnumerateViewNode():
                    later = Surroundings(subplan.nodes[position + 1 :])
                    read = later.attributes_read(node.variable)
                    step = searching.enumerate_view(compiler, node, read)
                case EnumerateNearVectorNode():
                    given = () if node.filter is None else (node.filter,)
                    later = Surroundings((*given, *subplan.nodes[position + 1 :]))
                    read = later.attributes_read(node.variable)
                    step = indexing.near_vector(compiler, node, read)
                case _:
                    step = _STEPS[type(node)](compiler, node)
            self._steps.append(step)
        # what runs unless a profile is to tell of each node
        self._quick = columnar.shortcut(compiler, around, self._steps)
        if self._quick is self._steps:
            self._quick = index_collecting.counting(compiler, subplan.nodes, self._steps)
        self._direct = columnar.direct(compiler, around)

    def run(self, base: Row) -> Iterator[Any]:
        """Yield the results, beginning with one row; a query without RETURN yields nothing."""
        found: Iterator[Row] = iter((base.copy(),))
        profile, values = execution_of(base).profile, self._values
        if self._direct is not None and (results := self._direct(base)) is not None:
            yield from results
            return
        if values is not None and profile is None:
            for step in self._quick[:-1]:
                found = step(base, found)
            yield from chain.from_iterable(values(base, found))
            return
        if profile is None:
            for step in self._quick:
                found = step(base, found)
        else:
            for node, step in zip(self._nodes, self._steps, strict=False):  # a RETURN is no step
                found = profile.watch(node, step(base, found))
        result = self._result
        if result is None:
            for _ in found:
                pass
            return
        for row in found:
            yield result(row)


def _subquery(subplan: plan.Subplan) -> Callable[[Row], list[Any]]:
    pipeline = Pipeline(subplan, COMPILER)

    def results(row: Row) -> list[Any]:
        execution = execution_of(row)
        execution.check()
        return execution.gather(pipeline.run(row), kept=False)

    return results


COMPILER = Compiler(_subquery)


class CompiledQuery:
    """A whole query, compiled.

    Args:
        subplan: Its plan.
        width: Places a row needs.
    """

    def __init__(self, subplan: plan.Subplan, width: int) -> None:
        self._pipeline = Pipeline(subplan, COMPILER)
        self._width = width

    def run(self, execution: Execution) -> Iterator[Any]:
        """Yield the results of one run."""
        row: Row = [None] * self._width
        row[0] = execution
        return self._pipeline.run(row)
