"""`hades aql`: run a query and print its rows."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from hades_mcp.cli.app import settings
from hades_mcp.cli.output import echo_json

if TYPE_CHECKING:
    from hades_mcp.services.queries.service import Changed


@click.command("aql")
@click.argument("query")
@click.option(
    "--bind",
    "-b",
    multiple=True,
    metavar="NAME=VALUE",
    help="Bind variable; the value is JSON, else text. '@name=coll' binds a collection.",
)
@click.option("--write", is_flag=True, help="Allow the query to change data.")
@click.option("--explain", is_flag=True, help="Print the plan instead of running it.")
@click.option("--max-rows", type=click.IntRange(min=1), help="Most rows to print.")
@click.option("--max-changes", type=click.IntRange(min=1), help="Most documents to change.")
@click.pass_context
def command(
    ctx: click.Context,
    query: str,
    bind: tuple[str, ...],
    *,
    write: bool,
    explain: bool,
    max_rows: int | None,
    max_changes: int | None,
) -> None:
    """Run an AQL QUERY ('-' reads it from standard input); one JSON row a line."""
    from hades_mcp.workspace import open_workspace

    text = sys.stdin.read() if query == "-" else query
    limits = settings(ctx, max_rows=max_rows, max_changes=max_changes)
    with open_workspace(limits, preload=False) as workspace:
        variables = _bind_variables(bind)
        if explain:
            echo_json(asdict(workspace.queries.explain(text, variables)))
            return
        ask = workspace.queries.write if write else workspace.queries.read
        result = ask(text, variables)
    for row in result.rows:
        echo_json(row)
    if result.truncated:
        click.echo(
            f"hades: only the first {len(result.rows)} rows; --max-rows N asks for more.", err=True
        )
    if result.undo:
        click.echo(f"hades: changed {_said(result.changed)}; hades undo {result.undo}", err=True)
    for warning in result.warnings:
        click.echo(f"hades: warning: {warning}", err=True)


def _said(changed: dict[str, Changed]) -> str:
    return ", ".join(
        f"{name}: {each.inserted + each.updated + each.removed}" for name, each in changed.items()
    )


def _bind_variables(pairs: tuple[str, ...]) -> dict[str, Any]:
    import orjson

    variables: dict[str, Any] = {}
    for pair in pairs:
        name, separator, value = pair.partition("=")
        if not separator or not name:
            raise click.BadParameter(f"{pair!r} is not NAME=VALUE.", param_hint="--bind")
        try:
            variables[name] = orjson.loads(value)
        except orjson.JSONDecodeError:
            variables[name] = value
    return variables
