"""`hades models`: the model servers and their models, listed, fetched, loaded and served."""

from __future__ import annotations

import shlex
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hades_mcp.cli.app import settings
from hades_mcp.cli.output import Progress, echo_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from hades_mcp.config import Settings
    from hades_mcp.models.served import Adapter, ServedModel
    from hades_mcp.models.servers import Server

MEGA = 1_000_000
PATIENCE = 3600.0
"""Seconds that Ollama may say nothing while it fetches: it checks gigabytes in one go."""
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


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

    loaded = settings(ctx, **flags)
    servers: list[Server] = anyio.run(look_at_servers, loaded)
    for server in servers:
        if as_json:
            echo_json(asdict(server))
            continue
        click.echo(f"{server.url}  {server.kind or 'nobody'}, {server.state}")
        if server.problem:
            click.echo(f"  {server.problem}")
        for model in server.models:
            click.echo(f"  {model.name}  {_described(model)}".rstrip())
    if not as_json:
        _list_weights(loaded)
    return 0 if any(server.state == "ready" for server in servers) else 1


def _list_weights(loaded: Settings) -> None:
    from hades_mcp.models.serving import model_folder, weights_in

    folder = model_folder(loaded)
    found = weights_in(folder)
    if found:
        click.echo(f"{folder}  to serve")
    for path in found:
        click.echo(f"  {path.name}  {path.stat().st_size / MEGA:,.0f} MB")


@command.command("pull")
@click.argument("source")
@click.option("--sha256", default="", help="What the bytes must be; else what the hub says.")
@click.option("--name", default="", help="What to call the file.")
@click.pass_context
def pull(ctx: click.Context, source: str, sha256: str, name: str) -> None:
    """Fetch weights from SOURCE, verified; again goes on where it broke off.

    SOURCE is qwen2.5-coder-0.5b or qwen2.5-coder-1.5b, OWNER/REPO[:QUANT] on the model hub,
    ollama:NAME, an address, a file, or a folder of its parts.
    """
    from hades_mcp.models.pulling import assemble, download, sha256_of
    from hades_mcp.models.serving import model_folder
    from hades_mcp.models.sources import LocalFiles, OllamaName, RemoteFile, find_source

    loaded = settings(ctx)
    found = find_source(source, sha256=sha256, name=name)
    folder = model_folder(loaded)
    progress = Progress(f"{source}: MB")

    def show(done: int, total: int, item: str = "") -> None:
        progress(done // MEGA, total // MEGA, item)

    try:
        match found:
            case OllamaName():
                _pull_with_ollama(loaded, found.name, show)
                click.echo(f"ollama has {found.name}")
                return
            case RemoteFile():
                path = download(found, folder, progress=show)
            case LocalFiles():
                path = assemble(found, folder, progress=show)
    finally:
        progress.close()
    click.echo(str(path))
    verified = "verified" if found.sha256 else "nobody said what it should be"
    click.echo(f"  SHA-256 {sha256_of(path)}, {verified}", err=True)


def _pull_with_ollama(loaded: Settings, name: str, show: Callable[[int, int, str], None]) -> None:
    import anyio

    from hades_mcp.models.ollama import OllamaModel
    from hades_mcp.models.servers import addresses

    async def fetch() -> None:
        url = addresses(loaded.model_url)[0]
        async with OllamaModel(url, name, timeout=PATIENCE) as model:
            async for status, done, total in model.pull():
                show(done, total, status)

    anyio.run(fetch)


@command.command("load")
@click.argument("model")
@click.option("--model-url", help="Model servers, separated by commas [env: HADES_MODEL_URL].")
@click.pass_context
def load_model(ctx: click.Context, /, model: str, **flags: Any) -> None:
    """Bring MODEL into its server's memory (Ollama, or llama-server with a folder of models)."""
    import anyio

    from hades_mcp.models.loading import load

    click.echo(f"{model} is loaded at {anyio.run(load, settings(ctx, **flags), model)}")


@command.command("unload")
@click.argument("model")
@click.option("--model-url", help="Model servers, separated by commas [env: HADES_MODEL_URL].")
@click.pass_context
def unload_model(ctx: click.Context, /, model: str, **flags: Any) -> None:
    """Take MODEL out of its server's memory."""
    import anyio

    from hades_mcp.models.loading import unload

    click.echo(f"{model} is no longer loaded at {anyio.run(unload, settings(ctx, **flags), model)}")


@command.command("serve")
@click.argument("model", default="qwen2.5-coder-0.5b")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8080, show_default=True, help="Port to listen on.")
@click.option("--context", type=int, help="Tokens a conversation may have [HADES_MODEL_CONTEXT].")
@click.option("--slots", default=1, show_default=True, help="Conversations at the same time.")
@click.option("--threads", default=0, help="CPU threads; by default the server's choice.")
@click.option("--adapter", "adapters", multiple=True, type=FILE, help="LoRA file; repeatable.")
@click.option("--template", type=FILE, help="Chat template; by default ours for Qwen2.5.")
@click.option("--stock-template", is_flag=True, help="The model's own chat template instead.")
@click.option("--weights", type=click.Choice(["disk", "cache", "ram"]), help="HADES_MODEL_WEIGHTS.")
@click.option("--no-embeddings", is_flag=True, help="Only chat.")
@click.option(
    "--print", "only_print", is_flag=True, help="Print the command instead of running it."
)
@click.pass_context
def serve(ctx: click.Context, /, model: str, **options: Any) -> int:
    """Serve MODEL (a file, a name in the model folder, or a folder) with llama.cpp's llama-server.

    It runs until it is interrupted, with our own chat template, so that calls arrive as calls.
    """
    return run_server(settings(ctx), model, **options)


def run_server(loaded: Settings, model: str, *, only_print: bool, **options: Any) -> int:
    """Start llama-server in this process's place.

    Raises:
        ConfigError: There is no llama-server, or it would listen to everybody without a key.
        UnknownName: There is no such model.
    """
    from hades_mcp.models import serving
    from hades_mcp.models.sources import KNOWN
    from hades_mcp.models.warming import bring_near

    server = serving.find_server(loaded)
    many = Path(model).expanduser().is_dir()
    weights = Path(model).expanduser() if many else serving.find_weights(loaded, model)
    environment = serving.environment(loaded, options["host"])
    template = options["template"]
    if template is None and not options["stock_template"]:
        template = serving.our_template(loaded, weights)
    if not many and not only_print:
        progress = Progress(f"{weights.name}: MB")
        weights = bring_near(
            weights,
            options["weights"] or loaded.model_weights,
            progress=lambda done, total, item="": progress(done // MEGA, total // MEGA, item),
        )
        progress.close()
    plan = serving.Serving(
        weights,
        alias=model if model in KNOWN else weights.stem,
        host=options["host"],
        port=options["port"],
        context=options["context"] or loaded.model_context,
        slots=options["slots"],
        threads=options["threads"],
        adapters=options["adapters"],
        template=template,
        embeddings=not options["no_embeddings"],
    )
    command = serving.command_line(server, plan, known=serving.help_of(server))
    if only_print:
        click.echo(shlex.join(command))
        return 0
    click.echo(f"http://{plan.host}:{plan.port}/v1", err=True)
    return serving.replace_process(command, environment)


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
