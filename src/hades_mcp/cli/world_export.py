"""`hades export`: the whole world as one JSON file."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from hades_mcp.cli.app import settings
from hades_mcp.cli.output import echo_json


@click.command("export")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Overwrite FILE.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.pass_context
def command(ctx: click.Context, file: Path, *, force: bool, as_json: bool) -> None:
    """Export collections, edges, graphs, indexes, texts and files to FILE, for `hades import`.

    Left out are contexts (`hades contexts export`), views, and records of HADES's own work.
    """
    from hades_mcp.workspace import open_workspace

    with open_workspace(settings(ctx), preload=False) as workspace:
        report = workspace.world.dump(file, force=force)
    if as_json:
        echo_json(asdict(report))
        return
    click.echo(report.in_words())
