"""CPU time that an agent's loop takes per step beyond its model: HADES, pydantic-ai, openai-agents.

A server on loopback says the same to all: four native calls, one after another, then an answer;
eight tools are offered. What counts is the processor time of the agent's own process (its HTTP
client included, the server not), in milliseconds per model response. The rivals may live in a
Python of their own (`--python`); those that are not installed are left out.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module, metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

RESULTS = Path(__file__).parent / "results"
CALLS, TOOLS, RUNS, WARM, ROUNDS = 4, 8, 30, 5, 3
STEPS = CALLS + 1
QUESTION = "How many books are there on rivers?"
INSTRUCTIONS = "You look things up in a library and answer from what you found. " * 8
ANSWER = "There are five books on rivers, Book 1 among them."
WORDS = ANSWER.split(" ")
ROWS = [
    {"id": f"documents/{n}", "title": f"Book {n}", "snippet": "the water of the river " * 5}
    for n in range(5)
]
FOUND = json.dumps({"rows": ROWS})


class Model(BaseHTTPRequestHandler):
    """Speaks the wire format of chat completions, streamed or not."""

    protocol_version = "HTTP/1.1"
    wbufsize = 65536  # one packet a reply: nobody waits for the other's acknowledgement

    def do_POST(self) -> None:
        """Reply to one request."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        made = sum(message["role"] == "tool" for message in body["messages"])
        said: dict[str, Any] = {"role": "assistant", "content": ANSWER}
        if made < CALLS:
            function = {"name": "find_0", "arguments": json.dumps({"title": f"Book {made}"})}
            call = {"id": f"call_{made}", "type": "function", "index": 0, "function": function}
            said = {"role": "assistant", "content": None, "tool_calls": [call]}
        usage = {"prompt_tokens": 900, "completion_tokens": 20, "total_tokens": 920}
        reason = "tool_calls" if made < CALLS else "stop"
        whole: dict[str, Any] = {"id": "c", "object": "chat.completion", "created": 1, "model": "m"}
        if not body.get("stream"):
            choice = {"index": 0, "message": said, "finish_reason": reason}
            self._send(
                "application/json", json.dumps(whole | {"choices": [choice], "usage": usage})
            )
            return
        pieces = [said] if made < CALLS else [{"content": f"{word} "} for word in WORDS]
        events: list[dict[str, Any]] = [
            *({"choices": [{"index": 0, "delta": one, "finish_reason": None}]} for one in pieces),
            {"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]},
            {"choices": [], "usage": usage},
        ]
        chunk = whole | {"object": "chat.completion.chunk"}
        lines = "".join(f"data: {json.dumps(chunk | event)}\n\n" for event in events)
        self._send("text/event-stream", f"{lines}data: [DONE]\n\n")

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _send(self, kind: str, text: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())


def client(url: str, *, streamed: bool) -> Callable[[], Awaitable[str]]:
    """Return the requests alone, by the client that all contestants use: what no loop can save."""
    openai = import_module("openai").AsyncOpenAI(base_url=url, api_key="none")
    schema = {"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]}
    about = {"description": "Find books by title.", "parameters": schema}
    tools = [{"type": "function", "function": about | {"name": f"find_{n}"}} for n in range(TOOLS)]
    start = [
        {"role": "system", "content": INSTRUCTIONS},
        {"role": "user", "content": QUESTION},
    ]

    async def once() -> str:
        messages, text = list(start), ""
        for step in range(STEPS):
            asked = {"model": "m", "messages": messages, "tools": tools}
            if streamed:
                options = {"include_usage": True}
                stream = openai.chat.completions.create(
                    **asked, stream=True, stream_options=options
                )
                async for chunk in await stream:
                    text += (chunk.choices[0].delta.content or "") if chunk.choices else ""
            else:
                reply = await openai.chat.completions.create(**asked)
                text = reply.choices[0].message.content or ""
            function = {"name": "find_0", "arguments": json.dumps({"title": f"Book {step}"})}
            call = {"id": f"call_{step}", "type": "function", "function": function}
            messages += [
                {"role": "assistant", "content": None, "tool_calls": [call]},  # type: ignore[dict-item]
                {"role": "tool", "tool_call_id": call["id"], "content": FOUND},  # type: ignore[dict-item]
            ]
        return text

    return once


def hades(url: str, folder: Path | None) -> Callable[[], Awaitable[str]]:
    """Return a run of ours; with a folder it is recorded there."""
    messages = import_module("hades_mcp.messages")
    definition = import_module("hades_mcp.agents.definition")
    events = import_module("hades_mcp.agents.events")
    run = import_module("hades_mcp.agents.run").run
    compatible = import_module("hades_mcp.models.openai_compatible")
    model = compatible.OpenAICompatibleModel(url, "m", context_window=8192)
    recorder = None
    if folder is not None:
        store = import_module("hades_mcp.traces.store").TraceStore(folder / "traces.sqlite")
        recorder = import_module("hades_mcp.traces.recorder").Recorder(store)
    schema = {"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]}
    reads = messages.ToolAnnotations(read_only=True, destructive=False)
    specs = [
        messages.ToolSpec(f"find_{n}", "Find books by title.", schema, reads) for n in range(TOOLS)
    ]
    agent = definition.AgentDefinition("a", "", INSTRUCTIONS, tuple(one.name for one in specs))

    class Box:
        async def specs(self) -> Any:
            return specs

        async def call(self, call: Any) -> Any:
            return messages.ToolResult(call.id, call.name, FOUND)

    async def once() -> str:
        answer = ""
        stream = run(agent, QUESTION, model=model, toolbox=Box(), recorder=recorder)
        async for event in stream:
            if isinstance(event, events.RunFinished):
                answer = event.answer
        return answer

    return once


def pydantic_ai(url: str, *, streamed: bool) -> Callable[[], Awaitable[str]]:
    """Return a run of pydantic-ai's agent."""
    rival = import_module("pydantic_ai")
    models = import_module("pydantic_ai.models.openai")
    providers = import_module("pydantic_ai.providers.openai")
    provider = providers.OpenAIProvider(base_url=url, api_key="none")
    model = models.OpenAIChatModel("m", provider=provider)
    tools = [rival.Tool(_finder(n), takes_ctx=False) for n in range(TOOLS)]
    agent = rival.Agent(model, instructions=INSTRUCTIONS, tools=tools)

    async def once() -> str:
        if not streamed:
            return str((await agent.run(QUESTION)).output)
        async with agent.iter(QUESTION) as run:
            async for node in run:
                if rival.Agent.is_model_request_node(node):
                    async with node.stream(run.ctx) as events:
                        async for _ in events:
                            pass
            return str(run.result.output)

    return once


def openai_agents(url: str, *, streamed: bool) -> Callable[[], Awaitable[str]]:
    """Return a run of the OpenAI Agents SDK, its tracing off."""
    rival = import_module("agents")
    rival.set_tracing_disabled(disabled=True)
    client = import_module("openai").AsyncOpenAI(base_url=url, api_key="none")
    model = rival.OpenAIChatCompletionsModel(model="m", openai_client=client)
    tools = [rival.function_tool(_finder(n)) for n in range(TOOLS)]
    agent = rival.Agent(name="a", instructions=INSTRUCTIONS, model=model, tools=tools)

    async def once() -> str:
        if not streamed:
            return str((await rival.Runner.run(agent, QUESTION)).final_output)
        result = rival.Runner.run_streamed(agent, QUESTION)
        async for _ in result.stream_events():
            pass
        return str(result.final_output)

    return once


def _finder(number: int) -> Any:
    async def find(title: str) -> str:
        del title
        return FOUND

    find.__name__ = f"find_{number}"
    find.__doc__ = "Find books by title."
    # The rivals read annotations; here they are texts.
    find.__annotations__ = {"title": str, "return": str}
    return find


CONTESTANTS: dict[str, Callable[[str, Path], Callable[[], Awaitable[str]]]] = {
    "client alone": lambda url, _: client(url, streamed=False),
    "client alone, streamed": lambda url, _: client(url, streamed=True),
    "hades": lambda url, _: hades(url, None),
    "hades, recorded": hades,
    "pydantic-ai": lambda url, _: pydantic_ai(url, streamed=False),
    "pydantic-ai, streamed": lambda url, _: pydantic_ai(url, streamed=True),
    "openai-agents": lambda url, _: openai_agents(url, streamed=False),
    "openai-agents, streamed": lambda url, _: openai_agents(url, streamed=True),
}
PACKAGES = {
    "client alone": "openai",
    "hades": "hades-mcp",
    "pydantic-ai": "pydantic-ai-slim",
    "openai-agents": "openai-agents",
}


def contest(name: str, url: str) -> None:
    """Run one contestant in this process and print its milliseconds per step."""
    import asyncio  # noqa: PLC0415  only here

    async def measure(once: Callable[[], Awaitable[str]]) -> float:
        for _ in range(WARM):
            assert (await once()).strip() == ANSWER
        started = time.process_time()
        for _ in range(RUNS):
            await once()
        return (time.process_time() - started) * 1000 / (RUNS * STEPS)

    with tempfile.TemporaryDirectory() as folder:
        taken = asyncio.run(measure(CONTESTANTS[name](url, Path(folder))))
    version = metadata.version(PACKAGES[name.partition(",")[0]])
    sys.stdout.write(json.dumps({"milliseconds": taken, "version": version}))


def main() -> None:
    """Let each contestant run in turn, several rounds, and keep the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", default=sys.executable, help="the Python of the rivals")
    parser.add_argument("--contestant", help=argparse.SUPPRESS)
    parser.add_argument("--url", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.contestant:
        contest(given.contestant, given.url)
        return
    server = ThreadingHTTPServer(("127.0.0.1", 0), Model)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/v1"
    taken: dict[str, list[float]] = {name: [] for name in CONTESTANTS}
    versions: dict[str, str] = {}
    for _ in range(ROUNDS):
        for name in CONTESTANTS:
            python = sys.executable if name.startswith("hades") else given.python
            command = [python, __file__, "--contestant", name, "--url", url]
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
            if "ModuleNotFoundError" in done.stderr and not name.startswith("hades"):
                continue  # a rival that is not installed
            if done.returncode:
                sys.exit(f"{name}: {done.stderr[-2000:]}")
            told = json.loads(done.stdout)
            taken[name].append(told["milliseconds"])
            versions[name.partition(",")[0]] = told["version"]
    server.shutdown()
    server.server_close()
    result = {
        "measured": datetime.now(UTC).strftime("%Y-%m-%d"),
        "machine": platform.machine(),
        "python": platform.python_version(),
        "steps": STEPS,
        "tools": TOOLS,
        "versions": versions,
        "cpu_ms_per_step": {
            name: round(statistics.median(each), 2) for name, each in taken.items()
        },
        "least": {name: round(min(each), 2) for name, each in taken.items() if each},
    }
    text = json.dumps(result, indent=2)
    (RESULTS / "agent_step.json").write_text(f"{text}\n", encoding="utf-8")
    sys.stdout.write(f"{text}\n")


if __name__ == "__main__":
    main()
