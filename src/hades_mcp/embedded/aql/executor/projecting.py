"""What the loops of a plan ask about the nodes around them, found once for all loops."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from hades_mcp.embedded.aql.nodes import Attribute, SubqueryExpression, VariableReference, children
from hades_mcp.embedded.aql.rules.conditions import FiltersAfter
from hades_mcp.embedded.values.stopping import step

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hades_mcp.embedded.aql.nodes import Node
    from hades_mcp.embedded.aql.plan import Variable


IDENTITY = frozenset({"_key", "_id"})
"""What is known of a document without reading its body."""


class Surroundings:
    """The nodes of a query or subquery, and what is known of them all.

    Args:
        nodes: The nodes, in their order.
    """

    def __init__(self, nodes: Sequence[Node]) -> None:
        self.nodes = nodes

    @cached_property
    def filters(self) -> FiltersAfter:
        """What the filters after the loops ask for."""
        return FiltersAfter(self.nodes)

    @cached_property
    def _reads(self) -> dict[Variable, set[str] | None]:
        return _attributes_read(self.nodes)

    def attributes_read(self, variable: Variable) -> frozenset[str] | None:
        """Return the names of a document's attributes that are read; None if all of it is.

        Args:
            variable: Holds the document.
        """
        names = self._reads.get(variable, set())
        return None if names is None else frozenset(names)


def _attributes_read(nodes: Iterable[Node]) -> dict[Variable, set[str] | None]:
    found: dict[Variable, set[str] | None] = {}
    pending = list(nodes)
    while pending:
        step()
        node = pending.pop()
        match node:
            case Attribute(subject=VariableReference(variable=variable), name=name):
                names = found.setdefault(variable, set())
                if names is not None:
                    names.add(name)
                continue
            case VariableReference(variable=variable):
                found[variable] = None
                continue
            case SubqueryExpression(plan=plan) if plan is not None:
                pending.extend(plan.nodes)
        pending.extend(children(node))
    return found
