"""One run from the question to the answer: ask, make the calls, shorten, stop honestly."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING

from hades_mcp.agents.calling import Caller
from hades_mcp.agents.events import (
    AgentSpoke,
    ApprovalNeeded,
    Compacted,
    ModelResponded,
    RunFinished,
    TextDelta,
    ToolCalled,
    ToolReturned,
)
from hades_mcp.agents.examples import example_messages, leading_examples, nearest_examples
from hades_mcp.agents.findings import Findings, denies
from hades_mcp.agents.limits import Budget
from hades_mcp.agents.repairing import Ladder
from hades_mcp.agents.showing import MORE, Results
from hades_mcp.agents.speaking import Reply, Speaker
from hades_mcp.agents.subagents import Colleagues
from hades_mcp.agents.windows import Room
from hades_mcp.errors import LimitReached
from hades_mcp.messages import Message

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

    from hades_mcp.agents.approval import Approve
    from hades_mcp.agents.definition import AgentDefinition
    from hades_mcp.agents.events import RunEvent
    from hades_mcp.agents.limits import StopReason
    from hades_mcp.agents.measures import Measures
    from hades_mcp.agents.recording import Recording
    from hades_mcp.agents.repairing import Asking
    from hades_mcp.agents.subagents import Ask
    from hades_mcp.agents.toolbox import Toolbox
    from hades_mcp.messages import ToolCall, ToolSpec
    from hades_mcp.models.base import ChatModel

REFUSED = 0.6
"""Part of what a server would not take that is tried next, where nobody knows its window."""


_UNANSWERED: dict[StopReason, str] = {
    "answered": "",
    "steps": "I have no answer: the run took as many steps as it may.",
    "tokens": "I have no answer: the run used as many tokens as it may.",
    "seconds": "I have no answer: the run took as long as it may.",
    "repeated": "I have no answer: the same call was made again and again.",
    "failed": "I have no answer: no usable reply came, however the model was asked.",
}


class Conversation:
    """One run; its messages only ever grow, but for the one cut when the window is full.

    Args:
        agent: Who does the work.
        tools: What may be called.
        model: Who thinks.
        toolbox: Where the tools are.
        approve: Asks a person.
        record: Where the run is recorded.
        measures: What is done to make the model reliable.
        ask: Runs an agent that this one calls.
    """

    def __init__(
        self,
        agent: AgentDefinition,
        tools: Sequence[ToolSpec],
        model: ChatModel,
        toolbox: Toolbox,
        approve: Approve,
        record: Recording,
        measures: Measures,
        ask: Ask,
    ) -> None:
        self._agent = agent
        self._record = record
        self._measures = measures
        self._specs = {spec.name: spec for spec in tools}
        self._budget = budget = Budget(agent.limits)
        self._ladder = Ladder(tools, must_call=agent.must_call, climbs=measures.repair)
        self._findings = Findings()
        window = model.context_window if measures.compaction else None
        self._room = Room(window, agent.max_tokens, tools)
        self._results = Results(agent.hidden, window, more=MORE in self._specs)
        self._speaker = Speaker(agent, model, tools, record, measures, budget.left)
        self._caller = Caller(
            toolbox,
            tools,
            agent,
            approve,
            record,
            results=self._results,
            left=budget.left,
            teaches=measures.repair,
            colleagues=Colleagues(agent.agents, ask, budget, record),
        )
        self._messages: list[Message] = []
        self._opening = 0

    def open(self, question: str, history: Sequence[Message]) -> None:
        """Begin with the system prompt, then examples or what was said before, then the question.

        Args:
            question: What is asked.
            history: The messages of an earlier run; its system prompt gives way to this agent's.
        """
        agent = self._agent
        earlier = [message for message in history if message.role != "system"]
        examples = earlier[: leading_examples(earlier, agent)]
        if not examples:  # nothing was said before, or by others: each learns from its own
            most = agent.examples_shown if self._measures.examples else 0
            examples = example_messages(nearest_examples(agent.examples, question, most))
            earlier = [*examples, *earlier]
        system = Message("system", agent.instructions)
        self._messages = [system, *earlier, Message("user", question)]
        self._opening = 1 + len(examples)
        self._record.opened(agent.instructions, examples, earlier[len(examples) :], question)

    async def hold(self) -> AsyncGenerator[RunEvent, None]:
        """Go on until there is an answer or a limit is reached; the last event is `RunFinished`.

        Raises:
            LimitReached: The question does not fit the window.
        """
        while True:
            asking = self._ladder.asking()
            stop: StopReason | None = self._budget.exceeded() or (None if asking else "failed")
            if stop is not None or asking is None:
                break
            turn: Message | None = None
            async with aclosing(self._turn(asking)) as events:
                async for event in events:
                    turn = event.message if isinstance(event, ModelResponded) else turn
                    yield event
            if turn is None:
                continue  # asked for differently, or too late
            if not turn.tool_calls:
                yield self._finish(turn.content, "answered")
                return
            async with aclosing(self._make(turn.tool_calls)) as made:
                async for returned in made:
                    yield returned
            if max(map(self._budget.repeated, turn.tool_calls)) >= self._agent.limits.repeats:
                stop = "repeated"
                break
        yield await self._stop(stop or "failed")

    async def _turn(
        self, asking: Asking
    ) -> AsyncGenerator[TextDelta | Compacted | ModelResponded, None]:
        """Ask once; `ModelResponded` comes last, if what came is a call or an answer."""
        unheard = self._from_memory or (self._unlooked and self._measures.repair)
        reply: Reply | None = None
        try:
            async with aclosing(self._ask(asking)) as events:
                async for event in events:
                    if isinstance(event, Reply):
                        reply = event
                    elif not (unheard and isinstance(event, TextDelta)):
                        yield event
        except TimeoutError:
            return  # no seconds are left, as the budget will say
        if reply is None or not self._accepted(reply):
            return
        message = self._messages[-1]
        if unheard and message.content:
            yield TextDelta(message.content)
        yield ModelResponded(message, reply.usage, self._budget.steps)

    async def _ask(self, asking: Asking) -> AsyncGenerator[TextDelta | Compacted | Reply, None]:
        """Ask once; if the server has no room for all that, once more with less."""
        if not self._room.fits(self._messages):
            yield self._shorten(self._room.most)
        try:
            async with aclosing(self._said(asking)) as events:
                async for event in events:
                    yield event
        except LimitReached as refused:
            cut = self._cut_after(refused)
        else:
            return
        yield cut
        async with aclosing(self._said(asking)) as events:
            async for event in events:
                yield event

    async def _said(self, asking: Asking) -> AsyncGenerator[TextDelta | Reply, None]:
        async with aclosing(self._speaker.reply(self._messages, asking)) as events:
            async for event in events:
                if isinstance(event, Reply):
                    self._room.learn(len(self._messages), event.usage.prompt_tokens)
                yield event

    def _cut_after(self, refused: LimitReached) -> Compacted:
        """Shorten what a server refused, whatever it said of its window."""
        if not self._measures.compaction:
            raise refused
        most = round(self._room.used(self._messages) * REFUSED)
        try:
            return self._shorten(min(most, self._room.most or most))
        except LimitReached:
            raise refused from None

    def _shorten(self, most: int | None) -> Compacted:
        self._messages, cut = self._room.shortened(self._messages, self._opening, most or 0)
        self._record.compacted(cut.summary, cut.dropped)
        return cut

    def _accepted(self, reply: Reply) -> bool:
        """Keep a reply, unless it is none: then the next is asked for differently."""
        self._budget.spend(reply.usage)
        message = reply.message
        unlooked = self._unlooked and not message.tool_calls
        spoken = bool(message.content.strip() or message.tool_calls)
        if spoken and not self._measures.repair:
            unlooked = False
        elif not reply.usable or unlooked:
            self._ladder.unusable(attempted=reply.attempted)
            return False
        if not message.tool_calls and self._from_memory and not denies(message.content):
            message = Message("assistant", self._findings.nothing())
        self._messages.append(message)
        return True

    @property
    def _unlooked(self) -> bool:
        """Whether an answer would not do, as no call was made yet."""
        return self._ladder.due and not self._findings.calls

    @property
    def _from_memory(self) -> bool:
        """Whether an answer can only come from the model's memory: it shows when it is checked."""
        grounded = self._agent.must_call and self._measures.grounding
        return grounded and self._findings.empty

    async def _make(
        self, calls: Sequence[ToolCall]
    ) -> AsyncGenerator[ToolCalled | ApprovalNeeded | AgentSpoke | ToolReturned, None]:
        for call in calls:
            yield ToolCalled(call)
        waiting, settled = list(calls), False
        async with aclosing(self._caller.make(calls)) as events:
            async for event in events:
                if isinstance(event, ToolReturned):
                    result = event.result
                    shown = self._results.shown(result.content)
                    message = Message("tool", shown, tool_call_id=result.call_id, name=result.name)
                    self._messages.append(message)
                    made = waiting.pop(0)
                    self._findings.take(made, result, self._specs.get(made.name))
                    settled |= not result.is_error or not event.approved
                yield event
        if settled:
            self._ladder.succeeded()
        else:
            self._ladder.failed(call.name for call in calls)

    async def _stop(self, reason: StopReason) -> RunFinished:
        """End honestly: with one last answer where that still may be asked for."""
        if reason in {"tokens", "seconds"} or (reason == "failed" and self._unlooked):
            return self._finish("", reason)
        try:
            reply = await self._speaker.answer(self._messages)
        except (TimeoutError, LimitReached):
            return self._finish("", reason)
        self._budget.spend(reply.usage)
        return self._finish(reply.message.content, reason)

    def _finish(self, answer: str, reason: StopReason) -> RunFinished:
        found = self._findings
        said = answer.strip() or f"{_UNANSWERED[reason]}{found.so_far()}"
        if self._from_memory and not denies(said):
            said = found.nothing()
        last = self._messages[-1]
        if last.role == "assistant" and not last.tool_calls:
            self._messages.pop()
        kept = last.content if last.content.strip() == said else said  # byte for byte
        self._messages.append(Message("assistant", kept))
        finished = RunFinished(
            said,
            reason,
            self._budget.usage,
            self._record.trace_id,
            self._budget.steps,
            tool_calls=tuple(found.calls),
            rows=found.rows,
            cited=found.cited(said),
            abstained=found.abstains(said),
            messages=tuple(self._messages),
        )
        self._record.finished(finished)
        return finished
