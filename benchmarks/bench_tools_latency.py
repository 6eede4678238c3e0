"""Milliseconds of each tool call over stdio beside a bare echo tool, and what the server holds.

Two servers run at once: ours, on a folder of 300 notes, and one of the same SDK whose only tool
gives back what it gets. Each round asks both in turn, so that a drift of the machine meets them
alike; the client is the SDK's own. The processor time of a call is all its server used until its
next one, what is done in the background included. Memory is what the kernel calls resident.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
from mcp import Client, StdioServerParameters

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

ROUNDS = 200
WARM_UP = 5
NOTES = 300
CALLS_AT_ONCE = 8
GOAL = 1.5
"""Times the echo that a point tool may take."""
RESULTS = Path(__file__).parent / "results"
ECHO = """
import anyio
from mcp import types
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server

async def list_tools(context, params):
    schema = {"type": "object", "properties": {"text": {"type": "string"}}}
    return types.ListToolsResult(tools=[types.Tool(name="echo", input_schema=schema)])

async def call_tool(context, params):
    text = types.TextContent(type="text", text=params.arguments["text"])
    return types.CallToolResult(content=[text])

async def serve():
    server = Server("echo", on_list_tools=list_tools, on_call_tool=call_tool)
    async with stdio_server() as (incoming, outgoing):
        await server.run(incoming, outgoing, server.create_initialization_options())

anyio.run(serve)
"""
# A call of each tool with the form of its answer; `point` ones look up or store one thing.
CALLS: dict[str, tuple[bool, dict[str, Any]]] = {
    "document_get": (True, {"document": "Note 7"}),
    "context_add": (False, {"context": "bench", "content": "The oven is cold on Mondays."}),
    "context_get": (True, {"context": "kept"}),
    "context_list": (True, {}),
    "graph_neighbours": (True, {"document": "Note 7"}),
    "graph_traverse": (True, {"start": "Note 7", "depth": 1}),
    "graph_path": (False, {"start": "Note 7", "target": "Note 50"}),
    "graph_relate": (True, {"start": "Note 7", "target": "Note 9", "kind": "like"}),
    "schema": (False, {}),
    "aql_read": (
        True,
        {
            "query": "FOR d IN documents FILTER d.title == @title RETURN d.title",
            "bind_vars": {"title": "Note 7"},
        },
    ),
    "aql_explain": (False, {"query": "FOR d IN documents RETURN d"}),
    "search": (False, {"text": "an oven fired with wood", "limit": 5}),
}


def resident(pid: int) -> int:
    """Return the megabytes of a process that are in memory."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) // 1024


def cpu(pid: int) -> float:
    """Return the milliseconds of processor time a process has used."""
    tasks = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(task.read_text(encoding="utf-8").split()[0]) for task in tasks) / 1e6


def children() -> set[int]:
    """Return the processes this one has started."""
    found = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children")
    return {int(pid) for pid in found.read_text(encoding="utf-8").split()}


@asynccontextmanager
async def started(*arguments: str) -> AsyncIterator[tuple[Client, int]]:
    """Start a server; give a client of it and its process."""
    before = children()
    command = {"command": sys.executable, "args": list(arguments)}
    server = StdioServerParameters(**command, env=dict(os.environ))
    async with Client(server) as client:
        await client.list_tools()
        yield client, next(iter(children() - before))


async def ask(client: Client, tool: str, arguments: dict[str, Any]) -> float:
    """Make one call that must succeed; return its milliseconds."""
    begun = time.perf_counter()
    result = await client.call_tool(tool, arguments)
    spent = (time.perf_counter() - begun) * 1000
    assert not result.is_error, (tool, result.content)
    return spent


def ingest(home: Path) -> None:
    """Write and ingest notes that refer to each other."""
    notes = home.parent / "notes"
    notes.mkdir()
    for number in range(NOTES):
        after = (number * 7 + 1) % NOTES
        text = f"# Note {number}\n\nOf oven {number}. See [the next](note{after}.md).\n"
        (notes / f"note{number}.md").write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "hades_mcp", "--home", str(home), "ingest", str(notes)]
    subprocess.run(command, check=True, capture_output=True)


@dataclass
class Asked:
    """The calls of one server, in order.

    Args:
        client: Its client.
        pid: Its process.
    """

    client: Client
    pid: int
    calls: list[tuple[str, float, float]] = field(default_factory=list)

    async def ask(self, name: str, tool: str, arguments: dict[str, Any]) -> None:
        """Make a call, and keep its name, its milliseconds, and the processor time before it."""
        before = cpu(self.pid)
        self.calls.append((name, await ask(self.client, tool, arguments), before))

    def figures(self) -> dict[str, dict[str, float]]:
        """Return, by name, median and 99th percentile, and mean processor time."""
        until = [before for _, _, before in self.calls[1:]] + [cpu(self.pid)]
        found: dict[str, list[tuple[float, float]]] = {}
        for (name, spent, before), after in zip(self.calls, until, strict=True):
            found.setdefault(name, []).append((spent, after - before))
        return {name: _figures(measured[WARM_UP:]) for name, measured in found.items()}


def _figures(measured: list[tuple[float, float]]) -> dict[str, float]:
    cuts = statistics.quantiles([spent for spent, _ in measured], n=100)
    used = statistics.fmean(used for _, used in measured)
    figures = {"p10_ms": cuts[9], "p50_ms": cuts[49], "p99_ms": cuts[98], "cpu_ms": used}
    return {name: round(figure, 2) for name, figure in figures.items()}


async def measure(home: Path) -> dict[str, Any]:
    """Return latencies and memory."""
    hades = ("-m", "hades_mcp", "--home", str(home), "serve")
    async with started(*hades) as (ours, pid), started("-c", ECHO) as (echo, bare):
        await ask(ours, "context_list", {})
        memory = {"idle": resident(pid), "a bare server": resident(bare)}
        await ask(ours, "context_add", {"context": "kept", "content": "Flour is in the cellar."})
        memory["with the embedder"] = resident(pid)
        listed = {tool.name for tool in (await ours.list_tools()).tools}
        calls = {name: call for name, call in CALLS.items() if name in listed}
        asked, echoed = Asked(ours, pid), Asked(echo, bare)
        for _ in range(ROUNDS + WARM_UP):
            for name, (_, arguments) in calls.items():
                await echoed.ask("echo", "echo", {"text": json.dumps(arguments)})
                await asked.ask(name, name, arguments)
        rows: dict[str, dict[str, Any]] = {**echoed.figures(), **asked.figures()}
        async with anyio.create_task_group() as tasks:
            for _ in range(CALLS_AT_ONCE):
                tasks.start_soon(ask, ours, "search", {"text": "where is the oven " * 40})
        memory["after 8 long searches at once"] = resident(pid)
    bottom = rows["echo"]
    for name, row in rows.items():
        row["times_echo"] = round(row["p50_ms"] / bottom["p50_ms"], 2)
        row["best_times_echo"] = round(row["p10_ms"] / bottom["p10_ms"], 2)
        row["point"] = name in calls and calls[name][0]
    return {"calls": rows, "resident_mb": memory}


def main() -> None:
    """Measure, and write results/tools_latency.json."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        ingest(home)
        measured = anyio.run(measure, home)
    report = {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "python": platform.python_version(),
        "rounds": ROUNDS,
        "goal_times_echo_of_point_tools": GOAL,
        **measured,
    }
    text = json.dumps(report, indent=2) + "\n"
    (RESULTS / "tools_latency.json").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
