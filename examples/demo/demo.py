"""The main job on real input: ingest, serve, search, walk, query, and let a real model ask.

Everything goes the way a host goes: the server is a child process that speaks MCP over stdio.
Run it with `make demo`; it keeps its data in `.demo/`, so a second run takes seconds.
"""

from __future__ import annotations

import json
import os
import sys
import time
from contextlib import ExitStack, aclosing, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
from mcp import Client, StdioServerParameters

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))  # for the developers' scripts that fetch and serve a model

from tests.tools.fetch_model import FetchImpossible
from tests.tools.model_server import model_server

from hades_mcp.agents.definition import load_agent
from hades_mcp.agents.run import run
from hades_mcp.agents.toolbox import MCPToolbox
from hades_mcp.cli.showing import TextView
from hades_mcp.config import load_settings
from hades_mcp.errors import HadesError
from hades_mcp.models.registry import open_model
from hades_mcp.workspace import open_workspace

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from hades_mcp.config import Settings

    Visit = Callable[[Client, Settings], Awaitable[None]]

HOME = Path(os.environ.get("HADES_HOME") or ROOT / ".demo")
SHOWN = 220
"""Characters of an answer that are printed."""

FAILURES: list[str] = []
"""What went wrong; the rest still runs."""

QUESTIONS = (
    "Which class sends the HTTP requests?",
    "Which methods does the class arango.http.HTTPClient contain?",
    "How many documents of kind 'class' are stored? Count them with AQL.",
)


def say(text: str = "") -> None:
    """Print a line at once, whoever reads."""
    print(text, flush=True)


@contextmanager
def step(title: str) -> Iterator[None]:
    """Print what begins, and how long it took."""
    say(f"\n── {title}")
    started = time.monotonic()
    yield
    say(f"   ({time.monotonic() - started:.1f} s)")


class Progress:
    """A line every tenth of the way, so that it reads well in a log too."""

    def __init__(self) -> None:
        self._shown = -1

    def __call__(self, done: int, total: int, what: str) -> None:
        """Say how far it is."""
        tenth = 10 * done // max(total, 1)
        if tenth != self._shown:
            self._shown = tenth
            say(f"   {done}/{total} {what}")


def ingest(settings: Settings) -> None:
    """Store the source of an installed package and this project's own docs."""
    spec = find_spec("arango")
    package = Path(str(spec.origin)).parent if spec else ROOT / "src"
    with open_workspace(settings) as workspace:
        report = workspace.documents.ingest([package, ROOT / "docs"], progress=Progress())
    say(
        f"   {report.added} added, {report.updated} updated, {report.unchanged} unchanged, "
        f"{report.removed} removed, {len(report.skipped)} skipped"
    )


async def call(client: Client, name: str, **arguments: Any) -> Any:
    """Call one tool and print the call and the start of its answer."""
    result = await client.call_tool(name, arguments)
    text = "".join(getattr(part, "text", "") for part in result.content)
    shown = ", ".join(f"{key}={json.dumps(value)}" for key, value in arguments.items())
    say(f"   → {name}({shown})")
    say(f"     {text[:SHOWN]}{'…' if len(text) > SHOWN else ''}")
    if result.is_error:
        FAILURES.append(f"{name}: {text}")
    return json.loads(text)


async def tour(client: Client, settings: Settings) -> None:
    """Use each kind of tool once, as a host would."""
    del settings
    with step("The tools the server offers"):
        tools = (await client.list_tools()).tools
        say("   " + ", ".join(tool.name for tool in tools))
    with step("A context: add, get, clear"):
        await call(client, "context_add", context="demo", content="The driver under study: arango.")
        await call(client, "context_get", context="demo")
        await call(client, "context_clear", context="demo")
    with step("Search by meaning"):
        found = await call(client, "search", text="send a request and retry it on failure", limit=3)
    with step("Walk the graph from the best hit"):
        hit = found["hits"][0]["id"]
        await call(client, "graph_traverse", start=hit, depth=1, direction="any", limit=5)
    with step("AQL with bind variables"):
        await call(
            client,
            "aql_read",
            query=(
                "FOR d IN documents FILTER d.kind == @kind "
                "COLLECT source = d.source WITH COUNT INTO n "
                "SORT n DESC LIMIT 3 RETURN {source, n}"
            ),
            bind_vars={"kind": "method"},
        )


@contextmanager
def model(settings: Settings) -> Iterator[str | None]:
    """Yield the URL of a model server: the one that is set, one started here, or None."""
    if "HADES_MODEL_URL" in os.environ:
        yield settings.model_url
        return
    try:
        with ExitStack() as stack:
            with step("Start a real Qwen2.5-Coder 0.5B (fetched once, 0.5 GB)"):
                url = stack.enter_context(model_server())
            yield url
    except FetchImpossible as reason:
        say(f"   No model to ask: {reason}")
        say("   Everything else works without one. With one: HADES_MODEL_URL=… make demo")
        yield None


async def ask(client: Client, settings: Settings) -> None:
    """Let the agent answer the questions through the server's own tools."""
    agent = load_agent(settings.home, settings.agent)
    tools, view = MCPToolbox(client), TextView(live=False, quiet=False)
    with open_workspace(settings, preload=False) as workspace:
        for question in QUESTIONS:
            with step(f"Ask: {question}"):
                async with (
                    open_model(settings) as model,
                    aclosing(
                        run(
                            agent,
                            question,
                            model=model,
                            toolbox=tools,
                            recorder=workspace.recorder,
                        )
                    ) as events,
                ):
                    async for event in events:
                        view.show(event)


async def as_a_host(settings: Settings, visit: Visit) -> None:
    """Start the server as a child process, as Claude Desktop does, and visit it."""
    server = StdioServerParameters(
        command=sys.executable,
        args=["-m", "hades_mcp", "serve"],
        env=os.environ | {"HADES_HOME": str(settings.home)},
    )
    async with Client(server) as client:
        await visit(client, settings)


def demo() -> None:
    """Run all of it."""
    settings = load_settings(home=HOME)
    with step(f"Ingest real code and docs into {settings.home}"):
        ingest(settings)
    anyio.run(as_a_host, settings, tour)
    with model(settings) as url:
        if url:
            anyio.run(as_a_host, load_settings(home=HOME, model_url=url), ask)
    say(f"\nEvery call and run is recorded in {settings.home / 'traces.sqlite'}. Next:")
    for line in ("traces list", 'search "open a transaction"', "doctor", "serve"):
        say(f"   {Path(sys.executable).with_name('hades')} --home {settings.home} {line}")


if __name__ == "__main__":
    try:
        demo()
    except HadesError as error:
        FAILURES.append(str(error))
    sys.exit("\n".join(f"demo: {failure}" for failure in FAILURES) or 0)
