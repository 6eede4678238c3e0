"""FOR over collections and arrays, LET, FILTER, SORT, LIMIT and RETURN."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from hades_mcp.embedded.aql.clauses import (
    ArrayPattern,
    Filter,
    For,
    Let,
    Limit,
    NamePattern,
    ObjectPattern,
    Pattern,
    Return,
    Sort,
    SortItem,
)
from hades_mcp.embedded.aql.nodes import (
    Attribute,
    Constant,
    Expression,
    Index,
    SubqueryExpression,
    VariableReference,
)
from hades_mcp.embedded.aql.plan import (
    CalculationNode,
    CollectNode,
    EnumerateCollectionNode,
    EnumerateListNode,
    EnumerateViewNode,
    FilterNode,
    Grouping,
    LimitNode,
    ReturnNode,
    SortKey,
    SortNode,
    SubqueryNode,
    Variable,
    used,
)
from hades_mcp.embedded.aql.planning.expressions import (
    collection_name,
    resolve,
    resolve_search,
)
from hades_mcp.embedded.aql.planning.options import constant, read_options
from hades_mcp.embedded.aql.rules.effects import is_steady
from hades_mcp.embedded.aql.scope import refuse
from hades_mcp.embedded.aql.search.options import check_search_options
from hades_mcp.embedded.aql.tokens import syntax_error
from hades_mcp.embedded.values import truth

if TYPE_CHECKING:
    from hades_mcp.embedded.aql.planning.planner import Planner

OUT_OF_RANGE = 1504


def plan_for(planner: Planner, clause: For) -> None:
    """Plan FOR over a collection, a view or an array."""
    name = collection_name(planner, clause.source)
    is_view = name is not None and planner.is_view(name)
    options = read_options(planner, clause.options, "SEARCH" if is_view else "FOR")
    if name is not None and is_view:
        variable = _target(planner, clause.target)
        check_search_options(options)
        search = None if clause.search is None else resolve_search(planner, clause.search)
        planner.emit(EnumerateViewNode(variable, name, search, options, at=clause.at))
        _take_apart(planner, clause.target, VariableReference(variable))
        return
    if clause.search is not None:
        if name is not None:
            planner.known(name)
        _fail(planner, clause.search.at, "SEARCH condition used on non-view")
    if name is not None:
        planner.read(name)
        variable = _target(planner, clause.target)
        planner.emit(EnumerateCollectionNode(variable, name, options, at=clause.at))
    else:
        source = resolve(planner, clause.source)
        variable = _target(planner, clause.target)
        planner.emit(EnumerateListNode(variable, source, at=clause.at))
    _take_apart(planner, clause.target, VariableReference(variable))


def _target(planner: Planner, pattern: Pattern) -> Variable:
    if isinstance(pattern, NamePattern):
        return planner.scopes.declare(pattern.name)
    return planner.scopes.create()


def _take_apart(planner: Planner, pattern: Pattern, value: Expression) -> None:
    """Assign the parts of a value to the names in an array or object pattern."""
    match pattern:
        case ArrayPattern(items=items):
            for position, item in enumerate(items):
                if item is not None:
                    _assign(planner, item, Index(value, Constant(position), at=item.at))
        case ObjectPattern(names=names, items=items):
            for name, item in zip(names, items, strict=True):
                _assign(planner, item, Attribute(value, name, at=item.at))
        case NamePattern():
            pass


def _assign(planner: Planner, pattern: Pattern, value: Expression) -> None:
    variable = _target(planner, pattern)
    planner.constants.note(variable, value)
    planner.emit(CalculationNode(variable, value, at=pattern.at))
    _take_apart(planner, pattern, VariableReference(variable))


def plan_let(planner: Planner, clause: Let) -> None:
    """Plan LET; a subquery becomes a node of its own."""
    if isinstance(clause.value, SubqueryExpression):
        value = SubqueryExpression((), planner.subquery(clause.value.body), at=clause.value.at)
        variable = _target(planner, clause.target)
        planner.emit(SubqueryNode(variable, value, at=clause.at))
        _take_apart(planner, clause.target, VariableReference(variable))
    else:
        _assign(planner, clause.target, resolve(planner, clause.value))


def plan_filter(planner: Planner, clause: Filter) -> None:
    """Plan FILTER."""
    planner.emit(FilterNode(resolve(planner, clause.condition), at=clause.at))


def plan_sort(planner: Planner, clause: Sort) -> None:
    """Plan SORT; criteria that are constant order nothing."""
    keys = [_sort_key(planner, item) for item in clause.items]
    keys = [key for key in keys if used(key) or not is_steady(key)]
    if keys:
        planner.emit(SortNode(tuple(keys), at=clause.at))


def _sort_key(planner: Planner, item: SortItem) -> SortKey:
    descending = item.descending
    if item.direction is not None:
        descending = _is_descending(planner, item.direction)
    return SortKey(resolve(planner, item.value), descending, at=item.at)


def _is_descending(planner: Planner, direction: Expression) -> bool:
    value = constant(planner, direction)
    if isinstance(value, str) and value.upper() in {"ASC", "DESC"}:
        return value.upper() == "DESC"
    return not truth(value)  # true is ascending, and so is whatever counts as true


def plan_limit(planner: Planner, clause: Limit) -> None:
    """Plan LIMIT."""
    offset = None if clause.offset is None else _known_beforehand(planner, clause.offset)
    planner.emit(LimitNode(offset, _known_beforehand(planner, clause.count), at=clause.at))


def _known_beforehand(planner: Planner, amount: Expression) -> Expression:
    value = planner.constants.fixed(resolve(planner, amount))
    if value is None:
        raise refuse(OUT_OF_RANGE, "LIMIT offset/count values must be constant numeric values")
    return value


def plan_return(planner: Planner, clause: Return) -> None:
    """Plan RETURN; DISTINCT is a grouping by the value."""
    value = resolve(planner, clause.value)
    if clause.distinct:
        if not planner.loops:
            _fail(planner, clause.at, "cannot use DISTINCT modifier on top-level query element")
        variable = planner.scopes.create()
        grouping = Grouping(variable, value, at=clause.at)
        planner.emit(CollectNode((grouping,), method="distinct", sorted=False, at=clause.at))
        value = VariableReference(variable, at=clause.at)
    planner.emit(ReturnNode(value, at=clause.at))


def _fail(planner: Planner, at: int, message: str) -> NoReturn:
    raise syntax_error(planner.text, at, message)
