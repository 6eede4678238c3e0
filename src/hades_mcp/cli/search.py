"""`hades search`: find documents by meaning."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import click

from hades_mcp.cli.app import settings
from hades_mcp.cli.output import echo_json


@click.command("search")
@click.argument("text")
@click.option("--limit", "-n", type=click.IntRange(1, 50), default=5, show_default=True)
@click.option("--kind", help="Only documents of this kind: function, section, file …")
@click.option(
    "--where",
    multiple=True,
    metavar="NAME=VALUE",
    help="Only documents with this value; several with one name: any of them. VALUE is JSON or"
    " text. `connected_to=TITLE` keeps to what is within two edges of a document.",
)
@click.option(
    "--hops",
    type=click.IntRange(0, 2),
    default=0,
    show_default=True,
    help="Add what the graph leads to.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON hit a line.")
@click.pass_context
def command(
    ctx: click.Context,
    text: str,
    limit: int,
    *,
    kind: str | None,
    where: tuple[str, ...],
    hops: int,
    as_json: bool,
) -> None:
    """Find what the stored documents say about TEXT."""
    from hades_mcp.workspace import open_workspace

    wanted = _conditions(where)
    with open_workspace(settings(ctx)) as workspace:
        result = workspace.search.search(text, limit, kind=kind, where=wanted, hops=hops)
    for hit in result.hits:
        if as_json:
            echo_json(asdict(hit))
        else:
            click.echo(f"{hit.score:.3f}  {hit.kind or 'document'} {hit.title}  [{hit.id}]")
            if hit.path:
                click.echo(f"       {hit.path}" + (f":{hit.line}" if hit.line else ""))
            if hit.via:
                click.echo(f"       {hit.via}")
            click.echo(f"       {hit.snippet[:160]}")
    if result.note:
        click.echo(f"hades: {result.note}", err=True)
    if result.hint:
        click.echo(f"hades: {result.hint}", err=True)


def _conditions(given: tuple[str, ...]) -> dict[str, list[Any]]:
    """Return what `--where` asks for: each name with the values that fit."""
    conditions: dict[str, list[Any]] = {}
    for condition in given:
        name, separator, value = condition.partition("=")
        if not separator:
            raise click.BadParameter(f"{condition!r}: use NAME=VALUE", param_hint="--where")
        conditions.setdefault(name, []).append(_value(value))
    return conditions


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:  # a text needs no quotes
        return text
