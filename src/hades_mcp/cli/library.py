"""`hades library`: reference libraries, listed and installed."""

from __future__ import annotations

from dataclasses import asdict

import click

from hades_mcp.cli.app import settings
from hades_mcp.cli.output import echo_json


@click.group("library")
def command() -> None:
    """List and install libraries of example queries and notes."""


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON library a line.")
@click.pass_context
def list_libraries(ctx: click.Context, *, as_json: bool) -> None:
    """List all libraries: those shipped, and yours in HADES_HOME/prompts/library."""
    from hades_mcp.workspace import open_workspace

    with open_workspace(settings(ctx), preload=False) as workspace:
        found = workspace.library.list()
    for info in found:
        if as_json:
            echo_json(asdict(info))
            continue
        state = f"installed ({info.installed} documents)" if info.installed else "not installed"
        click.echo(f"{info.name}: {info.examples} examples on {info.topics} topics, {state}")


@command.command("install")
@click.argument("name")
@click.pass_context
def install(ctx: click.Context, name: str) -> None:
    """Store library NAME, so that its examples are found by meaning; again brings it up to date."""
    from hades_mcp.workspace import open_workspace

    with open_workspace(settings(ctx)) as workspace:
        count = workspace.library.install(name)
    click.echo(f"{name}: {count} examples and notes installed")
