"""`hades trust`: what is stored and should not be relied on without a look."""

from __future__ import annotations

import click

from hades_mcp.cli.app import settings
from hades_mcp.cli.output import echo_json


@click.command("trust")
@click.option("--limit", "-n", type=click.IntRange(min=1), default=20, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.pass_context
def command(ctx: click.Context, limit: int, *, as_json: bool) -> None:
    """List documents and entries with a trust below 0.7, or that fell within a week."""
    from dataclasses import asdict

    from hades_mcp.workspace import open_workspace

    with open_workspace(settings(ctx), preload=False) as workspace:
        found = workspace.feedback.watch.doubtful()
    for one in found[:limit]:
        if as_json:
            echo_json(asdict(one))
        else:
            click.echo(f"{one.trust:.2f}  {'+'.join(one.reasons):<8}  {one.id}  {one.title}")
    if len(found) > limit:
        click.echo(f"hades: {len(found) - limit} more; --limit N shows them.", err=True)
    if not found:
        click.echo("hades: nothing is below 0.7, and nothing fell.", err=True)
