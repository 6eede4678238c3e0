"""The planner's state while it turns the clauses of one query into execution nodes."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from hades_mcp.embedded.aql.clauses import For, PathSearch, Traversal
from hades_mcp.embedded.aql.context import Context
from hades_mcp.embedded.aql.nodes import VariableReference
from hades_mcp.embedded.aql.parser.cursor import TOO_MUCH_NESTING
from hades_mcp.embedded.aql.plan import (
    CollectNode,
    EnumerateListNode,
    FilterNode,
    ModificationNode,
    ReturnNode,
    SingletonNode,
    SortNode,
    Subplan,
    Variable,
)
from hades_mcp.embedded.aql.planning.access import Access
from hades_mcp.embedded.aql.planning.constants import Constants
from hades_mcp.embedded.aql.scope import Parameters, Scopes, refuse
from hades_mcp.embedded.values.stopping import check

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from hades_mcp.embedded.aql.nodes import Node

COLLECTION_UNKNOWN, ILLEGAL_NAME = 1203, 1208
WARNINGS_KEPT = 100
MOST_NODES = 4000  # of a plan; see "Known limitations for AQL queries" in ArangoDB's manual


class Catalog(Protocol):
    """What the planner asks about collections."""

    def is_edge(self, collection: str) -> bool | None:
        """Tell whether a collection holds edges; None if there is no such collection."""

    def named(self, name: str) -> str:
        """Return the name of the collection that a name or an id means."""

    def searched(self, view: str) -> list[str] | None:
        """Return the names of the collections a view searches; None if there is no such view."""


class Planning(Context):
    """The context of what is computed while planning: it stops when planning is to stop."""

    __slots__ = ()

    def check(self) -> None:
        """Stop with the query that is being planned; see `Context.check`."""
        check()()


class Planner:
    """Plans one query.

    Args:
        text: The query, for messages.
        parameters: Its bind parameters.
        catalog: The collections there are.
        operations: Plans one clause, by its type.

    Attributes:
        nodes: The execution nodes of the query or subquery at hand.
        elements: The variables of the array expansions around the expression at hand.
        context: Takes the warnings of what is computed while planning.
        views: Views the query searches.
        constants: Variables assigned what no row can change.
        inline: Above 0 where subqueries must stay in their expression because it is not evaluated
            exactly once per row.
    """

    def __init__(
        self,
        text: str,
        parameters: Parameters,
        catalog: Catalog,
        operations: dict[type[Node], Callable[[Planner, Node], None]],
    ) -> None:
        self.text = text
        self.parameters = parameters
        self.catalog = catalog
        self.scopes = Scopes()
        self.access = Access()
        self.context = Planning(max_warnings=WARNINGS_KEPT)
        self.views: set[str] = set()
        self.nodes: list[Node] = []
        self.elements: list[Variable] = []
        self.constants = Constants()
        self.inline = 0
        self.level = 0
        self.loops = False
        self.emitted = 0
        self._operations = operations

    def emit(self, node: Node) -> None:
        """Append an execution node.

        Raises:
            ArangoError: 1524 for one node too many, those counted that ArangoDB computes values in.
        """
        values = _values(node)
        self.emitted += 1 + sum(not isinstance(value, VariableReference) for value in values)
        if self.emitted > MOST_NODES:
            raise refuse(TOO_MUCH_NESTING, "too much nesting or too many objects")
        self.nodes.append(node)

    def body(self, clauses: Sequence[Node]) -> Subplan:
        """Plan the clauses of the query itself."""
        outer = self.nodes, self.loops, self.inline
        self.nodes, self.loops, self.inline = [SingletonNode()], False, 0
        for clause in clauses:
            self.loops = self.loops or isinstance(clause, For | Traversal | PathSearch)
            self._operations[type(clause)](self, clause)
        nodes = tuple(self.nodes)
        self.nodes, self.loops, self.inline = outer
        return Subplan(nodes, any(isinstance(node, ModificationNode) for node in nodes))

    def subquery(self, clauses: Sequence[Node]) -> Subplan:
        """Plan the clauses of a subquery in a scope of its own."""
        self.scopes.open()
        self.level += 1
        before = self.access.enter()
        plan = self.body(clauses)
        self.access.leave(before)
        self.level -= 1
        self.scopes.close()
        return plan

    @contextmanager
    def kept_inline(self) -> Iterator[None]:
        """Leave subqueries in their expressions inside the block."""
        self.inline += 1
        try:
            yield
        finally:
            self.inline -= 1

    @contextmanager
    def element(self, variable: Variable) -> Iterator[None]:
        """Let CURRENT be a variable inside the block."""
        self.scopes.open()
        self.scopes.assign("CURRENT", variable)
        self.elements.append(variable)
        with self.kept_inline():
            yield
        self.elements.pop()
        self.scopes.close()

    def read(self, collection: str) -> str:
        """Check that a collection exists and may be read here; return its name."""
        self.known(collection)
        self.access.note_read(collection, self.level)
        return collection

    def is_view(self, name: str) -> bool:
        """Tell whether a name is a view's, and note that its collections are read."""
        collections = self.catalog.searched(name)
        if collections is None:
            return False
        self.views.add(name)
        for collection in collections:
            self.read(collection)
        return True

    def known(self, collection: str) -> bool:
        """Tell whether a collection holds edges.

        Raises:
            ArangoError: 1203 if there is no such collection, 1208 for a name none can have.
        """
        edge = self.catalog.is_edge(collection)
        if edge is None:
            if not _is_legal(collection):
                raise refuse(ILLEGAL_NAME, f"illegal name: {collection}")
            raise refuse(COLLECTION_UNKNOWN, f"collection or view not found: {collection}")
        return edge


def _values(node: Node) -> list[Node]:
    match node:
        case FilterNode(condition=value) | ReturnNode(value=value):
            return [value]
        case EnumerateListNode(source=value):
            return [value]
        case SortNode(keys=keys):
            return [key.value for key in keys]
        case CollectNode(groups=groups):
            return [group.value for group in groups]
        case _:
            return []


def _is_legal(name: str) -> bool:
    return bool(name) and name.isascii() and all(c.isalnum() or c in "_-" for c in name)
