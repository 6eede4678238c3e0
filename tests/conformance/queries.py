"""`js_queries` and `js_ranges`: queries that need no data, from the tests of ArangoDB 3.2.2."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.conformance import compare
from tests.conformance.rows import Row, Verdict, read

from hades_mcp.embedded.aql import QueryOptions, Result, execute
from hades_mcp.embedded.errors import ArangoError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hades_mcp.embedded.storage import Database, Transaction

Answer = Result | Exception


def judge(where: Path, name: str) -> Iterator[Verdict]:
    """Yield a verdict for each row of a file of stateless queries."""
    for row in read(where, name):
        answer = ask(None, row["query"], row.get("bindVars"), row.get("options"))
        wrong = difference(row, answer)
        yield Verdict(row["id"], row.get("file") or row["kind"], wrong, row["query"])


def ask(
    target: Database | Transaction | None, query: str, bind_vars: Any, options: Any = None
) -> Answer:
    """Run a query; whatever it raises is an answer too."""
    given = options or {}
    settings = QueryOptions(
        memory_limit=given.get("memoryLimit", 0),
        full_count=given.get("fullCount", False),
        fail_on_warning=given.get("failOnWarning", False),
        rules=tuple((given.get("optimizer") or {}).get("rules", ())),
    )
    try:
        return execute(target, query, bind_vars or {}, options=settings)
    except Exception as error:  # noqa: BLE001  a crash is a wrong answer, not the judge's end
        return error


def difference(row: Row, answer: Answer) -> str | None:
    """Tell what is wrong with an answer to a row of kind eq, truthy, error, warning…"""
    kind = row.get("kind", "eq")
    if kind in {"error", "parse_error"}:
        return missed_error(int(row.get("error") or row["parseError"]), answer)
    if isinstance(answer, Exception):
        return failure(answer)
    if kind == "warning":
        return missed_warning(int(row["warning"]), answer)
    value = compare.at(answer.rows, row.get("path"))
    if kind == "truthy":
        wanted = bool(row.get("truthy", True))
        return None if compare.truthy(value) == wanted else f"got {compare.shown(value)}"
    value, wanted = compare.ordered(row["query"], value, row["expected"])
    return unequal(value, wanted, row.get("path"), row.get("normalize"))


def unequal(value: Any, wanted: Any, path: Any, normalize: str | None) -> str | None:
    """Tell how a value differs from what a server gave."""
    if normalize in {"row", "recursive"}:
        value, wanted = compare.as_row(value), compare.as_row(wanted)
    if isinstance(wanted, str) and isinstance(value, float | int) and _is_number(wanted):
        wanted = float(wanted)  # the test compared `toPrecision(8)`
        value = float(f"{value:.8g}")
    is_same = compare.same if path else compare.same_rows
    if is_same(value, wanted):
        return None
    return f"got {compare.shown(value)} wanted {compare.shown(wanted)}"


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def missed_error(number: int, answer: Answer) -> str | None:
    """Tell whether an answer is another one than this error."""
    if not isinstance(answer, Exception):
        return f"no error, wanted {number}: {compare.shown(answer.rows)}"
    if isinstance(answer, ArangoError) and answer.number == number:
        return None
    return f"{failure(answer)} wanted {number}"


def missed_warning(number: int, answer: Result) -> str | None:
    """Tell whether a warning is missing."""
    found = [warning.number for warning in answer.warnings]
    return None if number in found else f"warnings {found} wanted {number}"


def failure(error: Exception) -> str:
    """Word what was raised; whatever is no ArangoError is a bug."""
    if isinstance(error, ArangoError):
        return f"error {error.number} {error.message}"
    return f"CRASH {type(error).__name__} {error}"
