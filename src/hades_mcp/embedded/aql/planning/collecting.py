"""COLLECT and WINDOW."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hades_mcp.embedded.aql.functions.aggregate import find_aggregate
from hades_mcp.embedded.aql.nodes import Call, Constant, Expression, Name, VariableReference, walk
from hades_mcp.embedded.aql.plan import (
    AggregateCall,
    CollectNode,
    EnumerateCollectionNode,
    EnumerateListNode,
    EnumeratePathsNode,
    EnumerateViewNode,
    Grouping,
    ShortestPathNode,
    TraversalNode,
    Variable,
    WindowNode,
    produced,
)
from hades_mcp.embedded.aql.planning.expressions import resolve
from hades_mcp.embedded.aql.planning.options import constant, read_options
from hades_mcp.embedded.aql.scope import refuse
from hades_mcp.embedded.aql.tokens import syntax_error

if TYPE_CHECKING:
    from hades_mcp.embedded.aql.clauses import Assignment, Collect, Window
    from hades_mcp.embedded.aql.nodes import ObjectLiteral
    from hades_mcp.embedded.aql.planning.planner import Planner

UNKNOWN_VARIABLE, INVALID_AGGREGATE = 1512, 1574
WINDOW_AFTER_MODIFICATION = 1595
_NO_BOUND = "At least one WINDOW bound must be specified ('preceding'/'following')"
_ONLY_BOUNDS = 'only "preceding" and "following" are supported'
_COUNTS = frozenset({"COUNT", "LENGTH"})  # need no argument

_LOOPS = (
    EnumerateCollectionNode,
    EnumerateListNode,
    EnumerateViewNode,
    TraversalNode,
    ShortestPathNode,
    EnumeratePathsNode,
    CollectNode,
)


def plan_collect(planner: Planner, clause: Collect) -> None:
    """Plan COLLECT: all variables of the scope end, those it sets begin."""
    options = read_options(planner, clause.options, "COLLECT")
    groups = [(item, resolve(planner, item.value)) for item in clause.groups]
    taken = {item.name for item in clause.groups}
    calls = [_aggregate(planner, item, taken) for item in clause.aggregates]
    into_value = None if clause.into_value is None else resolve(planner, clause.into_value)
    kept = _kept(planner, clause)
    variables: list[Variable] = []

    def declare(name: str) -> Variable:
        variables.append(planner.scopes.declare(name))
        return variables[-1]

    groupings = tuple(Grouping(declare(item.name), value, at=item.at) for item, value in groups)
    aggregates = [
        AggregateCall(declare(item.name), function, argument, at=item.at)
        for item, (function, argument) in zip(clause.aggregates, calls, strict=True)
    ]
    if clause.count is not None:
        aggregates.append(AggregateCall(declare(clause.count), "LENGTH", None, at=clause.at))
    into = None if clause.into is None else declare(clause.into)
    planner.scopes.restart(variables)
    planner.emit(
        CollectNode(
            groupings,
            tuple(aggregates),
            into,
            into_value,
            kept,
            method="count" if clause.count is not None and not groupings else "hash",
            disable_index=bool(options.get("disableIndex")),
            at=clause.at,
        )
    )


def _aggregate(
    planner: Planner, item: Assignment, taken: set[str]
) -> tuple[str, Expression | None]:
    call = item.value
    for node in walk(call):
        if isinstance(node, Name) and node.name in taken and not planner.scopes.find(node.name):
            raise refuse(
                UNKNOWN_VARIABLE, f"unknown variable '{node.name}' in an aggregate expression"
            )
    if isinstance(call, Call) and call.name in _COUNTS and not call.arguments:
        return call.name, None
    if not isinstance(call, Call) or find_aggregate(call.name) is None or len(call.arguments) != 1:
        raise refuse(
            INVALID_AGGREGATE,
            "invalid aggregate expression: aggregate expression must be a function call",
        )
    return call.name, resolve(planner, call.arguments[0])


def _kept(planner: Planner, clause: Collect) -> tuple[VariableReference, ...]:
    if clause.keep is not None:
        found = []
        for item in clause.keep:
            variable = planner.scopes.find(item.name)
            if variable is None:
                message = f"use of unknown variable '{item.name}' for KEEP"
                raise syntax_error(planner.text, item.at, message)
            found.append(VariableReference(variable, at=item.at))
        return tuple(found)
    if clause.into is None or clause.into_value is not None:
        return ()
    return tuple(VariableReference(variable) for variable in _group_variables(planner))


def _group_variables(planner: Planner) -> list[Variable]:
    """Return the variables that go INTO a group when the query does not say which.

    What was set before the first loop stays out, unless there is none.
    """
    nodes = planner.nodes
    first = next((i for i, node in enumerate(nodes) if isinstance(node, _LOOPS)), 0)
    for position in range(len(nodes) - 1, first, -1):
        if isinstance(nodes[position], CollectNode):  # of what was set before, nothing lives on
            first = position
            break
    return [
        variable
        for node in nodes[first:]
        for variable in produced(node)
        if variable.user and planner.scopes.find(variable.name) is variable
    ]


def plan_window(planner: Planner, clause: Window) -> None:
    """Plan WINDOW: the variables it sets join those of the scope."""
    if planner.access.written:
        raise refuse(WINDOW_AFTER_MODIFICATION, "window operation after data-modification")
    _check_bounds(planner, clause.bounds)
    value = None if clause.value is None else resolve(planner, clause.value)
    bounds = Constant(constant(planner, clause.bounds), at=clause.bounds.at)
    calls = [(item, *_aggregate(planner, item, set())) for item in clause.aggregates]
    aggregates = tuple(
        AggregateCall(planner.scopes.declare(item.name), function, argument, at=item.at)
        for item, function, argument in calls
    )
    planner.emit(WindowNode(value, bounds, aggregates, at=clause.at))


def _check_bounds(planner: Planner, bounds: ObjectLiteral) -> None:
    problem = None if bounds.entries else _NO_BOUND
    seen: set[str] = set()
    for entry in bounds.entries:
        if not isinstance(entry.key, str) or entry.key not in {"preceding", "following"}:
            problem = f"Invalid WINDOW attribute '{entry.key}'; {_ONLY_BOUNDS}"
        elif entry.key in seen:
            problem = f"WINDOW attribute '{entry.key}' is specified multiple times"
        else:
            seen.add(entry.key)
    if problem is not None:
        raise syntax_error(planner.text, bounds.at, problem)
