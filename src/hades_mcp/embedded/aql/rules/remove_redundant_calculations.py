"""Rule `remove-redundant-calculations`: the same value is not computed twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from hades_mcp.embedded.aql.nodes import VariableReference
from hades_mcp.embedded.aql.plan import CalculationNode, CollectNode
from hades_mcp.embedded.aql.rules.effects import is_steady, same, shape
from hades_mcp.embedded.aql.rules.substitution import substituted

if TYPE_CHECKING:
    from collections.abc import Hashable

    from hades_mcp.embedded.aql.nodes import Expression, Node
    from hades_mcp.embedded.aql.plan import Variable
    from hades_mcp.embedded.aql.rules.optimizer import Nodes, Optimization

    _Known: TypeAlias = dict[Hashable, list[CalculationNode]]


def remove_redundant_calculations(nodes: Nodes, _: Optimization) -> Nodes:
    """Read the first of several variables with the same value; the others are left unread."""
    found: list[Node] = []
    known: _Known = {}
    instead: dict[Variable, Expression] = {}
    for node in nodes:
        new = substituted(node, instead)
        found.append(new)
        if isinstance(new, CollectNode):
            known, instead = {}, {}  # the variables so far end here
        elif isinstance(new, CalculationNode):
            other = _read_instead(new, known)
            if other is not None:
                instead[new.variable] = VariableReference(other)
    return tuple(found)


def _read_instead(node: CalculationNode, known: _Known) -> Variable | None:
    """Return the variable that has the same value; else the node's own is known from now on."""
    if isinstance(node.value, VariableReference):
        return node.value.variable
    if is_steady(node.value):
        alike = known.setdefault(shape(node.value), [])
        for earlier in alike:
            if same(earlier.value, node.value):
                return earlier.variable
        alike.append(node)
    return None
