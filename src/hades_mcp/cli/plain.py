"""`hades chat --plain`: a chat line by line, at a terminal or in a pipe."""

from __future__ import annotations

import shlex
import sys
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING

import click

from hades_mcp.cli.showing import note, plain, short
from hades_mcp.errors import Conflict, HadesError, UnknownName

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from hades_mcp.agents.sessions import Session, SessionStore
    from hades_mcp.cli.showing import View
    from hades_mcp.cli.talking import Talk

HISTORY = "chat-history"
"""File in the data folder where the lines typed at a terminal are kept."""

HISTORY_LINES = 1000
PROMPT = "> "

LISTED = 20
"""Sessions that `/session` shows."""


class LineChat:
    """Reads questions, shows what comes of them, and obeys `/commands`.

    Args:
        talk: The conversation.
        store: Where its sessions are kept.
        view: Shows runs.
        at_terminal: A person types: prompts and hints are shown, and no error ends the chat.
    """

    def __init__(self, talk: Talk, store: SessionStore, view: View, *, at_terminal: bool) -> None:
        self._talk = talk
        self._store = store
        self._view = view
        self._at_terminal = at_terminal
        self._commands: dict[str, tuple[Callable[[str], None], str]] = {
            "help": (self._help, "what can be said here"),
            "new": (self._new, "[NAME] begins another session"),
            "session": (self._session, "[NAME] goes on with a session; without a name lists them"),
            "agent": (self._agent, "[NAME] lets another agent answer; without a name lists them"),
            "exit": (self._exit, "leaves, as Ctrl-D does"),
        }
        self._leaving = False
        self._code = 0

    def run(self) -> int:
        """Chat until the input ends; return 0, or 1 when a question stayed without an answer.

        Raises:
            HadesError: A run failed, and nobody is at the terminal.
        """
        if self._at_terminal:
            self._greet()
        for line in self._lines():
            with self._forgiving():
                self._obey(line.strip())
            if self._leaving:
                break
        if self._at_terminal and self._talk.session.turns:
            name = shlex.quote(self._talk.session.name)
            note(f"hades chat --plain --session {name} goes on with this.")
        return 0 if self._at_terminal else self._code

    def _lines(self) -> Iterator[str]:
        if not self._at_terminal:
            yield from sys.stdin
            return
        while True:
            try:
                if not sys.stdout.isatty():  # or the prompt would stand among the answers
                    click.echo(PROMPT, nl=False, err=True)
                line = input(PROMPT if sys.stdout.isatty() else "")
            except KeyboardInterrupt:
                click.echo("  Ctrl-D leaves.", err=True)
                continue
            except EOFError:
                click.echo(err=True)
                return
            yield line

    @contextmanager
    def _forgiving(self) -> Iterator[None]:
        """Let a run that fails or is cancelled end alone, where a person can ask again."""
        try:
            yield
        except (HadesError, KeyboardInterrupt) as error:
            if not self._at_terminal:
                raise
            said = "Cancelled." if isinstance(error, KeyboardInterrupt) else str(error)
            click.echo(f"hades: {plain(said)}", err=True)

    def _obey(self, line: str) -> None:
        name, _, rest = line.removeprefix("/").partition(" ")
        if not line:
            return
        if not line.startswith("/") or not name.isalpha():  # a path is no command
            self._ask(line)
            return
        if name not in self._commands:
            raise UnknownName("command", name, self._commands)
        self._commands[name][0](rest.strip())

    def _ask(self, question: str) -> None:
        from hades_mcp.agents.events import RunFinished

        try:
            with closing(self._talk.ask(question)) as events:
                for event in events:
                    self._view.show(event)
                    if isinstance(event, RunFinished) and event.stop_reason != "answered":
                        self._code = 1
        except BaseException as error:
            self._view.failed(error)
            raise

    def _greet(self) -> None:
        talk = self._talk
        turns = talk.session.turns
        note(
            f"{talk.agent.name} on {talk.turns.model.name} · session {talk.session.name}"
            f"{f', {len(turns)} turns' if turns else ''} · /help says more, Ctrl-D leaves"
        )
        if turns:
            note(f"{PROMPT}{short(turns[-1].question)}")
            note(short(turns[-1].answer))

    def _help(self, _: str) -> None:
        for name, (_do, what) in self._commands.items():
            note(f"/{name} {what}")
        note("Ctrl-C cancels a run. All else is a question.")

    def _new(self, name: str) -> None:
        from hades_mcp.agents.sessions import new_name

        session = self._store.open(name or new_name())
        if session.turns:
            hint = f"`/session {session.name}` goes on with it."
            raise Conflict(f"There is a session {session.name!r} already.", hint=hint)
        self._enter(session)

    def _session(self, name: str) -> None:
        if name:
            self._enter(self._store.open(name))
            return
        for one in self._store.list(limit=LISTED):
            mark = "*" if one.id == self._talk.session.id else " "
            note(f"{mark} {one.name}  {one.turns} turns  {short(one.title)}")

    def _enter(self, session: Session) -> None:
        self._talk.enter(session)
        if self._at_terminal:
            self._greet()

    def _agent(self, name: str) -> None:
        from hades_mcp.agents.definition import agent_names

        if name:
            self._talk.let(name)
            return
        for one in agent_names(self._talk.settings.home):
            note(f"{'*' if one == self._talk.agent.name else ' '} {one}")

    def _exit(self, _: str) -> None:
        self._leaving = True


@contextmanager
def remembered_lines(file: Path) -> Iterator[None]:
    """Edit lines as a shell does, and keep those typed for the next chat."""
    try:
        import readline
    except ImportError:  # not on Windows
        yield
        return
    with suppress(OSError):  # a history that cannot be read or kept is no reason not to chat
        file.touch(mode=0o600)
        readline.read_history_file(file)
    readline.set_history_length(HISTORY_LINES)
    before = readline.get_current_history_length()
    try:
        yield
    finally:
        typed = readline.get_current_history_length() - before
        with suppress(OSError, AttributeError):  # libedit may not append
            readline.append_history_file(typed, file)
