"""`hades reembed`: make all vectors anew with the embedder that is set now."""

from __future__ import annotations

from dataclasses import asdict

import click

from hades_mcp.cli.app import settings
from hades_mcp.cli.output import Progress, echo_json


@click.command("reembed")
@click.option("--force", is_flag=True, help="Also if the vectors are of this model already.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.pass_context
def command(ctx: click.Context, *, force: bool, as_json: bool) -> None:
    """Make all vectors anew with the embedder set now, and use them from then on.

    Others may go on searching with the old vectors meanwhile. A run that is interrupted changes
    nothing, and the next one goes on where it stopped.
    """
    from hades_mcp.workspace import open_workspace

    progress = Progress("reembedding")
    with open_workspace(settings(ctx)) as workspace:
        try:
            report = workspace.reembed.run(progress=progress, force=force)
        finally:
            progress.close()
    if as_json:
        echo_json(asdict(report))
        return
    if not report.vectors:
        click.echo(f"The vectors are of {report.model} already.")
        return
    counts = ", ".join(f"{count} {name}" for name, count in report.vectors.items())
    before = f" (before: {report.before})" if report.before else ""
    click.echo(f"{counts} are now of {report.model}{before}")
