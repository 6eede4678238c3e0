"""Runs agents in the background, so that the terminal's own thread shows, asks and interrupts.

A question to the person and Ctrl-C belong to the main thread; a run belongs to an event loop, which
also keeps connections to servers open from one question to the next.
"""

from __future__ import annotations

from contextlib import ExitStack, aclosing, contextmanager
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import TYPE_CHECKING

import anyio
from anyio.from_thread import start_blocking_portal

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence

    from anyio.from_thread import BlockingPortal

    from hades_mcp.agents.approval import Answer, Approve
    from hades_mcp.agents.definition import AgentDefinition
    from hades_mcp.agents.events import RunEvent
    from hades_mcp.agents.toolbox import Toolbox
    from hades_mcp.config import Settings
    from hades_mcp.messages import Message, ToolCall
    from hades_mcp.models.base import ChatModel
    from hades_mcp.workspace import Workspace

    Person = Callable[[ToolCall, str], Answer]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that waits for the person's answer."""

    call: ToolCall
    reason: str
    answers: list[Answer] = field(default_factory=list)
    answered: anyio.Event = field(default_factory=anyio.Event)


class Turns:
    """Runs one agent after the other, each in the background of whoever takes its events.

    Made by `open_turns`.

    Args:
        workspace: The stores, open.
        model: Who thinks, open.
        portal: Where runs run.
        stack: Closes what agents need, in the end.
        person: Asks the person about a call, in the thread that takes the events; None approves
            every call.
    """

    def __init__(
        self,
        workspace: Workspace,
        model: ChatModel,
        portal: BlockingPortal,
        stack: ExitStack,
        person: Person | None,
    ) -> None:
        from hades_mcp.agents.approval import SessionApprovals, approve_all
        from hades_mcp.agents.servers import read_servers

        self.workspace = workspace
        self.model = model
        self._portal = portal
        self._stack = stack
        self._person = person
        self._approvals = SessionApprovals(self._ask)
        self._approve: Approve = self._approvals if person else approve_all
        self._boxes: dict[str, Toolbox] = {}
        self._servers = read_servers(workspace.settings.mcp, "The settings")
        self._said: SimpleQueue[RunEvent | Asked | None] = SimpleQueue()

    def take(
        self,
        agent: AgentDefinition,
        question: str,
        *,
        facts: str = "",
        history: Sequence[Message] = (),
        opener: AgentDefinition | None = None,
        session: str = "",
    ) -> Generator[RunEvent, None, None]:
        """Run an agent on a question and yield what happens; `close` ends the run as cancelled.

        Args:
            agent: Who does the work.
            question: What is asked.
            facts: What stands behind the question.
            history: The conversation to go on with.
            opener: Whose examples it begins with; another agent gets its own instead.
            session: Groups the traces of one conversation.

        Raises:
            HadesError: What the run raised.
        """
        from hades_mcp.agents.definition import with_servers

        agent = with_servers(agent, self._servers)
        toolbox = self._toolbox(agent)  # of all that a router may pick
        said: SimpleQueue[RunEvent | Asked | None] = SimpleQueue()
        self._said = said
        running = self._portal.start_task_soon(
            self._run, agent, toolbox, question, facts, history, opener, session
        )
        ended = False
        try:
            while (event := said.get()) is not None:
                if isinstance(event, Asked):
                    self._answer(event)
                else:
                    yield event
            ended = True
            running.result()
        finally:
            if not ended:
                running.cancel()
                while said.get() is not None:
                    pass  # what it still says until its record is closed

    def forget_approvals(self) -> None:
        """Ask again about everything."""
        self._approvals.forget()

    async def _run(
        self,
        agent: AgentDefinition,
        toolbox: Toolbox,
        question: str,
        facts: str,
        history: Sequence[Message],
        opener: AgentDefinition | None,
        session: str,
    ) -> None:
        from hades_mcp.agents.examples import handed_over
        from hades_mcp.agents.routing import pick
        from hades_mcp.agents.run import run

        workspace = self.workspace
        try:
            picked = await pick(agent, question, model=self.model, embedder=workspace.embedder)
            if opener is not None and opener.name != picked.name:
                history = handed_over(history, opener)
            events = run(
                picked,
                question,
                model=self.model,
                toolbox=toolbox,
                recorder=workspace.recorder,
                approve=self._approve,
                facts=facts,
                history=history,
                session=session,
            )
            async with aclosing(events):
                async for event in events:
                    self._said.put(event)
        finally:
            self._said.put(None)

    async def _ask(self, call: ToolCall, reason: str) -> Answer:
        asked = Asked(call, reason)
        self._said.put(asked)
        await asked.answered.wait()
        return asked.answers[0]

    def _answer(self, asked: Asked) -> None:
        answer: Answer = self._person(asked.call, asked.reason) if self._person else "no"
        asked.answers.append(answer)
        self._portal.call(asked.answered.set)

    def _toolbox(self, agent: AgentDefinition) -> Toolbox:
        from hades_mcp.agents.combining import open_toolbox
        from hades_mcp.agents.toolbox import LocalToolbox
        from hades_mcp.tools.toolset import Toolset

        if agent.name not in self._boxes:
            own = LocalToolbox(Toolset(self.workspace))
            opening = open_toolbox(own, agent, tokens=self.workspace.settings.result_tokens)
            opened = self._portal.wrap_async_context_manager(opening)
            self._boxes[agent.name] = self._stack.enter_context(opened)
        return self._boxes[agent.name]


@contextmanager
def open_turns(settings: Settings, person: Person | None) -> Iterator[Turns]:
    """Open the model and the stores, and close them in the end.

    Args:
        settings: Name model and stores.
        person: Asks the person about a call; None approves every call.

    Raises:
        Unavailable: No model server answers.
        UnknownName: None has a model of that name.
        ConfigError: A person must act.
    """
    from hades_mcp.models.registry import open_model
    from hades_mcp.workspace import open_workspace

    with ExitStack() as stack:
        portal = stack.enter_context(start_blocking_portal())
        # The model first: without one nothing else is worth waiting for.
        model = stack.enter_context(portal.wrap_async_context_manager(open_model(settings)))
        workspace = stack.enter_context(open_workspace(settings))
        yield Turns(workspace, model, portal, stack, person)
