"""`hades doctor`: checks every component, and names the command that mends what is missing."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Literal

import click

from hades_mcp.cli.app import settings
from hades_mcp.cli.output import echo_json
from hades_mcp.errors import HadesError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hades_mcp.config import Settings

State = Literal["ok", "missing", "failed"]
MARKS: dict[State, str] = {"ok": "✓", "missing": "·", "failed": "✗"}

# extra -> the module that shows it is installed, and what it is for
EXTRAS = {
    "models": ("openai", "talking to a model server"),
    "tui": ("textual", "the terminal chat"),
    "milvus": ("pymilvus", "vectors in Milvus"),
    "phoenix": ("phoenix.client", "sending traces to Phoenix"),
    "train": ("torch", "training adapters"),
}


@dataclass(frozen=True)
class Check:
    """What one look at one component found.

    `missing` is something optional that is not there; `failed` is something HADES needs.
    """

    component: str
    state: State
    detail: str
    mend: str = ""


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="One JSON check a line.")
@click.pass_context
def command(ctx: click.Context, *, as_json: bool) -> int:
    """Check every component; exit code 1 if one that is needed fails."""
    loaded = settings(ctx)
    failed = False
    for check in examine(loaded):
        failed = failed or check.state == "failed"
        if as_json:
            echo_json(asdict(check))
        else:
            click.echo(f"{MARKS[check.state]} {check.component:<12} {check.detail}")
            if check.mend:
                click.echo(f"  {'':<12} → {check.mend}")
    return 1 if failed else 0


def examine(loaded: Settings) -> Iterator[Check]:
    """Look at every component in turn; a look that goes wrong is itself a finding."""
    looks: list[tuple[str, Callable[[Settings], Check]]] = [
        ("data folder", _home),
        ("store", _store),
        ("embedder", _embedder),
        ("agents", _agents),
        ("tools", _tools),
        ("model", _model),
        ("spans", _spans),
    ]
    for component, look in looks:
        try:
            yield look(loaded)
        except HadesError as error:
            yield Check(component, "failed", error.message, error.hint)
        except Exception as error:  # noqa: BLE001  a doctor reports what it cannot explain
            yield Check(component, "failed", f"{type(error).__name__}: {error}")
    for extra, (module, purpose) in EXTRAS.items():
        yield _extra(extra, module, purpose)


def _home(loaded: Settings) -> Check:
    import os

    mend = "choose another folder: hades --home DIR, or HADES_HOME"
    try:
        loaded.home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        return Check("data folder", "failed", f"{loaded.home} cannot be made: {error}", mend)
    if not os.access(loaded.home, os.W_OK):
        return Check("data folder", "failed", f"{loaded.home} is not writable", mend)
    return Check("data folder", "ok", str(loaded.home))


def _store(loaded: Settings) -> Check:
    from hades_mcp.workspace import open_workspace

    with open_workspace(loaded, preload=False) as workspace:
        described = workspace.schema.describe()
        version = workspace.db.version()
    where = loaded.arango_url or "embedded"
    count = len(described.collections)
    return Check("store", "ok", f"{where}, ArangoDB API {version}, {count} collections")


def _embedder(loaded: Settings) -> Check:
    from contextlib import ExitStack

    from hades_mcp.embedders.registry import open_embedder

    with ExitStack() as stack:
        embedder = open_embedder(loaded, stack, preload=False)
        vector = embedder.embed(["hades"])[0]
    return Check("embedder", "ok", f"{embedder.model_id}, {len(vector)} dimensions")


def _agents(loaded: Settings) -> Check:
    from hades_mcp.agents.definition import load_agent
    from hades_mcp.assets import names

    found = [name.removesuffix(".toml") for name in names(loaded.home, "agents", ".toml")]
    for name in found:
        load_agent(loaded.home, name)
    return Check("agents", "ok", ", ".join(found))


def _tools(loaded: Settings) -> Check:
    from hades_mcp.tools.catalog import load_tools

    found = load_tools(loaded.home)
    if found.broken:
        reasons = "; ".join(map(str, found.broken))
        return Check("tools", "failed", f"left out: {reasons}", "mend the file, or take it away")
    return Check("tools", "ok", f"{len(found.tools)} tools")


def _model(loaded: Settings) -> Check:
    mend = "start one: hades models serve (llama-server), or name yours: HADES_MODEL_URL"
    try:
        described = _ask_the_model_server(loaded)
    except HadesError as error:
        return Check("model", "missing", error.message, mend)
    return Check("model", "ok", described)


def _ask_the_model_server(loaded: Settings) -> str:
    import anyio

    from hades_mcp.models.registry import describe_server

    described: Any = anyio.run(describe_server, loaded)
    return str(described)


def _spans(loaded: Settings) -> Check:
    if not loaded.otlp_endpoint:
        mend = "HADES_OTLP_ENDPOINT=http://127.0.0.1:6006/v1/traces sends spans to a Phoenix"
        return Check("spans", "missing", "no exporter; traces are kept in the data folder", mend)
    return Check("spans", "ok", loaded.otlp_endpoint)


def _extra(extra: str, module: str, purpose: str) -> Check:
    try:
        found = find_spec(module) is not None
    except ModuleNotFoundError:
        found = False
    if found:
        return Check(extra, "ok", purpose)
    return Check(extra, "missing", purpose, f'pip install "hades-mcp[{extra}]"')
