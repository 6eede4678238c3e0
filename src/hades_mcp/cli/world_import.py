"""`hades import`: a whole world from one JSON file."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from hades_mcp.cli.app import settings
from hades_mcp.cli.output import Progress, echo_json


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--replace", is_flag=True, help="Throw away what is stored under the same names.")
@click.option("--loose-ends", is_flag=True, help="Let edges lead to documents that are nowhere.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.pass_context
def command(
    ctx: click.Context, file: Path, *, replace: bool, loose_ends: bool, as_json: bool
) -> None:
    """Import a world: collections, edges, graphs and texts from FILE.

    FILE is {"collections": {name: [document]}, "edgeCollections": {name: [edge]}, "graphs": {name:
    [{"edge_collection", "from": [name], "to": [name]}]}, "documents": [{"id", "title", "text"}]};
    each part may be left out. What `hades export` adds to that is in docs/worlds.md. It is checked
    as a whole before anything is written.
    """
    from hades_mcp.workspace import open_workspace

    progress = Progress("importing")
    with open_workspace(settings(ctx), preload=False) as workspace:
        try:
            report = workspace.world.load(
                file, replace=replace, loose_ends=loose_ends, progress=progress
            )
        finally:
            progress.close()
    if as_json:
        echo_json(asdict(report))
        return
    click.echo(report.in_words())
