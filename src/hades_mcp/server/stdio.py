"""Serves MCP over stdin and stdout, and leaves promptly and cleanly however it is told to."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING, NoReturn

import anyio
import anyio.abc
from mcp.server.stdio import stdio_server

from hades_mcp.server.app import build_server
from hades_mcp.server.opening import Opening
from hades_mcp.server.pipes import standard_pipes
from hades_mcp.tools.catalog import load_tools
from hades_mcp.tools.toolset import Toolset

if TYPE_CHECKING:
    from hades_mcp.config import Settings
    from hades_mcp.tools.catalog import Catalog
    from hades_mcp.workspace import Workspace


def serve_stdio(settings: Settings) -> NoReturn:
    """Serve until the host is gone, or SIGTERM or SIGINT comes; then close all and exit with 0.

    Tools are listed at once, while the workspace is opened in the background. One that can't be
    opened does not end the server: each call is answered with the reason. Nor does a broken tool of
    the user's: it is left out.

    Args:
        settings: What to serve.

    """
    tools = load_tools(settings.home)
    opening = Opening(lambda: _open(settings))
    try:
        anyio.run(_serve, tools, opening)
    except BaseExceptionGroup as group:
        # A host that died before its answer shows as a broken pipe; anything else is a bug.
        if group.split(OSError)[1] is not None:
            opening.close()
            raise
    _leave(opening)


def _open(settings: Settings) -> Workspace:
    # Here, so that the stores' libraries load after the first answer, not before.
    from hades_mcp.workspace import open_workspace  # noqa: PLC0415

    # Hosts start every server they know: until the first text is embedded, 200 MB less.
    return open_workspace(settings, preload=False)


async def _serve(tools: Catalog, opening: Opening) -> None:
    server = build_server(Toolset(opening.workspace, tools))
    async with anyio.create_task_group() as group:
        await group.start(_leave_on_signal, opening)
        async with stdio_server(*await standard_pipes()) as (incoming, outgoing):
            opening.start()
            await server.run(incoming, outgoing, server.create_initialization_options())
        group.cancel_scope.cancel()


async def _leave_on_signal(
    opening: Opening, *, task_status: anyio.abc.TaskStatus[None] = anyio.TASK_STATUS_IGNORED
) -> None:
    if sys.platform == "win32":
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: _leave(opening))
        task_status.started()
        return
    with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        task_status.started()
        async for _ in signals:
            _leave(opening)


def _leave(opening: Opening) -> NoReturn:
    """Close the workspace and end the process.

    An ordinary exit would wait for tools that still run and, where the SDK's own transport reads
    stdin, for its thread, which nothing can wake while the host holds it open (python-sdk #3551).
    """
    opening.close()
    sys.stderr.flush()
    os._exit(0)
