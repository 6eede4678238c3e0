"""Puts several toolboxes into one: the agent's own tools first, then those of other servers."""

from __future__ import annotations

import re
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import anyio

from hades_mcp.agents.connecting import RETRY_SECONDS, ServerToolbox
from hades_mcp.agents.definition import tool_name
from hades_mcp.errors import ConfigError
from hades_mcp.messages import ToolResult

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator, Sequence

    from hades_mcp.agents.definition import AgentDefinition
    from hades_mcp.agents.servers import ServerDefinition
    from hades_mcp.agents.toolbox import Toolbox
    from hades_mcp.messages import ToolCall, ToolSpec

LEAVING_SECONDS = 8.0
"""Most seconds servers get to end: their client waits two, asks, waits two, and ends them."""

MOST_CHARACTERS = 64
"""Of a tool's name, as the strictest hosts and servers take it: `[A-Za-z0-9_-]{1,64}`."""

_UNSAFE = re.compile(r"[^A-Za-z0-9_-]")


class CombinedToolbox:
    """The tools of this process and those of other servers, each under a name of its own.

    A name once given to a tool stays its own as long as this lives, also while its server is down:
    what a person allowed one tool, no other gets by taking its name.

    Args:
        own: Keeps its names.
        servers: Their tools get the server's name before theirs where that is taken.
        reserved: Names that none of their tools gets.
    """

    def __init__(
        self, own: Toolbox, servers: Sequence[ServerToolbox], reserved: Iterable[str] = ()
    ) -> None:
        self._own = own
        self._reserved = frozenset(reserved)
        self._servers = tuple(servers)
        self._names: dict[str, str] = {}
        self._routes: dict[str, tuple[ServerToolbox, str]] = {}

    async def specs(self) -> Sequence[ToolSpec]:
        """Return what there is now; servers are asked side by side."""
        own = await self._own.specs()
        offered: dict[int, Sequence[ToolSpec]] = {}

        async def ask(index: int, server: ServerToolbox) -> None:
            offered[index] = await server.specs()

        async with anyio.create_task_group() as group:
            for index, server in enumerate(self._servers):
                group.start_soon(ask, index, server)
        taken = {spec.name for spec in own} | self._reserved
        found = list(own)
        for index, server in enumerate(self._servers):
            for spec in offered[index]:
                name = self._name(spec, server, taken)
                self._routes[name] = (server, spec.name)
                found.append(replace(spec, name=name))
        return found

    async def call(self, call: ToolCall) -> ToolResult:
        """Make a call where its tool is."""
        route = self._routes.get(call.name)
        if route is None:
            return await self._own.call(call)
        server, name = route
        result = await server.call(replace(call, name=name))
        return ToolResult(call.id, call.name, result.content, result.is_error)

    def troubles(self) -> dict[str, str]:
        """Return which servers are not as they should be, and why."""
        return {box.server.name: box.trouble for box in self._servers if box.trouble}

    def _name(self, spec: ToolSpec, server: ServerToolbox, own: set[str]) -> str:
        if spec.origin not in self._names:
            taken = own | set(self._names.values())
            free = (name for name in _candidates(spec, server.server) if name not in taken)
            self._names[spec.origin] = next(free)
        return self._names[spec.origin]


def _candidates(spec: ToolSpec, server: ServerDefinition) -> Iterator[str]:
    plain = _UNSAFE.sub("_", spec.name)[:MOST_CHARACTERS] or server.name
    longer = f"{server.name}_{plain}"[:MOST_CHARACTERS]
    yield plain
    yield longer
    number = 2
    while True:
        end = f"_{number}"
        yield longer[: MOST_CHARACTERS - len(end)] + end
        number += 1


@asynccontextmanager
async def open_toolbox(
    own: Toolbox, agent: AgentDefinition, *, tokens: int, retry: float = RETRY_SECONDS
) -> AsyncIterator[Toolbox]:
    """Put the servers of an agent, and of all it calls, beside the tools of this process.

    A server is started or reached when tools are first asked for. One that is down costs the agent
    its tools, and nothing else; it is tried again with a later question.

    Args:
        own: The tools of this process.
        agent: Its servers, and those of the agents below it.
        tokens: Most tokens of one result of another server.
        retry: Seconds until a server that is down is tried again.

    Raises:
        ConfigError: Two agents mean different servers by one name.
    """
    agents = _with_all_below(agent)
    servers = _servers(agents)
    if not servers:
        yield own
        return
    failure: BaseException | None = None
    async with anyio.create_task_group() as group:
        boxes = [ServerToolbox(one, group, tokens=tokens, retry=retry) for one in servers]
        try:
            yield CombinedToolbox(own, boxes, (tool_name(one.name) for one in agents))
        except anyio.get_cancelled_exc_class():
            raise
        except BaseException as error:  # noqa: BLE001  raised below, and not as part of a group
            failure = error
        finally:
            for box in boxes:
                box.leave()
            group.cancel_scope.deadline = anyio.current_time() + LEAVING_SECONDS
    if failure is not None:
        raise failure


def _with_all_below(agent: AgentDefinition) -> list[AgentDefinition]:
    return [agent, *(one for below in agent.agents for one in _with_all_below(below))]


def _servers(agents: Sequence[AgentDefinition]) -> tuple[ServerDefinition, ...]:
    found: dict[str, ServerDefinition] = {}
    for agent in agents:
        for server in agent.servers:
            if found.setdefault(server.name, server) != server:
                raise ConfigError(
                    f"Agent {agent.name} means another MCP server by {server.name!r} than the"
                    " agents it works with.",
                    hint="Name each server differently.",
                )
    return tuple(found.values())
