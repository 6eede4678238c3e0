"""`hades models`: the model servers and their models, listed, fetched, loaded and served."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from hades_mcp.cli.app import settings
from hades_mcp.cli.output import echo_json

if TYPE_CHECKING:
    from hades_mcp.models.served import Adapter, ServedModel
    from hades_mcp.models.servers import Server

MEGA = 1_000_000


@click.group("models")
def command() -> None:
    """List, fetch, load and serve the models that answer."""


@command.command("list")
@click.option("--model-url", help="Model servers, separated by commas [env: HADES_MODEL_URL].")
@click.option("--json", "as_json", is_flag=True, help="One JSON server a line.")
@click.pass_context
def list_models(ctx: click.Context, /, *, as_json: bool, **flags: Any) -> int:
    """List each server's models as it tells them; exit code 1 when none is ready."""
    import anyio

    from hades_mcp.models.registry import look_at_servers

    servers: list[Server] = anyio.run(look_at_servers, settings(ctx, **flags))
    for server in servers:
        if as_json:
            echo_json(asdict(server))
            continue
        click.echo(f"{server.url}  {server.kind or 'nobody'}, {server.state}")
        if server.problem:
            click.echo(f"  {server.problem}")
        for model in server.models:
            click.echo(f"  {model.name}  {_described(model)}".rstrip())
    return 0 if any(server.state == "ready" for server in servers) else 1


def _described(model: ServedModel) -> str:
    state = {True: "loaded", False: "not loaded", None: ""}[model.loaded]
    parts = (
        state,
        _window(model),
        model.parameters,
        model.quantization,
        f"{model.size_bytes / MEGA:,.0f} MB" if model.size_bytes else "",
        f"adapter of {model.base}" if model.base else "",
        "adapters: " + ", ".join(map(_adapter, model.adapters)) if model.adapters else "",
    )
    return " · ".join(part for part in parts if part)


def _window(model: ServedModel) -> str:
    if model.context_window:
        trained = f" (trained for {model.trained_window:,})" if model.trained_window else ""
        return f"{model.context_window:,} tokens{trained}"
    return f"trained for {model.trained_window:,} tokens" if model.trained_window else ""


def _adapter(adapter: Adapter) -> str:
    named = adapter.name if adapter.name in {"", adapter.id} else f"{adapter.id} {adapter.name}"
    scale = "" if adapter.scale is None else f" at {adapter.scale:g}"
    return f"{named or adapter.id}{scale}"
