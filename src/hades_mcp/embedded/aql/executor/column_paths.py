"""Where a plan finds what it reads of documents in columns: attributes as paths, and positions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.aql.executor.scanning import Scan
from hades_mcp.embedded.aql.nodes import Attribute, VariableReference

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hades_mcp.embedded.aql.evaluation import Compiler, Row
    from hades_mcp.embedded.aql.executor.execution import Execution
    from hades_mcp.embedded.aql.executor.projecting import Surroundings
    from hades_mcp.embedded.aql.nodes import Node
    from hades_mcp.embedded.aql.plan import Variable
    from hades_mcp.embedded.storage.columns import Columns, Path


def attribute_path(node: Node, variable: Variable) -> Path | None:
    """Return the names that lead from a variable's document to an attribute, if that is all."""
    names: list[str] = []
    while isinstance(node, Attribute):
        names.append(node.name)
        node = node.subject
    if names and isinstance(node, VariableReference) and node.variable == variable:
        return tuple(reversed(names))
    return None


@dataclass(frozen=True, slots=True)
class Found:
    """The documents that pass the filters of a loop.

    Attributes:
        columns: What is known of the collection.
        positions: Where in the columns they are.
        all: Whether these are all documents.
    """

    columns: Columns
    positions: Sequence[int]
    all: bool

    def values(self, paths: Sequence[Path]) -> list[list[Any]] | None:
        """Return the columns of attributes; None if there is not one of each."""
        found = [self.columns.known.get(path) for path in paths]
        values = [column.values for column in found if column is not None]
        return values if len(values) == len(found) else None


class Source:
    """The loop at the beginning of a plan.

    Args:
        compiler: Compiles what the documents are compared with.
        plan: The plan; a loop over a collection is its second node.
        paths: The attributes that are to be in columns, beside those of the filters.

    Attributes:
        name: The collection's.
    """

    def __init__(self, compiler: Compiler, plan: Surroundings, paths: Sequence[Path]) -> None:
        self._scan = Scan(compiler, plan, 1, paths)
        self.name = self._scan.name

    def find(self, execution: Execution, row: Row) -> Found | None:
        """Return the documents that pass the filters; None if columns do not tell."""
        found = self._scan.chosen(execution, row)
        if found is None:
            return None
        columns, positions = found
        if positions is None or len(positions) == len(columns.rows):
            return Found(columns, range(len(columns.rows)), all=True)
        return Found(columns, positions, all=False)

    def count(self, execution: Execution, found: Found) -> None:
        """Count the documents as scanned and filtered, now that they are not looked at again."""
        total = len(found.columns.rows)
        execution.stats.scannedFull += total
        execution.stats.filtered += total - len(found.positions)
