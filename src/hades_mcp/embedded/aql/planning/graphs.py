"""Traversals and path searches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.aql.functions.arguments import is_number
from hades_mcp.embedded.aql.functions.registry import NOT_ON_DB_SERVERS
from hades_mcp.embedded.aql.nodes import (
    Binary,
    Call,
    Constant,
    Expression,
    SubqueryExpression,
    Unary,
    walk,
)
from hades_mcp.embedded.aql.plan import (
    CalculationNode,
    Edges,
    EnumeratePathsNode,
    ShortestPathNode,
    TraversalNode,
    used,
)
from hades_mcp.embedded.aql.planning.expressions import resolve, target_name
from hades_mcp.embedded.aql.planning.options import read_options
from hades_mcp.embedded.aql.scope import refuse
from hades_mcp.embedded.aql.tokens import syntax_error

if TYPE_CHECKING:
    from hades_mcp.embedded.aql.clauses import Direction, PathSearch, Traversal
    from hades_mcp.embedded.aql.plan import Options, Variable
    from hades_mcp.embedded.aql.planning.planner import Planner

COLLECTION_TYPE_INVALID, NEGATIVE_WEIGHT, SYNTAX_ERROR = 1218, 1948, 1501


def plan_traversal(planner: Planner, clause: Traversal) -> None:
    """Plan a traversal."""
    planner.access.note_dynamic_read("traversal")
    start = _end(planner, clause.start)
    steps = _steps(planner, clause.steps)
    edges = _edges(planner, clause)
    options = read_options(planner, clause.options, "TRAVERSAL")
    if options.get("order") == "weighted":
        _check_weight(options)
    vertex, edge, path = _variables(planner, clause.names, 3)
    assert vertex is not None  # noqa: S101  the grammar asks for at least one name
    prune = prune_variable = None
    if clause.prune is not None:
        with planner.kept_inline():
            prune = resolve(planner, clause.prune)
        _check_prune(planner, prune)
        if clause.prune_name is not None:
            prune_variable = planner.scopes.declare(clause.prune_name)
    planner.emit(
        TraversalNode(
            vertex, edge, path, start, steps, edges, prune, prune_variable, options, at=clause.at
        )
    )


def plan_path_search(planner: Planner, clause: PathSearch) -> None:
    """Plan SHORTEST_PATH and its kin."""
    planner.access.note_dynamic_read("traversal")
    start, target = _end(planner, clause.start), _end(planner, clause.target)
    steps = _steps(planner, clause.steps)
    edges = _edges(planner, clause)
    options = read_options(planner, clause.options, "SHORTEST_PATH")
    _check_weight(options)
    first, second = _variables(planner, clause.names, 2)
    assert first is not None  # noqa: S101  the grammar asks for at least one name
    if clause.kind == "SHORTEST_PATH":
        planner.emit(ShortestPathNode(first, second, start, target, edges, options, at=clause.at))
    else:
        planner.emit(
            EnumeratePathsNode(
                clause.kind, first, start, target, steps, edges, options, at=clause.at
            )
        )


def _end(planner: Planner, node: Expression) -> Expression:
    """Return where a walk starts or ends.

    What is bound or computed is looked at when it is known, for plans serve any values.

    Raises:
        ArangoError: 1501 for a value that is plainly neither an _id nor a document.
    """
    value = resolve(planner, node)
    plain = value.operand if isinstance(value, Unary) else value
    if isinstance(plain, Constant) and not isinstance(plain.value, str | list | dict):
        raise refuse(
            SYNTAX_ERROR, "invalid start vertex. Must either be an _id string or an object with _id"
        )
    return value


def _check_weight(options: Options) -> None:
    weight: Any = options.get("defaultWeight")
    if is_number(weight) and weight < 0:
        raise refuse(NEGATIVE_WEIGHT, "negative default weight not allowed")


def _check_prune(planner: Planner, prune: Expression) -> None:
    for part in walk(prune):
        if isinstance(part, Call) and part.name.upper() in NOT_ON_DB_SERVERS:
            message = "PRUNE expression contains a function that cannot be used on DB-Servers"
            raise syntax_error(planner.text, part.at, message)


def _variables(planner: Planner, names: tuple[str, ...], count: int) -> list[Variable | None]:
    declared: list[Variable | None] = [planner.scopes.declare(name) for name in names]
    return declared + [None] * (count - len(declared))


def _steps(planner: Planner, steps: Expression | None) -> Expression | None:
    if steps is None:
        return None
    resolved = steps if _has_subquery(steps) else resolve(planner, steps)
    is_bad_constant = isinstance(resolved, Constant) and not _is_depth(resolved.value)
    varying = used(resolved) - _constants(planner)
    if is_bad_constant or _has_subquery(resolved) or varying:
        message = "expecting integer number or range for number of steps"
        raise syntax_error(planner.text, steps.at, message)
    if isinstance(resolved, Binary) and resolved.operator != "..":
        return Binary("..", resolved, resolved, at=steps.at)
    return resolved


def _constants(planner: Planner) -> set[Variable]:
    """Return the variables ArangoDB's optimizer would replace by their constant value."""
    return {
        node.variable
        for node in planner.nodes
        if isinstance(node, CalculationNode) and isinstance(node.value, Constant)
    }


def _is_depth(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _has_subquery(node: Expression) -> bool:
    return any(isinstance(part, SubqueryExpression) for part in walk(node))


def _edges(planner: Planner, clause: Traversal | PathSearch) -> Edges:
    graph = None if clause.graph is None else resolve(planner, clause.graph)
    found: dict[str, Direction] = {}
    for source in clause.edges:
        name = target_name(planner, source.collection)
        direction = source.direction or clause.direction
        if not planner.known(name) or found.get(name, direction) != direction:
            raise refuse(
                COLLECTION_TYPE_INVALID,
                f"collection type invalid: '{name}' is no edge collection, "
                "or is used with two directions",
            )
        planner.access.note_read(name, planner.level)
        found[name] = direction
    return Edges(graph, tuple(found.items()), clause.direction, at=clause.at)
