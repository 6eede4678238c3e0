"""Traces as JSON Lines, one ATIF trajectory a line, out and back in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hades_mcp.errors import InvalidArgument, NotFound
from hades_mcp.traces.atif import to_atif
from hades_mcp.traces.atif_reader import from_atif
from hades_mcp.traces.json_text import read_json, write_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from hades_mcp.traces.records import Trace
    from hades_mcp.traces.store import TraceStore


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did."""

    added: int
    known: int


def export_lines(store: TraceStore, ids: Iterable[str] | None = None) -> Iterator[str]:
    """Yield one line of JSON per trace, without its line end.

    A trace that broke off before its first step is left out: ATIF knows no empty trajectory.

    Args:
        store: Where the traces are.
        ids: Which ones, by id or unique prefix; all, oldest first, by default.
    """
    for trace_id in store.ids() if ids is None else ids:
        trace = store.get(trace_id)
        if trace.steps:
            yield write_json(to_atif(trace))


def import_file(store: TraceStore, path: Path) -> Imported:
    """Add every trace of a JSON Lines file; a file with a bad line adds nothing.

    Raises:
        NotFound: There is no such file.
        InvalidArgument: A line is no ATIF trajectory; the message has its number.
        Conflict: Another trace has an id of the file.
    """
    for _ in read_traces(path):
        pass
    outcomes = [store.add(trace) for trace in read_traces(path)]
    return Imported(added=sum(outcomes), known=len(outcomes) - sum(outcomes))


def read_traces(path: Path) -> Iterator[Trace]:
    """Yield the traces of a JSON Lines file.

    Raises:
        NotFound: There is no such file.
        InvalidArgument: A line is no ATIF trajectory; the message has its number.
    """
    try:
        lines = path.open("rb")
    except OSError as error:
        raise NotFound(f"The trace file {path} can't be read: {error.strerror}.") from None
    with lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                yield _read(line, f"{path.name}, line {number}")


def _read(line: bytes, where: str) -> Trace:
    try:
        return from_atif(read_json(line))
    except ValueError as error:
        raise InvalidArgument(f"{where}: this is not JSON: {error}.") from None
    except InvalidArgument as error:
        raise InvalidArgument(f"{where}: {error.message}", hint=error.hint) from None
