"""`hades contexts`: what is remembered, and what can be done with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from hades_mcp.cli.app import settings
from hades_mcp.cli.output import echo_json

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hades_mcp.services.contexts.records import ContextEntry, ContextInfo
    from hades_mcp.services.contexts.service import By

WIDTH = 100
_ACTIONS = ("context_clear", "context_ttl", "context_compact", "context_import")


@click.group("contexts")
def command() -> None:
    """List, show, move, compact and clear contexts."""


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON context a line.")
@click.pass_context
def list_contexts(ctx: click.Context, *, as_json: bool) -> None:
    """List all contexts, the one used last first."""
    from dataclasses import asdict

    from hades_mcp.workspace import open_workspace

    with open_workspace(settings(ctx), preload=False) as workspace:
        found = workspace.contexts.list()
    for context in found:
        if as_json:
            echo_json(asdict(context))
        else:
            click.echo(f"{context.name}  {_sizes(context)}  {context.updated[:19]}")
    if not found:
        click.echo("hades: nothing is remembered yet.", err=True)


@command.command("show")
@click.argument("context")
@click.option("--query", "-q", help="Entries that fit this, the best first.")
@click.option(
    "--by",
    type=click.Choice(["recency", "meaning", "both"]),
    help="By default both with a query, else recency.",
)
@click.option("--limit", "-n", type=click.IntRange(1, 100), help="How many entries at most.")
@click.option("--json", "as_json", is_flag=True, help="One JSON entry a line.")
@click.pass_context
def show_context(
    ctx: click.Context,
    context: str,
    query: str | None,
    by: By | None,
    limit: int | None,
    *,
    as_json: bool,
) -> None:
    """Show the entries of a context, with their trust and what they contradict."""
    from dataclasses import asdict

    from hades_mcp.workspace import open_workspace

    with open_workspace(settings(ctx), preload=query is not None) as workspace:
        about = workspace.contexts.show(context)
        found = workspace.contexts.get(
            context,
            query=query,
            by=by,
            limit=limit,
        )
    if not as_json:
        click.echo(f"{about.name}  {_sizes(about)}{_moves(about)}")
    for entry in found.entries:
        if as_json:
            echo_json(asdict(entry))
        else:
            click.echo(_entry(entry))
            for older in entry.contradicts:
                click.echo(f"    contradicts: {_short(older.content)}  ({older.time[:19]})")
    if found.omitted:
        click.echo(f"hades: {found.omitted} entries are not shown; --query finds them.", err=True)


@command.command("export")
@click.argument("context")
@click.pass_context
def export_context(ctx: click.Context, context: str) -> None:
    """Print a context as JSON Lines."""
    from hades_mcp.workspace import open_workspace

    with open_workspace(settings(ctx), preload=False) as workspace:
        for line in workspace.contexts.export(context):
            click.echo(line)


@command.command("import")
@click.argument("file", type=click.File(encoding="utf-8"))
@click.option("--name", help="Another name for the context.")
@click.pass_context
def import_context(ctx: click.Context, file: Iterable[str], name: str | None) -> None:
    """Store what `export` printed ('-' reads standard input); known entries stay as they are."""
    from hades_mcp.workspace import open_workspace

    with open_workspace(settings(ctx)) as workspace:
        done = workspace.contexts.import_(file, name=name)
    undo = f"  undo: {done.undo}" if done.undo else ""
    click.echo(f"{done.name}: {done.added} entries added, {done.known} known{undo}")


@command.command("ttl")
@click.argument("context")
@click.argument("seconds", type=float, required=False)
@click.pass_context
def expire_context(ctx: click.Context, context: str, seconds: float | None) -> None:
    """Forget the entries of a context SECONDS after they were added; without, keep new ones."""
    from hades_mcp.workspace import open_workspace

    with open_workspace(settings(ctx), preload=False) as workspace:
        done = workspace.contexts.expire(context, seconds)
    kept = "for ever" if seconds is None else f"for {seconds:g} seconds"
    gone = f"; {done.removed} older ones are forgotten  undo: {done.undo}" if done.removed else ""
    click.echo(f"{context}: entries are kept {kept}{gone}")


@command.command("compact")
@click.argument("context")
@click.pass_context
def compact_context(ctx: click.Context, context: str) -> None:
    """Let the model's summaries stand for entries that are no longer hot."""
    from hades_mcp.models.summarising import summariser
    from hades_mcp.workspace import open_workspace

    loaded = settings(ctx)
    with open_workspace(loaded) as workspace:
        done = workspace.contexts.compact(context, summariser(loaded))
    if done.summaries:
        click.echo(
            f"{context}: {done.summaries} summaries for {done.entries} entries  undo: {done.undo}"
        )
    else:
        click.echo(f"hades: nothing in {context} is old enough to be summarised.", err=True)


@command.command("clear")
@click.argument("context")
@click.pass_context
def clear_context(ctx: click.Context, context: str) -> None:
    """Forget a context, or one entry by its id; undoable for a day."""
    from hades_mcp.workspace import open_workspace

    with open_workspace(settings(ctx), preload=False) as workspace:
        done = workspace.contexts.clear(context)
    click.echo(f"{context}: {done.removed} entries forgotten  undo: {done.undo}")


@command.command("undo")
@click.argument("handle", required=False)
@click.option("--force", is_flag=True, help="Also overwrite what was changed since.")
@click.pass_context
def undo_context(ctx: click.Context, handle: str | None, *, force: bool) -> None:
    """Take back the last clearing, ttl, compaction or import of a context, or what HANDLE names."""
    from hades_mcp.errors import NotFound
    from hades_mcp.workspace import open_workspace

    with open_workspace(settings(ctx), preload=False) as workspace:
        recorded = workspace.journal.list(1000)
        ours = [one for one in recorded if one.action in _ACTIONS and not one.undone]
        named = [one for one in ours if handle in {None, one.note}]
        if named:
            handle = named[0].handle
        elif handle is None:
            raise NotFound("There is nothing to undo in contexts.", hint="See: hades undo")
        done = workspace.journal.undo(handle, force=force)
    changed = sum(sum(counts.values()) for counts in done.counts.values())
    click.echo(f"undone: {handle}, {changed} documents  (undo of that: {done.handle})")


def _sizes(context: ContextInfo) -> str:
    tiers = ", ".join(f"{number} {tier}" for tier, number in sorted(context.tiers.items()))
    return f"{context.entries} entries ({tiers}), {context.characters} characters"


def _moves(context: ContextInfo) -> str:
    moves = ", ".join(f"{way} {number}" for way, number in sorted(context.transitions.items()))
    lives = "" if context.ttl is None else f"  kept for {context.ttl:g} s"
    return f"{lives}  moved: {moves}" if moves else lives


def _entry(entry: ContextEntry) -> str:
    head = f"{entry.id}  {entry.time[:19]}  {entry.role:<9} trust {entry.trust:.2f}"
    near = "" if entry.score is None else f"  near {entry.score:.2f}"
    run = {None: "", True: "  verified", False: "  query disagrees"}[entry.verified]
    return f"{head}{near}{run}  {_short(entry.content)}"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= WIDTH else line[: WIDTH - 1] + "…"
