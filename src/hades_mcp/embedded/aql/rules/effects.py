"""What may be computed elsewhere, more often, less often or not at all, without a difference."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hades_mcp.embedded.aql.functions import find
from hades_mcp.embedded.aql.nodes import Call, Constant, Node, SubqueryExpression, walk
from hades_mcp.embedded.values import json_text

if TYPE_CHECKING:
    from collections.abc import Hashable

    from hades_mcp.embedded.aql.plan import Subplan


def is_steady(node: Node) -> bool:
    """Tell whether an expression may be evaluated more or less often without a difference."""
    for part in walk(node):
        if isinstance(part, SubqueryExpression):
            return False
        if isinstance(part, Call):
            function = find(part.name)
            if function is None or not function.deterministic:
                return False
    return True


def is_without_effect(node: Node) -> bool:
    """Tell whether nobody notices if a value, or a whole subquery, is not computed."""
    if not isinstance(node, SubqueryExpression):
        return is_steady(node)
    return node.plan is not None and _only_reads(node.plan)


def _only_reads(plan: Subplan) -> bool:
    if plan.modifies:
        return False
    for node in plan.nodes:
        for part in walk(node):
            if isinstance(part, SubqueryExpression):
                if part.plan is None or not _only_reads(part.plan):
                    return False
            elif part is not node and not is_steady(part):
                return False
    return True


def modifies(node: Node) -> bool:
    """Tell whether a subquery in a plan node or an expression writes."""
    return any(
        part.plan.modifies
        for part in walk(node)
        if isinstance(part, SubqueryExpression) and part.plan is not None
    )


def same(one: Node, other: Node) -> bool:
    """Tell whether two expressions are the same; Python holds 1, 1.0 and True for equal."""
    return one == other and _constants(one) == _constants(other)


def shape(node: Node) -> Hashable:
    """Return what all expressions that are the same have in common, and few others."""
    return tuple([_trait(part) for part in walk(node)])


def _trait(part: Node) -> Hashable:
    if isinstance(part, Constant):
        return part.value if isinstance(part.value, str | int | float) else None
    return type(part), getattr(part, "name", None), getattr(part, "variable", None)


def _constants(node: Node) -> list[str]:
    return [json_text(part.value) for part in walk(node) if isinstance(part, Constant)]
