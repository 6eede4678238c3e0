"""`hades serve`: the MCP server over stdio."""

from __future__ import annotations

import click

from hades_mcp.cli.app import settings


@click.command("serve")
@click.pass_context
def command(ctx: click.Context) -> None:
    """Serve the tools to an MCP host over stdio."""
    loaded = settings(ctx)
    from hades_mcp.server.stdio import serve_stdio

    serve_stdio(loaded)
