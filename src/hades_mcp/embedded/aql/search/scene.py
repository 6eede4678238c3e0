"""The surroundings of a search expression: its document, its Analyzer, the values it compares."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.analyzers import BUILT_IN, Analyzer
from hades_mcp.embedded.aql.nodes import (
    Attribute,
    Expansion,
    Expression,
    Index,
    SubqueryExpression,
    VariableReference,
    walk,
)
from hades_mcp.embedded.aql.plan import Variable, used
from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.storage.search.terms import NESTED, Field, text_kind

if TYPE_CHECKING:
    from collections.abc import Callable

BAD_PARAMETER, NOT_IMPLEMENTED = 10, 9


@dataclass(frozen=True, slots=True)
class Scene:
    """What a part of a search expression sees.

    Attributes:
        variable: The document, or the object of a nested array.
        value: Returns the value of an expression that does not read the document.
        test: Returns what an expression says of a document, where no index can.
        find_analyzer: Returns an Analyzer by its name; 10 if there is none.
        analyzer_at: For inverted indexes: returns the Analyzer of an indexed attribute.
        searching: Whether this is SEARCH; else FILTER over an inverted index.
        analyzer: The Analyzer that applies where the index does not know it.
        boost: How much scores count.
        base: The nested array the variable is from.
    """

    variable: Variable
    value: Callable[[Expression], Any]
    test: Callable[[Expression], Callable[[Any], bool]]
    find_analyzer: Callable[[str], Analyzer]
    analyzer_at: Callable[[str], Analyzer | None] | None = None
    searching: bool = True
    analyzer: Analyzer = BUILT_IN["identity"]
    boost: float = 1.0
    base: str = ""

    def path(self, node: Expression) -> str | None:
        """Return the attribute of the document an expression reads; None for any other."""
        found = path_of(node, self.variable, self.value, expansions=not self.searching)
        return None if found is None else self.base + found

    def mentions(self, node: Expression) -> bool:
        """Tell whether an expression reads the document."""
        return self.variable in used(node)

    def analyzer_of(self, path: str) -> Analyzer:
        """Return the Analyzer that applies to an attribute."""
        if self.analyzer_at is None:
            return self.analyzer
        return self.analyzer_at(path) or self.analyzer

    def text_field(self, path: str, analyzer: Analyzer | None = None) -> Field:
        """Return the field that holds the text of an attribute."""
        chosen = analyzer or self.analyzer_of(path)
        return Field(path, text_kind(chosen.name))

    def plain(self) -> Scene:
        """Return the scene inside a group: the group has the boost."""
        return self if self.boost == 1.0 else replace(self, boost=1.0)


def path_of(
    node: Expression,
    variable: Variable,
    value: Callable[[Expression], Any],
    *,
    expansions: bool,
) -> str | None:
    """Return the attribute path an expression reads of a variable, as postings name it.

    Args:
        node: The expression.
        variable: The document.
        value: Returns the value of what stands in square brackets.
        expansions: Whether `[*]` may stand in the path; it leaves no trace in it.
    """
    match node:
        case VariableReference(variable=found) if found == variable:
            return ""
        case Attribute(subject=subject, name=name):
            return _below(path_of(subject, variable, value, expansions=expansions), name)
        case Index(subject=subject, index=index) if variable not in used(index):
            outer = path_of(subject, variable, value, expansions=expansions)
            return None if outer is None else _at(outer, value(index))
        case Expansion(subject=subject, levels=1, suffix=suffix, variable=Variable() as element):
            if not expansions or node.filter or node.count or node.projection:
                return None
            outer = path_of(subject, variable, value, expansions=False)
            if outer is None or suffix is None:
                return outer
            inner = path_of(suffix, element, value, expansions=False)
            return None if inner is None else f"{outer}.{inner}" if inner else outer
    return None


def _below(outer: str | None, name: str) -> str | None:
    if outer is None:
        return None
    return f"{outer}.{name}" if outer and not outer.endswith(NESTED) else outer + name


def _at(outer: str, place: Any) -> str | None:
    if isinstance(place, str):
        return _below(outer, place)
    if isinstance(place, list) and all(isinstance(name, str) for name in place):
        return _below(outer, ".".join(place))
    if isinstance(place, int | float) and not isinstance(place, bool):
        return f"{outer}[{int(place)}]"
    return None


def holds_subquery(node: Expression) -> bool:
    """Tell whether a subquery is part of an expression."""
    return any(isinstance(part, SubqueryExpression) for part in walk(node))


def bad(message: str) -> ArangoError:
    """Return the error for a search expression that makes no sense."""
    return ArangoError(BAD_PARAMETER, message)
