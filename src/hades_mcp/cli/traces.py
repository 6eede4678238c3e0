"""`hades traces`: what was recorded of the runs."""

from __future__ import annotations

import click

from hades_mcp.cli.app import settings


@click.group("traces")
def command() -> None:
    """List and show recorded runs."""


@command.command("list")
@click.option("--limit", "-n", type=click.IntRange(min=1), default=20, show_default=True)
@click.pass_context
def list_traces(ctx: click.Context, limit: int) -> None:
    """List the newest runs."""
    raise NotImplementedError


@command.command("show")
@click.argument("trace")
@click.option("--json", "as_json", is_flag=True, help="The whole record, as ATIF JSON.")
@click.pass_context
def show_trace(ctx: click.Context, trace: str, *, as_json: bool) -> None:
    """Show one run; the first characters of its id are enough."""
    raise NotImplementedError
