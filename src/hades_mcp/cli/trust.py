"""`hades trust`: what should not be relied on without a look, and running what can be run."""

from __future__ import annotations

import click

from hades_mcp.cli.app import settings
from hades_mcp.cli.output import echo_json


@click.group("trust", invoke_without_command=True)
@click.option("--limit", "-n", type=click.IntRange(min=1), default=20, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.pass_context
def command(ctx: click.Context, limit: int, *, as_json: bool) -> None:
    """List documents and entries with a trust below 0.7, or that fell within a week."""
    from dataclasses import asdict

    from hades_mcp.workspace import open_workspace

    if ctx.invoked_subcommand:
        return
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


@command.command("verify")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.pass_context
def verify(ctx: click.Context, *, as_json: bool) -> None:
    """Run entries, documents and examples that say what a query gives; list those it does not."""
    from dataclasses import asdict

    from hades_mcp.workspace import open_workspace

    with open_workspace(settings(ctx), preload=False) as workspace:
        found = workspace.verification.run()
    for one in found:
        if as_json:
            echo_json(asdict(one))
        elif not one.passed:
            click.echo(f"{one.trust:.2f}  was {one.before:.2f}  {one.id}  {one.reason}")
    passed = sum(one.passed for one in found)
    click.echo(f"hades: {passed} of {len(found)} gave what they say.", err=True)
