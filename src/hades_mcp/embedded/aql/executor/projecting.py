"""Which attributes of a document the rest of a plan reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hades_mcp.embedded.aql.nodes import Attribute, SubqueryExpression, VariableReference, children

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hades_mcp.embedded.aql.nodes import Node
    from hades_mcp.embedded.aql.plan import Variable


def attributes_read(variable: Variable, nodes: Iterable[Node]) -> frozenset[str] | None:
    """Return the names of a document's attributes that nodes read; None if they read all of it.

    Args:
        variable: Holds the document.
        nodes: Expressions or nodes of a plan.
    """
    names: set[str] = set()
    pending = list(nodes)
    while pending:
        node = pending.pop()
        match node:
            case Attribute(subject=VariableReference(variable=found), name=name):
                if found == variable:
                    names.add(name)
                continue
            case VariableReference(variable=found):
                if found == variable:
                    return None
                continue
            case SubqueryExpression(plan=plan) if plan is not None:
                pending.extend(plan.nodes)
        pending.extend(children(node))
    return frozenset(names)
