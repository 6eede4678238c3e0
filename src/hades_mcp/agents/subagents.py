"""Lets an agent call others as tools: each answers in a run of its own, inside the call."""

from __future__ import annotations

import json
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from hades_mcp.agents.definition import tool_name
from hades_mcp.agents.events import AgentSpoke, RunFinished, ToolReturned
from hades_mcp.errors import HadesError, InvalidArgument, LimitReached
from hades_mcp.logging import get_logger
from hades_mcp.messages import ToolAnnotations, ToolResult, ToolSpec
from hades_mcp.prompts.chat import signature
from hades_mcp.tools.rendering import render

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Sequence

    from hades_mcp.agents.definition import AgentDefinition
    from hades_mcp.agents.events import RunEvent
    from hades_mcp.agents.limits import Budget
    from hades_mcp.agents.recording import Recording
    from hades_mcp.messages import ToolCall
    from hades_mcp.traces.call_recorder import CallRecorder
    from hades_mcp.types import JsonObject

    Ask: TypeAlias = Callable[
        [AgentDefinition, str, CallRecorder | None], AsyncGenerator[RunEvent, None]
    ]
    """Runs an agent on a question, recorded inside a call."""

RESULT_TOKENS = 800
"""Most tokens of what a called agent gives back: its answer, and rows as far as they fit."""

_PARAMETERS: JsonObject = {
    "type": "object",
    "properties": {"question": {"type": "string"}},
    "required": ["question"],
    "additionalProperties": False,
}
# Whatever a called agent writes, it asks for itself.
_ANNOTATIONS = ToolAnnotations(read_only=True, destructive=False)

_log = get_logger("agents")


class Colleagues:
    """The agents that one run may call.

    Args:
        agents: Whom.
        ask: Runs one of them.
        budget: Of the run that calls: it pays, and bounds what a call may cost.
        record: Where the call is recorded.
    """

    def __init__(
        self, agents: Sequence[AgentDefinition], ask: Ask, budget: Budget, record: Recording
    ) -> None:
        self._agents = {tool_name(agent.name): agent for agent in agents}
        self._ask = ask
        self._budget = budget
        self._record = record

    def __contains__(self, name: str) -> bool:
        """Whether a tool of that name is an agent."""
        return name in self._agents

    async def answer(self, call: ToolCall) -> AsyncGenerator[AgentSpoke | ToolReturned, None]:
        """Let an agent answer a call, and pass on what it does; closing this ends its run.

        Yields:
            What happens in its run, and at the end the call's one result.
        """
        agent = self._agents[call.name]
        finished: RunFinished | None = None
        with self._record.delegated(call) as (keep, caller):
            try:
                question = _question(call, agent)
                events = self._ask(self._bounded(agent), question, caller)
                async with aclosing(events):
                    async for event in events:
                        if isinstance(event, RunFinished):
                            finished = event
                        yield AgentSpoke(agent.name, call.id, event)
                result = _result(call, finished)
            except HadesError as error:
                result = ToolResult(call.id, call.name, str(error), is_error=True)
            except Exception:  # noqa: BLE001  a broken run must not take the one that called with it
                _log.exception("agent failed", agent=agent.name)
                words = f"{call.name} failed inside; the log says why. Go on without it."
                result = ToolResult(call.id, call.name, words, is_error=True)
            except BaseException:
                cancelled = ToolResult(call.id, call.name, "Cancelled.", is_error=True)
                keep(cancelled, {"error": "cancelled"})
                raise
            if finished is not None:
                self._budget.usage += finished.usage
            keep(result, {})
        yield ToolReturned(result)

    def _bounded(self, agent: AgentDefinition) -> AgentDefinition:
        """Return an agent that may spend no more than the run that calls it has left.

        Raises:
            LimitReached: Nothing is left.
        """
        tokens, seconds = self._budget.tokens_left(), self._budget.left()
        if not tokens or not seconds:
            raise LimitReached(f"There is nothing left to spend on {agent.name}.")
        own = agent.limits
        limits = replace(own, tokens=min(own.tokens, tokens), seconds=min(own.seconds, seconds))
        return replace(agent, limits=limits)


def colleague_specs(agents: Sequence[AgentDefinition]) -> tuple[ToolSpec, ...]:
    """Return the tools that call agents: `ask_NAME(question)`, told by what each is for."""
    return tuple(
        ToolSpec(tool_name(agent.name), agent.description, _PARAMETERS, _ANNOTATIONS)
        for agent in agents
    )


def _question(call: ToolCall, agent: AgentDefinition) -> str:
    question = (call.arguments or {}).get("question")
    if isinstance(question, str) and question.strip():
        return question
    (spec,) = colleague_specs([agent])
    raise InvalidArgument(f"{call.name} wants a question.", hint=f"Write it so: {signature(spec)}")


def _result(call: ToolCall, finished: RunFinished | None) -> ToolResult:
    if finished is None:
        return ToolResult(call.id, call.name, "No answer came.", is_error=True)
    said: JsonObject = {"answer": finished.answer}
    if finished.abstained:
        said["rows"] = []
    elif finished.rows is not None:
        said["rows"] = finished.rows
    elif finished.cited:
        said["documents"] = [{"id": one} for one in finished.cited]
    try:
        text = render(said, RESULT_TOKENS).text
    except LimitReached:
        text = json.dumps({"answer": finished.answer}, ensure_ascii=False)
    return ToolResult(call.id, call.name, text, finished.stop_reason == "failed")
