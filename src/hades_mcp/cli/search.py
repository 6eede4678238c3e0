"""`hades search`: find documents by meaning."""

from __future__ import annotations

from dataclasses import asdict

import click

from hades_mcp.cli.app import settings
from hades_mcp.cli.output import echo_json


@click.command("search")
@click.argument("text")
@click.option("--limit", "-n", type=click.IntRange(1, 50), default=5, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON hit a line.")
@click.pass_context
def command(ctx: click.Context, text: str, limit: int, *, as_json: bool) -> None:
    """Find what the stored documents say about TEXT."""
    from hades_mcp.workspace import open_workspace

    with open_workspace(settings(ctx)) as workspace:
        result = workspace.search.search(text, limit)
    for hit in result.hits:
        if as_json:
            echo_json(asdict(hit))
        else:
            click.echo(f"{hit.score:.3f}  {hit.kind or 'document'} {hit.title}  [{hit.id}]")
            if hit.path:
                click.echo(f"       {hit.path}:{hit.line or 1}")
            click.echo(f"       {hit.snippet[:160]}")
    if result.note:
        click.echo(f"hades: {result.note}", err=True)
    if result.hint:
        click.echo(f"hades: {result.hint}", err=True)
