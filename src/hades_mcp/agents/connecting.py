"""Holds connections to other MCP servers: opened when needed, again after they were down."""

from __future__ import annotations

import re
import tempfile
from contextlib import asynccontextmanager
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

import anyio

from hades_mcp.agents.servers import filled
from hades_mcp.agents.toolbox import MCPToolbox
from hades_mcp.errors import ConfigError, did_you_mean
from hades_mcp.logging import get_logger
from hades_mcp.messages import ToolAnnotations, ToolResult

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from typing import TextIO

    from anyio.abc import TaskGroup, TaskStatus
    from mcp import Client
    from mcp.client.stdio import StdioServerParameters

    from hades_mcp.agents.servers import ServerDefinition
    from hades_mcp.messages import ToolCall, ToolSpec

RETRY_SECONDS = 10.0
"""How long a server that is down is left alone before it is tried again."""

DESCRIPTION = 400
"""Most characters of a strange tool's description: a small model reads all of it, every time."""

_GONE = (OSError, anyio.ClosedResourceError, anyio.BrokenResourceError, anyio.EndOfStream)

_log = get_logger("agents")


class ServerToolbox:
    """The tools of one configured server, whether it is there now or not.

    Its connection lives in a task of its own, as it must be closed where it was opened.

    Args:
        server: What to start, or where to reach it.
        group: Where its task runs; `leave` ends it.
        tokens: Most tokens of one result.
        retry: Seconds until a server that is down is tried again.
    """

    def __init__(
        self,
        server: ServerDefinition,
        group: TaskGroup,
        *,
        tokens: int,
        retry: float = RETRY_SECONDS,
    ) -> None:
        self.server = server
        self.trouble = ""
        self._group = group
        self._tokens = tokens
        self._retry = retry
        self._box: MCPToolbox | None = None
        self._leaving = anyio.Event()
        self._opening = anyio.Lock()
        self._not_before = 0.0

    async def specs(self) -> Sequence[ToolSpec]:
        """Return the tools there are; none while the server is down (`trouble` says why)."""
        offered: Sequence[ToolSpec] | None = None
        for _ in range(2):  # a server that ended since the last question is started again
            box = await self._connected()
            if box is None:
                return ()
            try:
                with anyio.fail_after(self.server.connect):
                    offered = await box.specs()
            except Exception as error:  # noqa: BLE001  whatever it does, the agent goes on
                self._lost(reason(error), box)
            else:
                break
        if offered is None:
            return ()
        unmatched = _unmatched(self.server, [spec.name for spec in offered])
        if unmatched and unmatched != self.trouble:
            _log.warning("mcp_tool_missing", server=self.server.name, reason=unmatched)
        self.trouble = unmatched
        return [_offered(spec, self.server) for spec in offered if _chosen(spec, self.server)]

    async def call(self, call: ToolCall) -> ToolResult:
        """Make one call by the server's own name of the tool.

        A call that a server took with it when it went is not made again: it may have been done.
        """
        box = await self._connected()
        if box is None:
            words = f"The MCP server {self.server.name} is down: {self.trouble} Go on without it."
            return ToolResult(call.id, call.name, words, is_error=True)
        try:
            with anyio.fail_after(self.server.timeout + 1):
                return await box.answer(call)
        except Exception as error:  # noqa: BLE001  as above
            words = self._failed(call, error, box)
        return ToolResult(call.id, call.name, words, is_error=True)

    def _failed(self, call: ToolCall, error: Exception, box: MCPToolbox) -> str:
        from mcp import MCPError  # noqa: PLC0415  here it is loaded already
        from mcp_types import CONNECTION_CLOSED, REQUEST_TIMEOUT  # noqa: PLC0415

        code = error.code if isinstance(error, MCPError) else None
        if code == REQUEST_TIMEOUT or isinstance(error, TimeoutError):
            return f"{call.name} took longer than {self.server.timeout:g} seconds and was left."
        if code != CONNECTION_CLOSED and not isinstance(error, _GONE):
            return f"{self.server.name} could not do {call.name}: {reason(error)}"
        why = reason(error)
        self._lost(why, box)
        return (
            f"The MCP server {self.server.name} went away: {why} Whether {call.name} was done is"
            " not known."
        )

    def leave(self) -> None:
        """Close the connection; its task ends soon."""
        self._leaving.set()

    def _lost(self, why: str, box: MCPToolbox | None) -> None:
        """Forget a connection that is gone; None is one that did not come about."""
        if self._box is not box:
            return  # another call noticed first, and there may be a new one
        self.trouble = why
        self._box = None
        self._leaving.set()
        self._leaving = anyio.Event()
        _log.warning("mcp_server_down", server=self.server.name, reason=why)

    async def _connected(self) -> MCPToolbox | None:
        async with self._opening:
            if self._box is None and anyio.current_time() >= self._not_before:
                try:
                    with anyio.fail_after(self.server.connect):
                        await self._group.start(self._hold, self._leaving)
                except Exception as error:  # noqa: BLE001  as above
                    self._not_before = anyio.current_time() + self._retry
                    self._lost(reason(error), None)
            return self._box

    async def _hold(self, leaving: anyio.Event, *, task_status: TaskStatus[None]) -> None:
        """Keep one connection open until it is to be left."""
        box: MCPToolbox | None = None
        with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as errors:
            try:
                async with _client(self.server, errors) as client:
                    timeout = self.server.timeout
                    self._box = box = MCPToolbox(client, tokens=self._tokens, timeout=timeout)
                    task_status.started()
                    await leaving.wait()
            except Exception as error:
                if box is None:
                    raise _told(error, errors) from error
                if self._box is box:  # and not one that was opened since
                    self._box = None
                _log.debug("mcp_connection_ended", server=self.server.name, reason=reason(error))


@asynccontextmanager
async def _client(server: ServerDefinition, errors: TextIO) -> AsyncIterator[Client]:
    """Connect to a server, and leave it when the block ends.

    Raises:
        ConfigError: A variable that it needs is not set.
    """
    from mcp import Client  # noqa: PLC0415  an agent without servers does not wait for it

    if server.url:
        from mcp.client.streamable_http import streamable_http_client  # noqa: PLC0415
        from mcp.shared._httpx_utils import create_mcp_http_client  # noqa: PLC0415

        http = create_mcp_http_client(headers=filled(server.headers))
        async with http, Client(streamable_http_client(server.url, http_client=http)) as client:
            yield client
        return
    from mcp.client.stdio import stdio_client  # noqa: PLC0415

    # What it writes beside its answers belongs to nobody's terminal, and may say why it ended.
    async with Client(stdio_client(_command(server), errlog=errors)) as client:
        yield client


def _command(server: ServerDefinition) -> StdioServerParameters:
    from mcp.client.stdio import StdioServerParameters  # noqa: PLC0415

    return StdioServerParameters(
        command=server.command,
        args=list(server.args),
        env=filled(server.env),
        cwd=Path(server.folder).expanduser() if server.folder else None,
        encoding_error_handler="replace",
    )


def reason(error: BaseException) -> str:
    """Return why a connection failed, in one line: the first cause inside groups of errors."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, TimeoutError):
        return "it did not answer in time."
    words = str(error).strip().splitlines()
    said = words[0] if words else type(error).__name__
    return said if said.endswith((".", "!", "?")) else f"{said}."


def _told(error: Exception, errors: TextIO) -> ConfigError:
    """Return the failure of a start with the last that the server wrote of its own."""
    errors.seek(0)
    lines = [line.strip() for line in errors.read().splitlines() if line.strip()]
    said = f" It said: {lines[-1]}" if lines else ""
    return ConfigError(f"{reason(error)}{said}")


def _chosen(spec: ToolSpec, server: ServerDefinition) -> bool:
    return any(fnmatchcase(spec.name, pattern) for pattern in server.tools)


def _offered(spec: ToolSpec, server: ServerDefinition) -> ToolSpec:
    """Return a strange tool as it is offered: what it says of itself counts only if trusted."""
    hints = spec.annotations if server.trusted else ToolAnnotations(title=spec.annotations.title)
    if any(fnmatchcase(spec.name, pattern) for pattern in server.reads):
        hints = replace(hints, read_only=True, destructive=False)
    description = re.sub(r"\s+", " ", spec.description).strip()
    if len(description) > DESCRIPTION:
        description = f"{description[: DESCRIPTION - 1]}…"
    origin = f"{server.name}/{spec.name}"
    return replace(spec, description=description, annotations=hints, origin=origin)


def _unmatched(server: ServerDefinition, names: Sequence[str]) -> str:
    """Return what is wrong with patterns that choose nothing."""
    for pattern in (*server.tools, *server.reads):
        if pattern != "*" and not any(fnmatchcase(name, pattern) for name in names):
            return f"it has no tool {pattern!r}. {did_you_mean(pattern, names)}"
    return ""
