"""`hades ingest`: store files and folders."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hades_mcp.cli.app import settings
from hades_mcp.cli.output import Progress, echo_json

if TYPE_CHECKING:
    from hades_mcp.services.documents.ingesting import IngestReport


@click.command("ingest")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--watch", is_flag=True, help="Go on, and store what changes, until interrupted.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.pass_context
def command(ctx: click.Context, paths: tuple[Path, ...], *, watch: bool, as_json: bool) -> None:
    """Store the text, code and links of PATHS; unchanged files are skipped."""
    from hades_mcp.workspace import open_workspace

    def told(report: IngestReport) -> None:
        progress.close()
        _echo(report, as_json=as_json)

    progress = Progress("ingesting")
    with open_workspace(settings(ctx)) as workspace:
        try:
            if watch:
                from hades_mcp.services.documents.watching import watch as follow

                follow(workspace.documents, paths, told, progress=progress)
                return
            report = workspace.documents.ingest(paths, progress=progress)
        finally:
            progress.close()
    told(report)


def _echo(report: IngestReport, *, as_json: bool) -> None:
    if as_json:
        echo_json(asdict(report))
        return
    click.echo(
        f"{report.added} added, {report.updated} updated, {report.unchanged} unchanged, "
        f"{report.removed} removed, {len(report.skipped)} skipped; "
        f"{report.documents} documents, {report.chunks} passages, {report.edges} edges"
    )
    for path, reason in report.skipped:
        click.echo(f"hades: skipped {path}: {reason}", err=True)
