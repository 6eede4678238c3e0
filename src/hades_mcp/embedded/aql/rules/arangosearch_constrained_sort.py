"""Rule `arangosearch-constrained-sort`: a view gives the best documents only, in order of score.

Documents are read after it is known which are the best: reading them is most of the work.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hades_mcp.embedded.aql.nodes import VariableReference
from hades_mcp.embedded.aql.plan import CalculationNode, EnumerateViewNode, SortKey, SortNode
from hades_mcp.embedded.aql.rules.conditions import runs_once

if TYPE_CHECKING:
    from hades_mcp.embedded.aql.nodes import Node
    from hades_mcp.embedded.aql.plan import Variable
    from hades_mcp.embedded.aql.rules.optimizer import Nodes, Optimization


def arangosearch_constrained_sort(nodes: Nodes, _: Optimization) -> Nodes:
    """Let a view sort by its scores what a LIMIT cuts, if it is the only loop before."""
    for position, node in enumerate(nodes):
        if isinstance(node, EnumerateViewNode) and not node.order and runs_once(nodes[:position]):
            at = _sort_after(nodes, position)
            sort = nodes[at] if at is not None else None
            if at is not None and isinstance(sort, SortNode):
                keys = _by_scores(sort, node, nodes[position + 1 : at])
                if keys:
                    view = replace(
                        node, order=keys, limit=sort.limit, limit_offset=sort.limit_offset
                    )
                    return (*nodes[:position], view, *nodes[position + 1 : at], *nodes[at + 1 :])
    return nodes


def _sort_after(nodes: Nodes, position: int) -> int | None:
    """Return where a SORT with a LIMIT is that only calculations separate from the loop."""
    for at in range(position + 1, len(nodes)):
        match nodes[at]:
            case SortNode(limit=limit) if limit is not None:
                return at
            case CalculationNode():
                pass
            case _:
                return None
    return None


def _by_scores(
    sort: SortNode, view: EnumerateViewNode, between: tuple[Node, ...]
) -> tuple[SortKey, ...]:
    """Return the keys of a sort as scores of the view; none if any is something else."""
    scores = {score.variable: score.variable for score in view.scores}
    names: dict[Variable, Variable] = dict(scores)
    for node in between:
        match node:
            case CalculationNode(variable=variable, value=VariableReference(variable=read)):
                if read in scores:
                    names[variable] = read
    keys = []
    for key in sort.keys:
        if not isinstance(key.value, VariableReference) or key.value.variable not in names:
            return ()
        score = VariableReference(names[key.value.variable], at=key.at)
        keys.append(SortKey(score, key.descending, at=key.at))
    return tuple(keys)
