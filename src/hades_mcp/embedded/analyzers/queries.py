"""Tokens of Analyzers of type aql: what a restricted query makes of each text.

The language stands above this floor: whoever can run queries registers itself with `use`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from hades_mcp.embedded.errors import ArangoError

if TYPE_CHECKING:
    from collections.abc import Iterable

_NOT_IMPLEMENTED = 9


class Runner(Protocol):
    """What runs the query of an Analyzer."""

    def check(self, query: str) -> None:
        """Raise for a query an Analyzer may not have."""

    def run(self, query: str, text: str, memory: int) -> list[Any]:
        """Return the rows of a query for `@param`, within a limit of bytes."""

    def convert(self, value: Any, kind: str) -> Any:
        """Return a value as a `string`, a `number` or a `bool`."""


_runners: list[Runner] = []


def use(runner: Runner) -> None:
    """Let this runner run the queries of all Analyzers from now on."""
    _runners[:] = [runner]


def check_query(query: str) -> None:
    """Raise for a query an Analyzer may not have; 9 if nothing here can run queries."""
    _runner().check(query)


def query_tokens(properties: dict[str, Any], text: str) -> Iterable[Any]:
    """Return the tokens the query of an Analyzer makes of a text, converted to its type."""
    runner, kind = _runner(), properties["returnType"]
    rows = runner.run(properties["queryString"], text, properties["memoryLimit"])
    kept = rows if properties["keepNull"] else [row for row in rows if row is not None]
    return [runner.convert(row, kind) for row in kept]


def _runner() -> Runner:
    if not _runners:
        raise ArangoError(_NOT_IMPLEMENTED, "not implemented: analyzer type 'aql' without AQL")
    return _runners[0]
