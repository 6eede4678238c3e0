"""Conversations that go on: one SQLite file, a turn at a time, each user's own.

Kept apart from the traces, which are redacted and may be kept without content: a model must read
again, to the byte, what it read and wrote before.
"""

from __future__ import annotations

import secrets
import sqlite3
import threading
import unicodedata
import uuid
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from hades_mcp.errors import Conflict, InvalidArgument, NotFound, Unavailable, UnknownName
from hades_mcp.messages import Message, ToolCall
from hades_mcp.services.callers import caller
from hades_mcp.traces.json_text import read_json, write_json
from hades_mcp.traces.schema import Layout, open_file, transaction

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from hades_mcp.agents.events import RunFinished

FILE = "sessions.sqlite"
"""The file's name in the data folder."""

KEPT_DAYS = 7
"""How long a deleted session can be brought back."""

LONGEST_NAME = 100
"""Characters of a session's name."""

_LIVE = "user = ? AND deleted = ''"
_SUMMARY = """
SELECT id, name, created, changed, deleted,
       (SELECT count(*) FROM turns WHERE session = sessions.id) AS turns,
       coalesce((SELECT question FROM turns WHERE session = sessions.id ORDER BY place LIMIT 1), '')
       AS title
FROM sessions
"""
_MATCHES = """
(instr(fold(name), :text) OR EXISTS (SELECT 1 FROM turns WHERE session = sessions.id
 AND (instr(fold(question), :text) OR instr(fold(answer), :text))))
"""


@dataclass(frozen=True, slots=True)
class Turn:
    """A question and what came of it.

    Args:
        question: What was asked.
        answer: What was answered.
        messages: What the turn added to the conversation, in the words the model saw.
        agent: Who was asked.
        answered_by: Who answered; a router that is asked lets others.
        model: With which model.
        trace_id: Where the run is recorded.
        restarts: The messages take the place of all before them: the conversation was compacted, or
            begins with the examples of another agent.
        at: When it ended, ISO 8601 in UTC; filled in when it is stored.
    """

    question: str
    answer: str
    messages: tuple[Message, ...]
    agent: str = ""
    answered_by: str = ""
    model: str = ""
    trace_id: str = ""
    restarts: bool = False
    at: str = ""


@dataclass(frozen=True, slots=True)
class Session:
    """A conversation; it is stored with its first turn."""

    name: str
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    turns: tuple[Turn, ...] = ()

    @property
    def history(self) -> tuple[Message, ...]:
        """What the model has seen and said, for the next run to go on with."""
        messages: list[Message] = []
        for turn in self.turns:
            if turn.restarts:
                messages.clear()
            messages += turn.messages
        return tuple(messages)

    @property
    def agent(self) -> str:
        """Who was asked last; empty when nobody was yet."""
        return self.turns[-1].agent if self.turns else ""

    @property
    def opener(self) -> str:
        """Whose examples the history begins with."""
        begins = [turn for turn in self.turns if turn.restarts] or self.turns[:1]
        return begins[-1].answered_by if begins else ""


@dataclass(frozen=True, slots=True)
class SessionSummary:
    """A conversation in a list: its first question is its title."""

    id: str
    name: str
    title: str
    turns: int
    created: str
    changed: str
    deleted: str


class SessionStore:
    """Conversations on disk, those of the user who asks for them.

    Safe to use from several threads and processes at once. A turn is stored whole when it ends: a
    process killed in the middle loses that one turn and no other. Two that talk in one session at
    the same time each add their turns as they end; neither sees the other's until its next turn.

    Args:
        path: The SQLite file; its folder is made, and nobody but its owner may read it.

    Raises:
        ConfigError: The file can't be opened, or is something else.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.RLock()
        with suppress(OSError):  # what is wrong is said by the opening
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)  # before SQLite makes files beside it, with the same rights
        self._connection = open_file(path, _LAYOUT)
        self._connection.create_function("fold", 1, str.casefold, deterministic=True)
        # What is deleted for good is not to be found in the file any more.
        self._connection.execute("PRAGMA secure_delete = ON")

    def open(self, name: str) -> Session:
        """Return the session of this name; one that does not exist is stored with its first turn.

        Raises:
            InvalidArgument: That is no name.
        """
        name = checked(name)
        row = self._row(name)
        return Session(name) if row is None else self._session(row)

    def get(self, name: str) -> Session:
        """Return the session of this name.

        Raises:
            UnknownName: There is none; the nearest name is suggested.
        """
        return self._session(self._found(name))

    def list(
        self, search: str = "", *, deleted: bool = False, limit: int = 50
    ) -> tuple[SessionSummary, ...]:
        """Return sessions, the last changed first.

        Args:
            search: A text that name, a question or an answer contains; case does not matter.
            deleted: Those that can still be brought back, instead of those that are there.
            limit: Most of them.
        """
        state = "deleted != ''" if deleted else "deleted = ''"
        rows = self._read(
            f"{_SUMMARY} WHERE user = :user AND {state} AND (:text = '' OR {_MATCHES}) "
            "ORDER BY changed DESC, rowid DESC LIMIT :limit",
            {"user": caller().user, "text": search.casefold(), "limit": limit},
        )
        return tuple(SessionSummary(**dict(row)) for row in rows)

    def append(self, session: Session, turn: Turn) -> Session:
        """Store a turn at a session's end; it is on disk when this returns.

        A session that another process deleted meanwhile begins anew under its name.

        Returns:
            The session with all its turns, those of others included.
        """
        with self._write() as cursor:
            row = self._live(session.id) or self._row(session.name)
            identifier = row["id"] if row else _insert(cursor, session.name, session.id)
            _insert_turn(cursor, identifier, turn)
            row = self._live(identifier)
        return self._session(row) if row else session

    def finish(self, session: Session, question: str, run: RunFinished, **about: str) -> Session:
        """Store a run that ended as its session's next turn; see `append`.

        Args:
            session: What the run went on with.
            question: What was asked.
            run: How it ended.
            about: `agent`, `answered_by` and `model`.
        """
        messages, restarts = added(session.history, run.messages)
        turn = Turn(
            question, run.answer, messages, trace_id=run.trace_id, restarts=restarts, **about
        )
        return self.append(session, turn)

    def rename(self, name: str, new: str) -> Session:
        """Give a session another name.

        Raises:
            UnknownName: There is no such session.
            Conflict: Another one has that name.
            InvalidArgument: That is no name.
        """
        row = self._found(name)
        with self._write() as cursor:
            self._must_be_free(new)
            cursor.execute("UPDATE sessions SET name = ? WHERE id = ?", (checked(new), row["id"]))
        return self.get(new)

    def branch(self, name: str, new: str, *, turns: int | None = None) -> Session:
        """Copy a session under a new name, to go on differently.

        Args:
            name: Which one.
            new: What the copy is called.
            turns: Only its first so many turns; None takes all.

        Raises:
            UnknownName: There is no such session.
            Conflict: Another one has the new name.
            InvalidArgument: That is no name.
        """
        row = self._found(name)
        with self._write() as cursor:
            self._must_be_free(new)
            identifier = _insert(cursor, checked(new), parent=row["id"])
            cursor.execute(
                f"INSERT INTO turns (session, {_TURN}) SELECT ?, {_TURN} FROM turns "  # noqa: S608  the names are ours
                "WHERE session = ? ORDER BY place LIMIT ?",
                (identifier, row["id"], -1 if turns is None else turns),
            )
        return self.get(new)

    def delete(self, name: str, *, forever: bool = False) -> str:
        """Delete a session; `restore` brings it back for a week, unless it was deleted forever.

        Returns:
            What `restore` takes.

        Raises:
            UnknownName: There is no such session.
        """
        row = self._found(name)
        with self._write() as cursor:
            if forever:
                cursor.execute("DELETE FROM sessions WHERE id = ?", (row["id"],))
            else:
                cursor.execute("UPDATE sessions SET deleted = ? WHERE id = ?", (_now(), row["id"]))
            _purge(cursor)
        identifier: str = row["id"]
        if forever:
            # The log beside the file holds what was written until it is folded into the file.
            self._read("PRAGMA wal_checkpoint(TRUNCATE)")
        return identifier

    def restore(self, deleted: str) -> Session:
        """Bring a deleted session back.

        Args:
            deleted: Its name (the last deleted of that name comes back) or what `delete` returned.

        Raises:
            NotFound: No such session was deleted in the last week.
            Conflict: Another one has its name by now.
        """
        rows = self._read(
            "SELECT * FROM sessions WHERE user = ? AND deleted != '' AND (id = ? OR name = ?) "
            "ORDER BY deleted DESC, rowid DESC LIMIT 1",
            (caller().user, deleted, deleted),
        )
        if not rows:
            raise NotFound(
                f"No session {deleted!r} was deleted in the last {KEPT_DAYS} days.",
                hint="`hades sessions list --deleted` shows those that can come back.",
            )
        with self._write() as cursor:
            self._must_be_free(rows[0]["name"])
            cursor.execute("UPDATE sessions SET deleted = '' WHERE id = ?", (rows[0]["id"],))
        return self.get(rows[0]["name"])

    def close(self) -> None:
        """Close the file; closing twice does no harm."""
        with self._lock:
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _row(self, name: str) -> sqlite3.Row | None:
        rows = self._read(
            f"SELECT * FROM sessions WHERE name = ? AND {_LIVE}",  # noqa: S608
            (name, caller().user),
        )
        return rows[0] if rows else None

    def _live(self, identifier: str) -> sqlite3.Row | None:
        rows = self._read(
            f"SELECT * FROM sessions WHERE id = ? AND {_LIVE}",  # noqa: S608
            (identifier, caller().user),
        )
        return rows[0] if rows else None

    def _found(self, name: str) -> sqlite3.Row:
        row = self._row(unicodedata.normalize("NFC", name.strip()))
        if row is None:
            raise UnknownName("session", name, [one.name for one in self.list(limit=1000)])
        return row

    def _must_be_free(self, name: str) -> None:
        if self._row(checked(name)) is not None:
            raise Conflict(f"There is a session {name!r} already.", hint="Choose another name.")

    def _session(self, row: sqlite3.Row) -> Session:
        turns = self._read(
            f"SELECT {_TURN} FROM turns WHERE session = ? ORDER BY place",  # noqa: S608
            (row["id"],),
        )
        return Session(row["name"], row["id"], tuple(map(_turn, turns)))

    def _read(self, sql: str, values: Sequence[Any] | dict[str, Any] = ()) -> Sequence[sqlite3.Row]:
        with self._lock:
            return self._connection.execute(sql, values).fetchall()

    @contextmanager
    def _write(self) -> Iterator[sqlite3.Cursor]:
        try:
            with self._lock, transaction(self._connection) as cursor:
                yield cursor
        except sqlite3.Error as error:
            raise Unavailable(
                f"The chats in {self._path} can't be written now: {error}.",
                hint="See that its disk has room and no process holds it; then try again.",
            ) from error


def added(
    history: Sequence[Message], messages: Sequence[Message]
) -> tuple[tuple[Message, ...], bool]:
    """Return what a run added to the conversation it went on with.

    Args:
        history: What it was given.
        messages: The whole conversation at its end.

    Returns:
        The new messages; or all of them and True when they are no continuation, because the run
        compacted what was before. Another agent's system prompt alone is no such change: each run
        brings its own.
    """
    begun = len(history)
    if tuple(history[1:]) == tuple(messages[1:begun]) and begun < len(messages):
        return tuple(messages[begun:]), False
    return tuple(messages), True


def checked(name: str) -> str:
    """Return a session's name, trimmed.

    Raises:
        InvalidArgument: It is empty, too long, or could not be shown on one line.
    """
    name = unicodedata.normalize("NFC", name.strip())
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise InvalidArgument(
            f"{name[:LONGEST_NAME]!r} is no name of a session.",
            hint=f"Take one of 1 to {LONGEST_NAME} printable characters, for instance 'trip'.",
        )
    return name


def new_name() -> str:
    """Return a name for a session that nobody named."""
    return f"chat-{datetime.now(UTC):%Y%m%d}-{secrets.token_hex(2)}"


_TURN = "place, question, answer, agent, answered_by, model, trace_id, restarts, at, messages"

_TEXTS = ("question", "answer", "agent", "answered_by", "model")


def _create(connection: sqlite3.Connection) -> None:
    connection.execute("""
        CREATE TABLE sessions (
            id TEXT PRIMARY KEY, user TEXT NOT NULL, name TEXT NOT NULL, created TEXT NOT NULL,
            changed TEXT NOT NULL, deleted TEXT NOT NULL DEFAULT '', parent TEXT NOT NULL
        )""")
    connection.execute(
        "CREATE UNIQUE INDEX sessions_by_name ON sessions (user, name) WHERE deleted = ''"
    )
    connection.execute("""
        CREATE TABLE turns (
            session TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
            place INTEGER NOT NULL, question TEXT NOT NULL, answer TEXT NOT NULL,
            agent TEXT NOT NULL, answered_by TEXT NOT NULL, model TEXT NOT NULL,
            trace_id TEXT NOT NULL,
            restarts INTEGER NOT NULL, at TEXT NOT NULL, messages TEXT NOT NULL,
            PRIMARY KEY (session, place)
        )""")


_LAYOUT = Layout("session store", 0x48414453, (_create,))  # "HADS"


def _insert(cursor: sqlite3.Cursor, name: str, wanted: str = "", *, parent: str = "") -> str:
    taken = cursor.execute("SELECT 1 FROM sessions WHERE id = ?", (wanted,)).fetchone()
    identifier = uuid.uuid4().hex if taken or not wanted else wanted
    cursor.execute(
        "INSERT INTO sessions (id, user, name, created, changed, parent) VALUES (?, ?, ?, ?, ?, ?)",
        (identifier, caller().user, name, _now(), _now(), parent),
    )
    return identifier


def _insert_turn(cursor: sqlite3.Cursor, session: str, turn: Turn) -> None:
    at = turn.at or _now()
    values = {
        # A model can write half a surrogate pair, which no file takes.
        **{key: _writable(getattr(turn, key)) for key in _TEXTS},
        "session": session,
        "trace_id": turn.trace_id,
        "restarts": turn.restarts,
        "at": at,
        "messages": write_json([asdict(message) for message in turn.messages]),
    }
    cursor.execute(
        f"INSERT INTO turns (session, {_TURN}) VALUES (:session, (SELECT coalesce(max(place), 0) "  # noqa: S608  the names are ours
        "+ 1 FROM turns WHERE session = :session), :question, :answer, :agent, :answered_by, "
        ":model, :trace_id, :restarts, :at, :messages)",
        values,
    )
    cursor.execute("UPDATE sessions SET changed = ? WHERE id = ?", (at, session))


def _purge(cursor: sqlite3.Cursor) -> None:
    before = _iso(datetime.now(UTC) - timedelta(days=KEPT_DAYS))
    cursor.execute("DELETE FROM sessions WHERE deleted != '' AND deleted < ?", (before,))


def _turn(row: sqlite3.Row) -> Turn:
    fields = {key: row[key] for key in (*_TEXTS, "trace_id", "at")}
    messages = tuple(map(_message, read_json(row["messages"])))
    return Turn(messages=messages, restarts=bool(row["restarts"]), **fields)


def _message(body: dict[str, Any]) -> Message:
    calls = tuple(ToolCall(**call) for call in body["tool_calls"])
    return Message(**{**body, "tool_calls": calls})


def _writable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def _now() -> str:
    return _iso(datetime.now(UTC))


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
