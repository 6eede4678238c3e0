"""`hades ask`: let an agent answer a question through the tools, and show each call."""

from __future__ import annotations

import json
import sys
from contextlib import aclosing
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from hades_mcp.cli.app import settings
from hades_mcp.cli.output import echo_json

if TYPE_CHECKING:
    from hades_mcp.agents.events import RunEvent, RunFinished
    from hades_mcp.agents.toolbox import Toolbox
    from hades_mcp.config import Settings
    from hades_mcp.messages import ToolCall
    from hades_mcp.traces.recorder import Recorder

WIDTH = 200


@click.command("ask")
@click.argument("question")
@click.option("--agent", help="Who answers: the name of a file in agents/ [env: HADES_AGENT].")
@click.option("--model-url", help="OpenAI-compatible model server [env: HADES_MODEL_URL].")
@click.option("--model", "model_name", help="Model to ask for [env: HADES_MODEL_NAME].")
@click.option("--yes", is_flag=True, help="Approve calls that change data without asking.")
@click.option("--json", "as_json", is_flag=True, help="One JSON event a line.")
@click.pass_context
def command(ctx: click.Context, /, question: str, *, yes: bool, as_json: bool, **flags: Any) -> int:
    """Answer QUESTION ('-' reads it from standard input); exit code 1 without an answer.

    The answer goes to standard output, the calls to standard error.
    """
    import anyio

    loaded = settings(ctx, **flags)
    text = sys.stdin.read() if question == "-" else question
    if not text.strip():
        raise click.BadParameter("The question is empty.", param_hint="QUESTION")
    finished: RunFinished = anyio.run(_ask, loaded, text, yes, as_json)
    return 0 if finished.stop_reason == "answered" else 1


async def _ask(loaded: Settings, question: str, yes: bool, as_json: bool) -> RunFinished:  # noqa: FBT001  anyio.run passes positions
    from hades_mcp.agents.toolbox import LocalToolbox
    from hades_mcp.tools.toolset import Toolset
    from hades_mcp.workspace import open_workspace

    with open_workspace(loaded) as workspace:
        toolbox = LocalToolbox(Toolset(workspace))
        return await answer(
            loaded, question, toolbox, workspace.recorder, approve=yes, as_json=as_json
        )


async def answer(
    loaded: Settings,
    question: str,
    toolbox: Toolbox,
    recorder: Recorder,
    *,
    approve: bool = False,
    as_json: bool = False,
) -> RunFinished:
    """Run the settings' agent on one question and print what happens.

    Args:
        loaded: Names the agent and the model server.
        question: What is asked.
        toolbox: The tools, in process or over MCP.
        recorder: Where the run is recorded.
        approve: Approve calls that change data without asking a person.
        as_json: Print events as JSON lines instead of text.

    Raises:
        Unavailable: No model server answers.
    """
    from hades_mcp.agents.approval import approve_all
    from hades_mcp.agents.definition import load_agent
    from hades_mcp.agents.events import RunFinished
    from hades_mcp.agents.run import run
    from hades_mcp.models.registry import open_model

    agent = load_agent(loaded.home, loaded.agent)
    show = _show_json if as_json else _show
    async with open_model(loaded) as model:
        events = run(
            agent,
            question,
            model=model,
            toolbox=toolbox,
            recorder=recorder,
            approve=approve_all if approve else _ask_person,
        )
        async with aclosing(events):
            async for event in events:
                show(event)
                if isinstance(event, RunFinished):
                    return event
    raise click.ClickException("The run ended without an answer.")


async def _ask_person(call: ToolCall, reason: str) -> bool:
    """Ask on the terminal; nobody there means no."""
    import anyio.to_thread

    if not sys.stdin.isatty():
        click.echo(f"hades: {call.name} was denied: nobody to ask (use --yes).", err=True)
        return False
    prompt = f"{reason} Make the call {call.name}({_arguments(call)})?"
    return await anyio.to_thread.run_sync(lambda: click.confirm(prompt, err=True))


def _show(event: RunEvent) -> None:
    from hades_mcp.agents.events import RunFinished, RunStarted, ToolCalled, ToolReturned

    match event:
        case RunStarted():
            click.echo(f"  {event.agent} on {event.model}", err=True)
        case ToolCalled(call):
            channel = "" if call.channel == "native" else f"  [{call.channel}]"
            click.echo(f"  → {call.name}({_arguments(call)}){channel}", err=True)
        case ToolReturned(result):
            mark = "✗" if result.is_error else "←"
            click.echo(f"  {mark} {_short(result.content)}", err=True)
        case RunFinished():
            click.echo(event.answer)
            usage = event.usage
            click.echo(
                f"  {event.stop_reason} after {event.steps} steps, {usage.prompt_tokens} tokens in "
                f"({usage.cached_tokens} cached), {usage.completion_tokens} out; "
                f"hades traces show {event.trace_id[:8]}",
                err=True,
            )


def _show_json(event: RunEvent) -> None:
    echo_json({"event": _snake(type(event).__name__), **asdict(event)})


def _snake(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")


def _arguments(call: ToolCall) -> str:
    if call.arguments is None:
        return _short(call.raw_arguments)
    pairs = (f"{key}={json.dumps(value)}" for key, value in call.arguments.items())
    return _short(", ".join(pairs))


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= WIDTH else line[: WIDTH - 1] + "…"
