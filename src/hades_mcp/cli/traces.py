"""`hades traces`: what was recorded of runs and calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from hades_mcp.cli.app import settings
from hades_mcp.cli.output import echo_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hades_mcp.traces.records import Observation, Step, Trace
    from hades_mcp.traces.store import TraceStore

WIDTH = 100


@click.group("traces")
def command() -> None:
    """List and show recorded runs, and calls from outside."""


@command.command("list")
@click.option("--limit", "-n", type=click.IntRange(min=1), default=20, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON trace a line.")
@click.pass_context
def list_traces(ctx: click.Context, limit: int, *, as_json: bool) -> None:
    """List the newest runs and calls, newest first."""
    from dataclasses import asdict

    store = _store(ctx)
    try:
        summaries = store.list(limit)
    finally:
        store.close()
    for summary in summaries:
        if as_json:
            echo_json(asdict(summary))
        else:
            head = f"{summary.id[:8]}  {summary.started[:19]}  {summary.status:<11}"
            click.echo(f"{head} {summary.agent:<10} {summary.steps:>3} steps  {summary.title}")
    if not summaries:
        click.echo('hades: nothing is recorded yet; `hades ask "…"` records a run.', err=True)


@command.command("show")
@click.argument("trace")
@click.option("--json", "as_json", is_flag=True, help="The whole record, as ATIF JSON.")
@click.pass_context
def show_trace(ctx: click.Context, trace: str, *, as_json: bool) -> None:
    """Show one of them; the first characters of its id are enough."""
    store = _store(ctx)
    try:
        found = store.get(trace)
    finally:
        store.close()
    if as_json:
        from hades_mcp.traces.atif import to_atif

        echo_json(to_atif(found))
        return
    for line in _lines(found):
        click.echo(line)


def _store(ctx: click.Context) -> TraceStore:
    from hades_mcp.traces.store import TraceStore

    return TraceStore(settings(ctx).home / "traces.sqlite")


def _lines(trace: Trace) -> Iterator[str]:
    header = trace.header
    yield f"{trace.id}  {trace.status}  {header.agent}  {header.model}".rstrip()
    yield f"started {header.started}  finished {trace.finished or '-'}"
    examples = sum(bool(step.hades.get("example")) for step in trace.steps)
    for number, step in enumerate(trace.steps, 1):
        if not step.hades.get("example"):
            yield from _step(number, step)
        elif number == 1 or not trace.steps[number - 2].hades.get("example"):
            yield f"    {examples} example turns; --json shows them"
    usage = trace.usage
    if usage.prompt_tokens:
        yield (
            f"tokens: {usage.prompt_tokens} in ({usage.cached_tokens} cached), "
            f"{usage.completion_tokens} out"
        )


def _step(number: int, step: Step) -> Iterator[str]:
    yield f"{number:>3} {step.source:<7} {_short(step.message)}".rstrip()
    results = {observation.result.call_id: observation for observation in step.observations}
    for call in step.calls:
        yield f"      → {call.name}({_short(str(call.arguments or call.raw_arguments))})"
        if call.id in results:
            yield _result(results[call.id])


def _result(observation: Observation) -> str:
    mark = "✗" if observation.result.is_error else "←"
    return f"      {mark} {_short(observation.result.content)}"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= WIDTH else line[: WIDTH - 1] + "…"
