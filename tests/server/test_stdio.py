"""The server as a process: ready at once, deaf to noise, gone when told."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from mcp import Client, StdioServerParameters
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from hades_mcp.messages import ToolCall
from hades_mcp.traces.recorder import Recorder
from hades_mcp.traces.store import TraceStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from queue import Queue

pytestmark = pytest.mark.anyio

SERVE = """
import sys, time
from dataclasses import replace
from pathlib import Path
from hades_mcp.config import Settings
from hades_mcp.logging import setup_logging
from hades_mcp.server import stdio
from hades_mcp.tools.definition import tool

setup_logging()

@tool(title="Pollute")
def pollute(workspace, seconds: float = 0.0):
    "Print, and take a while."
    import os, subprocess
    print("noise from print", flush=True)
    os.write(1, b"noise from the descriptor\\n")
    subprocess.run(["echo", "noise from a child"], check=True)
    print("started", file=sys.stderr, flush=True)
    time.sleep(seconds)
    return {"polluted": True}

shipped = stdio.load_tools
def with_pollution(home):
    found = shipped(home)
    return replace(found, tools=(*found.tools, pollute))

stdio.load_tools = with_pollution
stdio.serve_stdio(Settings(home=Path(sys.argv[1])))
"""
HELLO = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    },
}
LIST = {
    "jsonrpc": "2.0",
    "id": 3,
    "method": "tools/call",
    "params": {"name": "context_list", "arguments": {}},
}


def parameters(home: Path, **environment: str) -> StdioServerParameters:
    return StdioServerParameters(
        command=sys.executable, args=["-c", SERVE, str(home)], env=environment
    )


class Server:
    """A server process, spoken to by hand."""

    def __init__(self, home: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", SERVE, str(home)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.ask(HELLO)
        self.send({"jsonrpc": "2.0", "method": "notifications/initialized"})

    def send(self, message: dict[str, Any]) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(message) + "\n")
        self.process.stdin.flush()

    def ask(self, message: dict[str, Any]) -> dict[str, Any]:
        assert self.process.stdout is not None
        self.send(message)
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        assert answer["id"] == message["id"]
        return answer

    def begin(self, seconds: float) -> None:
        """Start a call that takes a while, and wait until its tool runs."""
        assert self.process.stderr is not None
        arguments = {"name": "pollute", "arguments": {"seconds": seconds}}
        self.send({"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": arguments})
        line = self.process.stderr.readline()
        while "started" not in line:
            assert line, "the server is gone"
            line = self.process.stderr.readline()


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path / "home")
    yield server
    server.process.kill()
    with server.process:
        pass


async def test_a_real_client_works_through_noise_on_stdout(tmp_path: Path, mode: Any) -> None:
    async with Client(parameters(tmp_path / "home"), mode=mode) as client:
        assert len((await client.list_tools()).tools) > 5
        added = await client.call_tool("context_add", {"context": "c", "content": "remember"})
        assert not added.is_error, added.content
        polluted = await client.call_tool("pollute", {})
        assert "polluted" in str(polluted.content)
        assert "noise" not in str(polluted.content)
        found = await client.call_tool("context_get", {"context": "c"})
        assert "remember" in str(found.content)


async def test_spans_of_client_and_server_are_one_trace(
    tmp_path: Path, collector: tuple[str, Queue[bytes]]
) -> None:
    url, received = collector
    store = TraceStore(tmp_path / "traces.sqlite")
    recorder = Recorder(store)
    server = parameters(tmp_path, HADES_OTLP_ENDPOINT=url, OTEL_BSP_SCHEDULE_DELAY="10")
    async with Client(server) as client:
        with recorder.run("librarian") as run, run.tool(ToolCall("c1", "context_list", {})):
            assert not (await client.call_tool("context_list", {})).is_error
        body = await anyio.to_thread.run_sync(lambda: received.get(timeout=60))
    recorder.close()
    assert [trace.kind for trace in store.list()] == ["run"]
    store.close()
    spans = [
        span
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]
    assert [(span.name, span.trace_id.hex()) for span in spans] == [
        ("execute_tool context_list", run.trace_id)
    ]


@pytest.mark.parametrize(
    ("end", "busy"),
    [("eof", False), ("eof", True), ("SIGTERM", True), ("SIGINT", False), ("host dies", False)],
)
def test_the_server_leaves_promptly_and_cleanly(process: Server, end: str, busy: bool) -> None:
    if busy:
        process.begin(seconds=300)
    else:
        assert "result" in process.ask(LIST)
    assert process.process.stdin is not None
    assert process.process.stdout is not None
    match end:
        case "eof":
            process.process.stdin.close()
        case "host dies":
            process.process.stdout.close()
            process.send(LIST)  # its answer finds nobody
            process.process.stdin.close()
        case _:
            process.process.send_signal(getattr(signal, end))
    assert process.process.wait(timeout=30) == 0
    assert process.process.stderr is not None
    assert "Traceback" not in process.process.stderr.read()


def test_a_host_may_speak_over_sockets_as_node_does(tmp_path: Path) -> None:
    ours, stdin = socket.socketpair()
    answers, stdout = socket.socketpair()
    with ours, answers:
        with stdin, stdout:
            server = subprocess.Popen(
                [sys.executable, "-c", SERVE, str(tmp_path)],
                stdin=stdin.fileno(),
                stdout=stdout.fileno(),
            )
        long = LIST | {"params": {"name": "context_list", "arguments": {"x": "y" * 300_000}}}
        for message in (HELLO, long):
            ours.sendall(json.dumps(message).encode() + b"\n")
        with answers.makefile(encoding="utf-8") as lines:
            assert [json.loads(next(lines))["id"] for _ in range(2)] == [1, 3]
        ours.shutdown(socket.SHUT_WR)
        assert server.wait(30) == 0


def test_requests_may_come_from_a_file(tmp_path: Path) -> None:
    requests = tmp_path / "requests.jsonl"
    requests.write_text(json.dumps(HELLO))
    with requests.open() as stdin:
        answered = subprocess.run(
            [sys.executable, "-c", SERVE, str(tmp_path)],
            stdin=stdin,
            capture_output=True,
            text=True,
            check=True,
        )
    assert json.loads(answered.stdout)["id"] == 1


async def test_answers_longer_than_a_pipe_holds_arrive_whole(tmp_path: Path) -> None:
    async with Client(parameters(tmp_path, HADES_RESULT_TOKENS="1000000")) as client:
        unknown = "x" * 300_000
        result = await client.call_tool("schema", {unknown: 1})
    assert unknown in str(result.content)


async def test_a_workspace_that_cannot_open_is_each_calls_answer(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "databases").write_text("in the way")
    async with Client(parameters(tmp_path / "home")) as client:
        assert (await client.list_tools()).tools
        for _ in range(2):
            result = await client.call_tool("schema", {})
            assert result.is_error
            assert "cannot be used" in str(result.content)
        (tmp_path / "home" / "databases").unlink()
        result = await client.call_tool("schema", {})
        assert not result.is_error, result.content


async def test_a_broken_user_tool_is_left_out_and_the_host_is_told_why(
    tmp_path: Path, mode: Any
) -> None:
    (tmp_path / "tools").mkdir()
    for name in ("mine", "other"):
        (tmp_path / "tools" / f"{name}.toml").write_text("name = 1")
    async with Client(parameters(tmp_path), mode=mode) as client:
        assert "callers" in {tool.name for tool in (await client.list_tools()).tools}
        assert not (await client.call_tool("context_list", {})).is_error
        assert client.instructions is not None
        assert "left out until they mend its file: tools/mine.toml: name:" in client.instructions
        assert "and 1 more: hades doctor" in client.instructions
