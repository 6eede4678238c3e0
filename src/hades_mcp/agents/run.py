"""The run loop: ask the model, make its calls, until it answers or a limit is reached."""

from __future__ import annotations

import json
from itertools import takewhile
from typing import TYPE_CHECKING

from hades_mcp.agents.approval import deny_all
from hades_mcp.agents.calling import Caller
from hades_mcp.agents.definition import choose_tools
from hades_mcp.agents.events import (
    ModelResponded,
    RunFinished,
    RunStarted,
    TextDelta,
    ToolCalled,
    ToolReturned,
)
from hades_mcp.agents.examples import example_messages, nearest_examples
from hades_mcp.agents.findings import Findings
from hades_mcp.agents.limits import Budget
from hades_mcp.agents.recording import recording
from hades_mcp.agents.speaking import Reply, Speaker
from hades_mcp.messages import Message, Usage
from hades_mcp.prompts.chat import result_text, text_hash, user_text
from hades_mcp.tools.contract import contract_hash

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Sequence

    from hades_mcp.agents.approval import Approve
    from hades_mcp.agents.definition import AgentDefinition
    from hades_mcp.agents.events import RunEvent
    from hades_mcp.agents.limits import StopReason
    from hades_mcp.agents.recording import Recording
    from hades_mcp.agents.toolbox import Toolbox
    from hades_mcp.messages import ToolCall, ToolSpec
    from hades_mcp.models.base import ChatModel
    from hades_mcp.traces.recorder import Recorder
    from hades_mcp.types import JsonObject

MOST_REPAIRS = 2
"""How often an agent that must call is held to another call after its calls failed."""


async def run(
    agent: AgentDefinition,
    prompt: str,
    *,
    model: ChatModel,
    toolbox: Toolbox,
    recorder: Recorder | None = None,
    approve: Approve = deny_all,
    facts: str = "",
    history: Sequence[Message] = (),
    session: str = "",
) -> AsyncGenerator[RunEvent, None]:
    """Run an agent on one question, and say what happens as it happens.

    Close the iterator (`aclose`) to stop a run early; its trace then ends as cancelled.

    Args:
        agent: Who does the work.
        prompt: What is asked.
        model: Who thinks.
        toolbox: What can be done.
        recorder: Where the run is recorded; None keeps no record.
        approve: Asked before calls that write; by default they are denied.
        facts: What may change from day to day (collections, the date); put behind the question.
        history: The `messages` of the run this one goes on from; they stay as they are, byte for
            byte, but for the system prompt of another agent.
        session: Groups the traces of one conversation.

    Raises:
        ConfigError: The toolbox lacks a tool of the agent's, or the server refuses the request.
        Unavailable: The model server is not there.
        LimitReached: The conversation does not fit the model's context window.
    """
    offered = await toolbox.specs()
    tools = choose_tools(agent, offered)
    # With these a trainer can put together again, byte for byte, what the model saw.
    made_of: JsonObject = {
        "contract": contract_hash(offered),
        "prompt": text_hash([agent.instructions]),
        "template": agent.template,
        "hidden": list(agent.hidden),
        "defaults": dict(agent.defaults),
    }
    with recording(recorder, agent, model.name, tools, made_of, session=session) as record:
        conversation = _Conversation(agent, tools, model, toolbox, approve, record)
        conversation.open(user_text(prompt, facts), history)
        names = tuple(spec.name for spec in tools)
        yield RunStarted(agent.name, model.name, prompt, names, record.trace_id)
        async for event in conversation.hold():
            yield event


class _Conversation:
    """One run from the first request to the answer; `messages` only ever grows."""

    def __init__(
        self,
        agent: AgentDefinition,
        tools: Sequence[ToolSpec],
        model: ChatModel,
        toolbox: Toolbox,
        approve: Approve,
        record: Recording,
    ) -> None:
        self._agent = agent
        self._record = record
        self._budget = Budget(agent.limits)
        self._speaker = Speaker(agent, model, tools, record)
        self._caller = Caller(toolbox, tools, agent, approve, record)
        self._messages: list[Message] = []
        self._findings = Findings()
        self._specs = {spec.name: spec for spec in tools}
        self._settled = False
        self._repairs = 0

    async def hold(self) -> AsyncIterator[RunEvent]:
        while True:
            stop = self._budget.exceeded()
            if stop is not None:
                break
            reply: Reply | None = None
            due = self._agent.must_call and not self._settled and self._repairs <= MOST_REPAIRS
            async for said in self._speaker.reply(self._messages, call_due=due):
                if isinstance(said, TextDelta):
                    yield said
                else:
                    reply = said
            if reply is None or not (reply.message.tool_calls or reply.message.content.strip()):
                self._budget.spend(reply.usage if reply else Usage())
                stop = "failed"
                break
            yield self._take(reply)
            calls = reply.message.tool_calls
            if not calls:
                yield self._finish(reply.message.content, "answered")
                return
            async for event in self._make(calls):
                yield event
            if max(map(self._budget.repeated, calls)) >= self._agent.limits.repeats:
                stop = "repeated"
                break
        yield await self._stop(stop)

    def open(self, question: str, history: Sequence[Message]) -> None:
        agent = self._agent
        earlier = [message for message in history if message.role != "system"]
        if earlier:
            known = example_messages(agent.examples)
            examples = list(takewhile(known.__contains__, earlier))
        else:
            shown = nearest_examples(agent.examples, question, agent.examples_shown)
            examples = earlier = example_messages(shown)
        system = Message("system", agent.instructions)
        self._messages = [system, *earlier, Message("user", question)]
        self._record.opened(agent.instructions, examples, earlier[len(examples) :], question)

    def _take(self, reply: Reply) -> ModelResponded:
        self._budget.spend(reply.usage)
        self._messages.append(reply.message)
        return ModelResponded(reply.message, reply.usage, self._budget.steps)

    async def _make(self, calls: Sequence[ToolCall]) -> AsyncIterator[RunEvent]:
        waiting: dict[str, list[ToolCall]] = {}
        for call in calls:
            waiting.setdefault(call.id, []).append(call)
            yield ToolCalled(call)
        async for event in self._caller.make(calls):
            if isinstance(event, ToolReturned):
                result = event.result
                shown = result_text(result.content, self._agent.hidden)
                message = Message("tool", shown, tool_call_id=result.call_id, name=result.name)
                self._messages.append(message)
                self._settled |= not result.is_error or not event.approved
                made = waiting[result.call_id].pop(0)
                self._findings.take(made, result, self._specs.get(made.name))
            yield event
        self._repairs += 1

    async def _stop(self, reason: StopReason) -> RunFinished:
        """End honestly: with one last answer where that still may be asked for."""
        if reason in {"tokens", "seconds"}:
            return self._finish(_unanswered(reason), reason)
        reply = await self._speaker.answer(self._messages)
        self._take(reply)
        return self._finish(reply.message.content.strip() or _unanswered(reason), reason)

    def _finish(self, answer: str, reason: StopReason) -> RunFinished:
        answer = answer.strip()
        last = self._messages[-1]
        if last.role != "assistant" or last.tool_calls:
            self._messages.append(Message("assistant", answer))
        found = self._findings
        finished = RunFinished(
            answer,
            reason,
            self._budget.usage,
            self._record.trace_id,
            self._budget.steps,
            tool_calls=tuple(found.calls),
            rows=found.rows,
            cited=found.cited(answer),
            abstained=found.abstains(answer),
            messages=tuple(self._messages),
        )
        self._record.finished(finished)
        return finished


def _unanswered(reason: StopReason) -> str:
    return f"I have no answer: the run ended first ({json.dumps(reason)} limit)."
