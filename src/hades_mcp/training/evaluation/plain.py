"""The rival of every comparison: the loop one writes in an afternoon for a server with tools.

Native calls only, JSON schemas sent as `tools`, errors told back, the agent's limits. It shares the
model's driver and the tools with HADES, and nothing of `agents/` that helps a model.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from hades_mcp.agents.definition import AgentDefinition, choose_tools
from hades_mcp.agents.events import ModelResponded, RunFinished, ToolCalled, ToolReturned
from hades_mcp.agents.limits import Budget, Limits
from hades_mcp.messages import Message, ToolResult
from hades_mcp.models.base import ChatRequest, complete

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from hades_mcp.agents.events import RunEvent
    from hades_mcp.agents.toolbox import Toolbox
    from hades_mcp.messages import ToolCall
    from hades_mcp.models.base import ChatModel

PROMPT = (
    "You answer questions about stored data. Use the tools, and answer from what they return. If"
    " what is asked is not there, say so."
)
"""Where the agent is a router, which has no prompt of its own."""


async def plain_run(
    agent: AgentDefinition, prompt: str, *, model: ChatModel, toolbox: Toolbox
) -> AsyncGenerator[RunEvent, None]:
    """Run an agent's prompt and tools in a plain loop; every call is made, nobody is asked.

    A router is taken as one agent with the tools of all it picks from.

    Raises:
        ConfigError, Unavailable, LimitReached: As `ChatModel.stream`.
    """
    agent = as_one(agent)
    tools = choose_tools(agent, await toolbox.specs())
    messages = [Message("system", agent.instructions), Message("user", prompt)]
    budget = Budget(agent.limits)
    while (stop := budget.exceeded()) is None:
        request = ChatRequest(tuple(messages), tools, agent.max_tokens, agent.temperature)
        response = await complete(model, request)
        budget.spend(response.usage)
        calls = tuple(_as_written(call) for call in response.message.tool_calls)
        message = replace(response.message, tool_calls=calls)
        messages.append(message)
        yield ModelResponded(message, response.usage, budget.steps)
        if not calls:
            yield RunFinished(message.content, "answered", budget.usage, "", budget.steps)
            return
        for call in calls:
            yield ToolCalled(call)
            result = await _made(call, {spec.name for spec in tools}, toolbox)
            messages.append(Message("tool", result.content, tool_call_id=call.id, name=result.name))
            yield ToolReturned(result)
    yield RunFinished("", stop, budget.usage, "", budget.steps)


def as_one(agent: AgentDefinition) -> AgentDefinition:
    """Return a router as one agent with all tools it leads to; another agent as it is."""
    if agent.router is None:
        return agent
    below = agent.agents
    return AgentDefinition(
        agent.name,
        agent.description,
        PROMPT,
        tuple(dict.fromkeys(tool for one in below for tool in one.tools)),
        max_tokens=max(one.max_tokens for one in below),
        limits=Limits(
            steps=max(one.limits.steps for one in below),
            tokens=max(one.limits.tokens for one in below),
            seconds=max(one.limits.seconds for one in below),
        ),
    )


def _as_written(call: ToolCall) -> ToolCall:
    """Return a call without what the driver mended of its arguments: that is a help of ours."""
    if not call.raw_arguments:
        return call
    try:
        arguments = json.loads(call.raw_arguments)
    except ValueError:
        arguments = None
    known = arguments if isinstance(arguments, dict) else None
    return replace(call, arguments=known, channel="native")


async def _made(call: ToolCall, offered: set[str], toolbox: Toolbox) -> ToolResult:
    if call.name not in offered:
        return ToolResult(call.id, call.name, f"Unknown tool: {call.name}", is_error=True)
    if call.arguments is None:
        return ToolResult(call.id, call.name, "The arguments are not valid JSON.", is_error=True)
    return await toolbox.call(call)
