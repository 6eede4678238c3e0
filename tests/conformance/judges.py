"""The files of the judge's data and who judges each."""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING

from tests.conformance import documented, exchanges, programs, queries
from tests.conformance.report import FileReport

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.conformance.rows import Verdict

JUDGES: dict[str, Callable[[Path], Iterator[Verdict]]] = {
    "js_ranges": partial(queries.judge, name="js_ranges"),
    "js_queries": partial(queries.judge, name="js_queries"),
    "docs_aql": documented.judge,
    "js_programs": programs.judge,
    "docs_http": exchanges.judge,
    "arangosh": exchanges.judge_transcripts,
}


@cache
def report(where: Path, name: str) -> FileReport:
    """Judge one file; once per process."""
    return FileReport.of(name, JUDGES[name](where))
