"""Names in expressions resolved to variables, collections and functions."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hades_mcp.embedded.aql.functions import resolve as find_function
from hades_mcp.embedded.aql.nodes import (
    Call,
    Constant,
    Element,
    Expansion,
    Expression,
    Index,
    Logical,
    Name,
    Node,
    ObjectEntry,
    Parameter,
    Question,
    SubqueryExpression,
    Ternary,
    VariableReference,
    rebuild,
    walk,
)
from hades_mcp.embedded.aql.plan import SubqueryNode
from hades_mcp.embedded.aql.planning.folding import folded
from hades_mcp.embedded.aql.scope import refuse
from hades_mcp.embedded.aql.tokens import syntax_error
from hades_mcp.embedded.errors import ArangoError

if TYPE_CHECKING:
    from hades_mcp.embedded.aql.planning.planner import Planner

UNKNOWN_VARIABLE, COLLECTION_IN_EXPRESSION, USER_FUNCTION_UNKNOWN = 1512, 1568, 1582
NOT_IMPLEMENTED = 9


def resolve(planner: Planner, node: Expression) -> Expression:
    """Return the expression with its names resolved.

    Subqueries become nodes of the plan before the one that uses them, unless they may be skipped.

    Raises:
        ArangoError: For names and parameters that mean nothing here.
    """
    match node:
        case Name() | Parameter():
            return _reference(planner, node)
        case Call():
            return _call(planner, node)
        case SubqueryExpression():
            return _subquery(planner, node)
        case Expansion() | Question():
            return _array_operator(planner, node)
        case Element():
            return VariableReference(planner.elements[-1], at=node.at)
        case ObjectEntry():
            return _entry(planner, node)
        case Index(bound=True, index=Parameter(name=name)):
            planner.parameters.path(name)
        case Ternary() | Logical():
            with planner.kept_inline():
                return rebuild(node, lambda child: resolve(planner, child))
    resolved = rebuild(node, lambda child: resolve(planner, child))
    # what is kept inline may never be evaluated, and must not warn then
    return resolved if planner.inline else folded(resolved, planner.context)


def resolve_search(planner: Planner, node: Expression) -> Expression:
    """Return a search expression with its names resolved.

    Raises:
        ArangoError: 1501 for a subquery in it, else as `resolve`.
    """
    for part in walk(node):
        if isinstance(part, SubqueryExpression):
            raise syntax_error(
                planner.text, part.at, "Subqueries are not allowed in a SEARCH condition"
            )
    with planner.kept_inline():
        return resolve(planner, node)


def collection_name(planner: Planner, node: Node) -> str | None:
    """Return the name of a collection if that is what an expression is, a variable or not."""
    match node:
        case Parameter(name=name, collection=True):
            return planner.catalog.named(planner.parameters.text(name))
        case Name(name=name) if planner.scopes.find(name) is None:
            return planner.catalog.named(name)
    return None


def target_name(planner: Planner, node: Node) -> str:
    """Return the name of a collection where nothing else may stand."""
    match node:
        case Parameter(name=name):
            return planner.catalog.named(planner.parameters.text(name))
        case Name(name=name):
            return planner.catalog.named(name)
    raise AssertionError(node)  # the parser lets only these through


def _reference(planner: Planner, node: Name | Parameter) -> Expression:
    if isinstance(node, Parameter) and not node.collection:
        planner.parameters.use(node.name)
        return node
    name = collection_name(planner, node)
    if name is None:
        variable = planner.scopes.find(node.name)
        assert variable is not None  # noqa: S101  collection_name has just found it
        return VariableReference(variable, at=node.at)
    _read(planner, name)
    raise refuse(COLLECTION_IN_EXPRESSION, f"collection '{name}' used as expression operand")


def _read(planner: Planner, name: str) -> str:
    """Check that what stands in an expression is a collection, no view; return its name."""
    if planner.is_view(name):
        raise refuse(NOT_IMPLEMENTED, "node type 'view' is not supported in expressions")
    return planner.read(name)


def _entry(planner: Planner, node: ObjectEntry) -> Expression:
    if node.shorthand and planner.scopes.find(str(node.key)) is None:
        message = f"use of unknown variable '{node.key}' in object literal"
        raise ArangoError(UNKNOWN_VARIABLE, syntax_error(planner.text, node.at, message).message)
    return rebuild(node, lambda child: resolve(planner, child))


def _call(planner: Planner, node: Call) -> Expression:
    if "::" in node.name:
        raise refuse(USER_FUNCTION_UNKNOWN, f"user function '{node.name}()' not found")
    try:
        function = find_function(node.name)
        function.check_count(len(node.arguments))
    except ArangoError as error:
        raise refuse(error.number, error.message) from None
    if function.reads_data:
        planner.access.note_dynamic_read(f"function {function.name}()")
    if function.name in {"LENGTH", "COUNT"}:
        name = collection_name(planner, node.arguments[0])
        if name is not None:
            return Call("COLLECTION_COUNT", (Constant(_read(planner, name)),), at=node.at)
    arguments = [
        _argument(planner, function.collection_arguments, position, argument)
        for position, argument in enumerate(node.arguments)
    ]
    called = replace(node, arguments=tuple(arguments))
    return called if planner.inline else folded(called, planner.context)


def _argument(
    planner: Planner, names_at: tuple[int, ...], position: int, node: Expression
) -> Expression:
    name = collection_name(planner, node)
    if name is None:
        return resolve(planner, node)
    _read(planner, name)
    if position not in names_at:
        raise refuse(COLLECTION_IN_EXPRESSION, f"collection '{name}' used as expression operand")
    return Constant(name, at=node.at)


def _subquery(planner: Planner, node: SubqueryExpression) -> Expression:
    planned = SubqueryExpression((), planner.subquery(node.body), at=node.at)
    if planner.inline:
        return planned
    variable = planner.scopes.create()
    planner.emit(SubqueryNode(variable, planned, at=node.at))
    return VariableReference(variable, at=node.at)


def _optional(planner: Planner, node: Expression | None) -> Expression | None:
    return None if node is None else resolve(planner, node)


def _array_operator(planner: Planner, node: Expansion | Question) -> Expression:
    if isinstance(node, Expansion):
        return _expansion(planner, node)
    return _question(planner, node)


def _expansion(planner: Planner, node: Expansion) -> Expression:
    subject = resolve(planner, node.subject)
    offset, count = _optional(planner, node.offset), _optional(planner, node.count)
    variable = planner.scopes.create()
    with planner.element(variable):
        return replace(
            node,
            subject=subject,
            offset=offset,
            count=count,
            filter=_optional(planner, node.filter),
            projection=_optional(planner, node.projection),
            suffix=_optional(planner, node.suffix),
            variable=variable,
        )


def _question(planner: Planner, node: Question) -> Expression:
    subject = resolve(planner, node.subject)
    low, high = _optional(planner, node.low), _optional(planner, node.high)
    variable = planner.scopes.create()
    with planner.element(variable):
        condition = _optional(planner, node.filter)
    return replace(node, subject=subject, low=low, high=high, filter=condition, variable=variable)
