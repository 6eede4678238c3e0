"""The run loop: ask the model, make its calls, until it answers or a limit is reached."""

from __future__ import annotations

from contextlib import aclosing
from functools import partial
from typing import TYPE_CHECKING

from hades_mcp.agents.approval import deny_all
from hades_mcp.agents.conversation import Conversation
from hades_mcp.agents.definition import choose_tools
from hades_mcp.agents.events import RunStarted
from hades_mcp.agents.measures import Measures
from hades_mcp.agents.recording import recording
from hades_mcp.agents.routing import pick
from hades_mcp.agents.subagents import colleague_specs
from hades_mcp.prompts.chat import text_hash, user_text
from hades_mcp.tools.contract import contract_hash

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Sequence

    from hades_mcp.agents.approval import Approve
    from hades_mcp.agents.definition import AgentDefinition
    from hades_mcp.agents.events import RunEvent
    from hades_mcp.agents.subagents import Ask
    from hades_mcp.agents.toolbox import Toolbox
    from hades_mcp.messages import Message, ToolCall, ToolSpec
    from hades_mcp.models.base import ChatModel
    from hades_mcp.traces.call_recorder import CallRecorder
    from hades_mcp.traces.recorder import Recorder
    from hades_mcp.types import JsonObject

ALL_MEASURES = Measures()


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
    measures: Measures = ALL_MEASURES,
    caller: CallRecorder | None = None,
) -> AsyncGenerator[RunEvent, None]:
    """Run an agent on one question, and say what happens as it happens.

    Close the iterator (`aclose`) to stop a run early; its trace then ends as cancelled.

    Args:
        agent: Who does the work, or the router that picks who does.
        prompt: What is asked.
        model: Who thinks.
        toolbox: What can be done.
        recorder: Where the run is recorded; None keeps no record.
        approve: Asked before calls that write; by default they are denied.
        facts: What may change from day to day (collections, the date); put behind the question.
        history: The `messages` of the run this one goes on from; they stay as they are, byte for
            byte, but for the system prompt of another agent.
        session: Groups the traces of one conversation.
        measures: What is done to make the model reliable; all of it by default.
        caller: The call of another run that this one answers.

    Raises:
        ConfigError: The toolbox lacks a tool of the agent's, or the server refuses the request.
        Unavailable: The model server is not there.
        LimitReached: The conversation does not fit the model's context window.
    """
    agent = await pick(agent, prompt, model=model)  # by words, where nobody picked before
    offered = await toolbox.specs()
    tools = (*choose_tools(agent, offered), *colleague_specs(agent.agents))
    made_of = _made_of(agent, offered)
    with recording(
        recorder, agent, model.name, tools, made_of, session=session, caller=caller
    ) as record:
        again = partial(
            run, model=model, toolbox=toolbox, recorder=recorder, facts=facts, measures=measures
        )
        ask = _asking(again, approve, session or record.trace_id)
        conversation = Conversation(agent, tools, model, toolbox, approve, record, measures, ask)
        conversation.open(user_text(prompt, facts), history)
        names = tuple(spec.name for spec in tools)
        yield RunStarted(agent.name, model.name, prompt, names, record.trace_id)
        async with aclosing(conversation.hold()) as events:
            async for event in events:
                yield event


def _made_of(agent: AgentDefinition, offered: Sequence[ToolSpec]) -> JsonObject:
    """Return what lets a trainer put together again, byte for byte, what the model saw."""
    return {
        "contract": contract_hash(offered),
        "prompt": text_hash([agent.instructions]),
        "template": agent.template,
        "hidden": list(agent.hidden),
        "defaults": dict(agent.defaults),
        **({"routed_by": agent.routed_by} if agent.routed_by else {}),
    }


def _asking(
    again: Callable[..., AsyncGenerator[RunEvent, None]], approve: Approve, session: str
) -> Ask:
    """Return what runs another agent for this one: same model, tools and person, own record."""

    def ask(
        colleague: AgentDefinition, question: str, inside: CallRecorder | None
    ) -> AsyncGenerator[RunEvent, None]:
        async def approve_its(call: ToolCall, reason: str) -> bool:
            return await approve(call, f"{colleague.name}: {reason}")

        return again(colleague, question, approve=approve_its, session=session, caller=inside)

    return ask
