"""`hades sessions`: the chats that are kept, and what can be done with them."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from hades_mcp.cli.app import settings
from hades_mcp.cli.output import echo_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hades_mcp.agents.sessions import SessionStore


@click.group("sessions")
def command() -> None:
    """List, show, rename, branch and delete your chats; `hades ask --session` goes on with one."""


@command.command("list")
@click.option("--search", default="", help="Only those that say this somewhere.")
@click.option("--deleted", is_flag=True, help="Those that `hades sessions restore` brings back.")
@click.option("--limit", "-n", type=click.IntRange(min=1), default=50, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON session a line.")
@click.pass_context
def list_sessions(
    ctx: click.Context, search: str, limit: int, *, deleted: bool, as_json: bool
) -> None:
    """List chats, the one talked in last first."""
    from dataclasses import asdict

    from hades_mcp.cli.showing import short

    with _store(ctx) as store:
        found = store.list(search, deleted=deleted, limit=limit)
    for one in found:
        if as_json:
            echo_json(asdict(one))
        else:
            click.echo(f"{one.name}  {one.turns} turns  {one.changed[:19]}  {short(one.title)}")
    if not found:
        click.echo("hades: there are none.", err=True)


@command.command("show")
@click.argument("session")
@click.option("--json", "as_json", is_flag=True, help="One JSON turn a line, messages and all.")
@click.pass_context
def show_session(ctx: click.Context, session: str, *, as_json: bool) -> None:
    """Show what was asked and answered in a chat."""
    from dataclasses import asdict

    from hades_mcp.cli.showing import plain
    from hades_mcp.traces.json_text import write_json

    with _store(ctx) as store:
        turns = store.get(session).turns
    for turn in turns:
        if as_json:
            click.echo(write_json(asdict(turn)))
        else:
            click.echo(f"> {plain(turn.question)}\n{plain(turn.answer)}\n")


@command.command("rename")
@click.argument("session")
@click.argument("name")
@click.pass_context
def rename_session(ctx: click.Context, session: str, name: str) -> None:
    """Give a chat another NAME."""
    with _store(ctx) as store:
        store.rename(session, name)


@command.command("branch")
@click.argument("session")
@click.argument("name")
@click.option("--turns", type=click.IntRange(min=0), help="Only its first so many; else all.")
@click.pass_context
def branch_session(ctx: click.Context, session: str, name: str, turns: int | None) -> None:
    """Copy a chat to NAME, to go on differently."""
    with _store(ctx) as store:
        store.branch(session, name, turns=turns)


@command.command("delete")
@click.argument("session")
@click.option("--forever", is_flag=True, help="Nothing brings it back, and no file holds it.")
@click.pass_context
def delete_session(ctx: click.Context, session: str, *, forever: bool) -> None:
    """Delete a chat; for a week `hades sessions restore` brings it back."""
    with _store(ctx) as store:
        mark = store.delete(session, forever=forever)
    if not forever:
        click.echo(f"hades: deleted; hades sessions restore {mark}", err=True)


@command.command("restore")
@click.argument("session")
@click.pass_context
def restore_session(ctx: click.Context, session: str) -> None:
    """Bring a deleted chat back, by its name or what `delete` printed."""
    with _store(ctx) as store:
        click.echo(store.restore(session).name)


@contextmanager
def _store(ctx: click.Context) -> Iterator[SessionStore]:
    from hades_mcp.agents.sessions import FILE, SessionStore

    with SessionStore(settings(ctx).home / FILE) as store:
        yield store
