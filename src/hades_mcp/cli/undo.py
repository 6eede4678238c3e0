"""`hades undo`: list recorded writes and take them back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from hades_mcp.cli.app import settings
from hades_mcp.cli.output import echo_json

if TYPE_CHECKING:
    from hades_mcp.services.journal import JournalEntry

_NOTE_SHOWN = 60


@click.command("undo")
@click.argument("handle", required=False)
@click.option("--force", is_flag=True, help="Also overwrite what was changed since.")
@click.option("--limit", "-n", type=click.IntRange(1, 1000), default=20, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON entry a line.")
@click.pass_context
def command(
    ctx: click.Context, handle: str | None, limit: int, *, force: bool, as_json: bool
) -> None:
    """Take back the recorded write HANDLE, or `last`; without either, list what is recorded.

    An undo is recorded too: undoing it brings the write back.
    """
    from dataclasses import asdict

    from hades_mcp.workspace import open_workspace

    with open_workspace(settings(ctx), preload=False) as workspace:
        if handle is None:
            entries = workspace.journal.list(limit)
        else:
            entries = [workspace.journal.undo(handle, force=force)]
    for entry in entries:
        if as_json:
            echo_json(asdict(entry))
        else:
            click.echo(_line(entry))
    if not entries:
        click.echo("hades: nothing is recorded.", err=True)


def _line(entry: JournalEntry) -> str:
    from hades_mcp.services.callers import caller

    when = datetime.fromtimestamp(entry.at, UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    effects = ", ".join(
        f"{name}: {' '.join(f'{effect} {count}' for effect, count in counts.items())}"
        for name, counts in entry.counts.items()
    )
    what = f"{entry.action} of {entry.of}" if entry.of else entry.action
    state = f"  [undone by {entry.undone}]" if entry.undone else ""
    note = " ".join(entry.note.split())
    shown = f"  {note[:_NOTE_SHOWN]}" if note else ""
    who = f"  by {entry.principal}" if entry.principal != str(caller()) else ""
    return f"{entry.handle}  {when}  {what} ({effects}){who}{state}{shown}"
