"""A person's conversation with an agent: what was said goes into the next run, and on disk."""

from __future__ import annotations

from contextlib import closing, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from hades_mcp.agents.definition import load_agent
from hades_mcp.agents.events import RunFinished, RunStarted
from hades_mcp.agents.sessions import Session
from hades_mcp.cli.turns import open_turns
from hades_mcp.errors import HadesError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from hades_mcp.agents.definition import AgentDefinition
    from hades_mcp.agents.events import RunEvent
    from hades_mcp.agents.sessions import SessionStore
    from hades_mcp.cli.turns import Person, Turns
    from hades_mcp.config import Settings


class Talk:
    """One session at a time, with one agent at a time.

    Made by `open_talk`.

    Args:
        settings: Where agents are.
        store: Where sessions are kept; None keeps none.
        session: The one to go on with.
        agent: Who answers.
        turns: Runs the agent.
    """

    def __init__(
        self,
        settings: Settings,
        store: SessionStore | None,
        session: Session,
        agent: AgentDefinition,
        turns: Turns,
    ) -> None:
        self.settings = settings
        self.session = session
        self._store = store
        self.agent = agent
        self.turns = turns

    def ask(self, question: str, text: str = "") -> Generator[RunEvent, None, None]:
        """Run the agent on the next question; a run that is closed early leaves no turn.

        Args:
            question: What is asked.
            text: What it is about, if the person gave it along: then no tool has to be called.

        Raises:
            HadesError: What the run raised.
        """
        agent = replace(self.agent, must_call=False) if text else self.agent
        events = self.turns.take(
            agent,
            question,
            facts=f"The text:\n\n{text}" if text else "",
            history=self.session.history,
            opener=self._opener(),
            session=self.session.id if self._store else "",
        )
        answered_by = agent.name
        with closing(events):
            for event in events:
                if isinstance(event, RunStarted):
                    answered_by = event.agent
                # On disk before it is seen: whoever has read an answer can go on with it.
                if isinstance(event, RunFinished) and self._store is not None:
                    self.session = self._store.finish(
                        self.session,
                        question,
                        event,
                        agent=self.agent.name,
                        answered_by=answered_by,
                        model=self.turns.model.name,
                    )
                yield event

    def enter(self, session: Session) -> None:
        """Go on with another session, and with the agent that answered there last.

        Raises:
            UnknownName: There is no such agent any more.
            ConfigError: Its file is broken.
        """
        if session.agent:
            self.let(session.agent)
        self.session = session
        self.turns.forget_approvals()

    def _opener(self) -> AgentDefinition | None:
        name = self.session.opener
        if not name:
            return None
        try:
            return load_agent(self.settings.home, name)
        except HadesError:  # it is gone, or its file broken: then its examples stay
            return None

    def let(self, agent: str) -> None:
        """Let another agent answer from now on.

        Raises:
            UnknownName: There is no such agent.
            ConfigError: Its file is broken.
        """
        self.agent = load_agent(self.settings.home, agent)


@contextmanager
def open_talk(
    settings: Settings,
    store: SessionStore | None,
    *,
    agent: str | None,
    session: str | None,
    person: Person | None,
) -> Iterator[Talk]:
    """Open all that a conversation needs.

    Args:
        settings: Name the model, the stores, and the agent where nobody else does.
        store: Where sessions are kept; None keeps none.
        agent: Who answers; None is whoever answered last in the session.
        session: Which one to go on with, or to begin.
        person: Asks the person about a call; None approves every call.

    Raises:
        UnknownName: There is no such agent or model.
        Unavailable: No model server answers.
        ConfigError: A person must act.
    """
    found = store.open(session) if store and session is not None else Session("")
    who = load_agent(settings.home, agent or found.agent or settings.agent)
    with open_turns(settings, person) as turns:
        yield Talk(settings, store, found, who, turns)
