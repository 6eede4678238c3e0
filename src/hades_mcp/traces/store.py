"""The trace store: one SQLite file that several processes append to and a crash can't spoil."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from hades_mcp.errors import Conflict, InvalidArgument, NotFound
from hades_mcp.redaction import redact
from hades_mcp.traces.atif import header_to_atif, observation_to_atif, step_to_atif, to_atif
from hades_mcp.traces.atif_reader import assemble, with_results
from hades_mcp.traces.backlog import Backlog, unfailing
from hades_mcp.traces.json_text import read_json, write_json
from hades_mcp.traces.labels import judged, kept
from hades_mcp.traces.liveness import alive, owner
from hades_mcp.traces.records import TraceSummary
from hades_mcp.traces.schema import open_file, transaction

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from hades_mcp.traces.records import Header, Kind, Observation, Status, Step, Trace
    from hades_mcp.types import JsonObject

TITLE_LENGTH = 120

_SUMMARY = """
SELECT id, kind, status, owner, started, finished, agent, model, title,
       (SELECT count(*) FROM entries WHERE trace = id AND kind = 'step') AS steps
FROM traces
"""


class TraceStore:
    """Traces on disk. Everything is redacted here, at the last door before the file.

    Safe to use from several threads and processes at once. A run killed in the middle keeps all it
    had appended, and reads as interrupted. What was left to be written `soon` is written within a
    tenth of a second, and before anything is read here: only that a killed process may lose.

    Args:
        path: The SQLite file; its folder is made.

    Raises:
        ConfigError: The file can't be opened, or is something else.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.RLock()
        self._connection = open_file(path)
        self._batch: sqlite3.Cursor | None = None
        self._backlog = Backlog(self._together)

    def soon(self, work: Callable[[], None]) -> None:
        """Leave calls of this store to be made in the background, many in one transaction.

        Args:
            work: Makes them; it must not raise.
        """
        self._backlog.put(work)

    def flush(self) -> None:
        """Write what was left to be written soon."""
        self._backlog.flush()

    def begin(self, header: Header, *steps: Step) -> str:
        """Start a trace, with the steps known already, and return its id.

        Raises:
            Conflict: There is a trace with this id already.
        """
        bodies = [redact(step_to_atif(step)) for step in steps]
        self._insert(header, "running", _heading(bodies), steps=bodies)
        return header.id

    def append(self, trace_id: str, step: Step) -> None:
        """Add a step; it is on disk when this returns.

        Raises:
            NotFound: There is no such trace.
        """
        body = redact(step_to_atif(step))
        with self._write() as cursor:
            self._add(cursor, trace_id, "step", body)
            if step.source == "user":
                cursor.execute(
                    "UPDATE traces SET title = ? WHERE id = ? AND title = ''",
                    (_title(str(body["message"])), trace_id),
                )

    def observe(self, trace_id: str, observation: Observation) -> None:
        """Add what a call returned to the step that made the call.

        Raises:
            NotFound: There is no such trace.
        """
        with self._write() as cursor:
            self._add(cursor, trace_id, "result", redact(observation_to_atif(observation)))

    def finish(
        self, trace_id: str, *, status: Status, outcome: JsonObject | None = None, at: str = ""
    ) -> None:
        """Close a trace.

        Args:
            trace_id: Which one.
            status: How it ended.
            outcome: Stop reason, error, score and the like.
            at: When it ended, ISO 8601 in UTC; by default now.

        Raises:
            NotFound: There is no such trace.
        """
        with self._write() as cursor:
            before = cursor.execute(
                "SELECT outcome FROM traces WHERE id = ?", (trace_id,)
            ).fetchone()
            if before is None:
                raise NotFound(f"There is no trace {trace_id!r}.")
            cursor.execute(
                "UPDATE traces SET status = ?, finished = ?, outcome = ? WHERE id = ?",
                (status, at or now(), _outcome(before, outcome or {}), trace_id),
            )

    def label(self, target: str, label: JsonObject) -> str:
        """Add a judgement to a trace's outcome; return the trace's id.

        Args:
            target: The trace's id, or the start of it, or the id of one of its calls.
            label: `helped`, and what else there is to say.

        Raises:
            NotFound: There is no such trace or call.
            InvalidArgument: Several traces begin so.
        """
        found = self._read(
            "SELECT trace FROM entries WHERE kind = 'result' "
            "AND CASE WHEN json_valid(body) THEN json_extract(body, '$.source_call_id') END = ? "
            "ORDER BY rowid DESC LIMIT 1",
            (target,),
        )
        trace_id: str = found[0]["trace"] if found else self._find(target)["id"]
        with self._write() as cursor:
            (text,) = cursor.execute(
                "SELECT outcome FROM traces WHERE id = ?", (trace_id,)
            ).fetchone()
            outcome = write_json(judged(read_json(text), redact(label)))
            cursor.execute("UPDATE traces SET outcome = ? WHERE id = ?", (outcome, trace_id))
        return trace_id

    def add(self, trace: Trace) -> bool:
        """Store a finished trace from elsewhere; False when the same one is here already.

        Raises:
            Conflict: Another trace has its id.
        """
        if self.kind(trace.id) is not None:
            if redact(to_atif(trace)) == to_atif(self.get(trace.id)):
                return False
            raise Conflict(f"Another trace has the id {trace.id!r}.", hint="Nothing was changed.")
        steps = [redact(step_to_atif(step)) for step in trace.steps]
        status = "interrupted" if trace.status == "running" else trace.status
        self._insert(trace.header, status, _heading(steps), trace=trace, steps=steps)
        return True

    def kind(self, trace_id: str) -> Kind | None:
        """Return whether this id is a run's, is calls from outside, or is not here."""
        rows = self._read("SELECT kind FROM traces WHERE id = ?", (trace_id,))
        return rows[0]["kind"] if rows else None

    def list(self, limit: int = 20) -> tuple[TraceSummary, ...]:
        """Return the newest traces, newest first."""
        rows = self._read(_SUMMARY + "ORDER BY started DESC, rowid DESC LIMIT ?", (limit,))
        return tuple(_summary(row) for row in rows)

    def get(self, trace_id: str) -> Trace:
        """Return a trace by its id, or by the start of it when only one begins so.

        Raises:
            NotFound: No trace begins so.
            InvalidArgument: Several do.
        """
        row = self._find(trace_id)
        entries = self._read(
            "SELECT kind, body FROM entries WHERE trace = ? ORDER BY place", (row["id"],)
        )
        root = read_json(row["root"])
        root["extra"]["hades"] |= {
            "finished": row["finished"],
            "outcome": read_json(row["outcome"]),
        }
        return assemble(root, _steps(entries), _shown(row["status"], row["owner"]))

    def ids(self) -> tuple[str, ...]:
        """Return the ids of all traces, oldest first."""
        rows = self._read("SELECT id FROM traces ORDER BY started, rowid")
        return tuple(row["id"] for row in rows)

    def close(self) -> None:
        """Write what is left and close the file; closing twice does no harm."""
        with unfailing("batch"):
            self._backlog.close()
        with self._lock:
            self._connection.close()

    def _find(self, trace_id: str) -> sqlite3.Row:
        found = self._read("SELECT * FROM traces WHERE id = ?", (trace_id,))
        if not found:
            found = self._read(
                "SELECT * FROM traces WHERE substr(id, 1, ?) = ? LIMIT 2", (len(trace_id), trace_id)
            )
        if not found or not trace_id:
            raise NotFound(
                f"There is no trace {trace_id!r}.", hint="`hades traces list` shows them."
            )
        if len(found) > 1:
            raise InvalidArgument(
                f"Several traces begin with {trace_id!r}.", hint="Give more of the id."
            )
        return found[0]

    def _insert(
        self,
        header: Header,
        status: Status,
        title: str,
        *,
        trace: Trace | None = None,
        steps: Sequence[JsonObject] = (),
    ) -> None:
        root = header_to_atif(header)
        if trace is not None:
            root = {key: item for key, item in to_atif(trace).items() if key != "steps"}
        values = {
            "id": header.id,
            "kind": header.kind,
            "status": status,
            "owner": owner(),
            "started": header.started or now(),
            "finished": "" if trace is None else trace.finished,
            "agent": redact(header.agent),
            "model": redact(header.model),
            "title": _title(title),
            "root": write_json(redact(root)),
            "outcome": write_json(redact({} if trace is None else trace.outcome)),
        }
        marks = ", ".join(f":{name}" for name in values)
        with self._write() as cursor:
            try:
                cursor.execute(f"INSERT INTO traces ({', '.join(values)}) VALUES ({marks})", values)  # noqa: S608  the names are ours
            except sqlite3.IntegrityError:
                raise Conflict(f"There is a trace {header.id!r} already.") from None
            for step in steps:
                self._add(cursor, header.id, "step", step)

    def _add(self, cursor: sqlite3.Cursor, trace_id: str, kind: str, body: JsonObject) -> None:
        try:
            cursor.execute(
                "INSERT INTO entries (trace, place, kind, body) VALUES (:trace, (SELECT "
                "coalesce(max(place), 0) + 1 FROM entries WHERE trace = :trace), :kind, :body)",
                {"trace": trace_id, "kind": kind, "body": write_json(body)},
            )
        except sqlite3.IntegrityError:
            raise NotFound(f"There is no trace {trace_id!r}.") from None

    def _together(self, work: Sequence[Callable[[], None]]) -> None:
        with self._lock, transaction(self._connection) as cursor:
            self._batch = cursor
            try:
                for one in work:
                    one()
            finally:
                self._batch = None

    @contextmanager
    def _write(self) -> Iterator[sqlite3.Cursor]:
        self._settle()
        with self._lock:
            if self._batch is not None:
                yield self._batch
                return
            with transaction(self._connection) as cursor:
                yield cursor

    def _read(self, sql: str, values: Sequence[Any] = ()) -> Sequence[sqlite3.Row]:
        self._settle()
        with self._lock:
            return self._connection.execute(sql, values).fetchall()

    def _settle(self) -> None:
        # What waits goes first; when it can't be written, that is no reason not to read.
        with unfailing("batch"):
            self._backlog.flush()


def now() -> str:
    """Return this moment as ISO 8601 in UTC, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _heading(steps: Sequence[JsonObject]) -> str:
    """Return the first question, else the first call."""
    for step in steps:
        if step["source"] == "user":
            return str(step["message"])
    made: Any = next((step["tool_calls"] for step in steps if step.get("tool_calls")), None)
    if made is None:
        return ""
    name, arguments = made[0]["function_name"], made[0]["arguments"]
    return f"{name} {write_json(arguments)}" if arguments else str(name)


def _title(text: str) -> str:
    # A model can write half a surrogate pair, which no file takes.
    line = " ".join(text.encode("utf-8", "replace").decode().split())
    return line if len(line) <= TITLE_LENGTH else line[: TITLE_LENGTH - 1] + "…"


def _outcome(before: sqlite3.Row, outcome: JsonObject) -> str:
    return write_json(kept(read_json(before["outcome"])) | redact(outcome))


def _summary(row: sqlite3.Row) -> TraceSummary:
    fields = {name: row[name] for name in row.keys() if name != "owner"}  # noqa: SIM118  a Row iterates over values
    return TraceSummary(**fields | {"status": _shown(row["status"], row["owner"])})


def _steps(entries: Sequence[sqlite3.Row]) -> list[JsonObject]:
    """Return the ATIF steps of a trace, each result put with the last step that made its call."""
    steps: list[JsonObject] = []
    home: dict[str, int] = {}
    for entry in entries:
        body = read_json(entry["body"])
        if entry["kind"] == "step":
            home |= {call["tool_call_id"]: len(steps) for call in body.get("tool_calls", ())}
            steps.append(body)
        elif body["source_call_id"] in home:
            place = home[body["source_call_id"]]
            steps[place] = with_results(steps[place], [body])
    return steps


def _shown(status: Status, mark: str) -> Status:
    """Return how a run stands: one that says it runs may have lost its process."""
    return "interrupted" if status == "running" and not alive(mark) else status
