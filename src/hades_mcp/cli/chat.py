"""`hades chat`: the terminal chat, drawn or line by line."""

from __future__ import annotations

import sys
from contextlib import aclosing, nullcontext
from typing import TYPE_CHECKING, Any

import click

from hades_mcp.cli.app import settings
from hades_mcp.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from hades_mcp.agents.events import RunEvent
    from hades_mcp.config import Settings


@click.command("chat")
@click.option("--plain", is_flag=True, help="Line by line; so is a chat that is piped.")
@click.option("--session", help="Go on with the chat of this name, or begin it.")
@click.option("--agent", help="Who answers: the name of a file in agents/ [env: HADES_AGENT].")
@click.option("--model-url", help="Model servers, separated by commas [env: HADES_MODEL_URL].")
@click.option("--model", "model_name", help="Model to ask for [env: HADES_MODEL_NAME].")
@click.option(
    "--adapter", "model_adapter", help="LoRA adapter to answer with [env: HADES_MODEL_ADAPTER]."
)
@click.option("--yes", is_flag=True, help="With --plain: approve calls that change data.")
@click.option("--quiet", "-q", is_flag=True, help="With --plain: show no calls.")
@click.pass_context
def command(
    ctx: click.Context,
    /,
    session: str | None,
    *,
    plain: bool,
    yes: bool,
    quiet: bool,
    **flags: Any,
) -> int:
    """Chat with an agent in the terminal.

    A chat is kept as a session, a turn at a time: without --session under a name of its own.
    Piped in, each line is a question, and the answers go to standard output.
    """
    from hades_mcp.agents.sessions import new_name

    loaded = settings(ctx, **flags)
    name = session or new_name()
    if plain or not (sys.stdin.isatty() and sys.stdout.isatty()):
        return _chat_by_lines(loaded, flags["agent"], name, yes=yes, quiet=quiet)
    try:
        import textual  # noqa: F401  only to see whether it is there
    except ImportError:
        hint = 'Install it: pip install "hades-mcp[tui]"; or chat by lines: hades chat --plain'
        raise ConfigError("The terminal chat needs textual.", hint=hint) from None
    _chat(loaded, flags["agent"], name)
    return 0


def _chat_by_lines(
    loaded: Settings, agent: str | None, session: str, *, yes: bool, quiet: bool
) -> int:
    from hades_mcp.agents.sessions import FILE, SessionStore
    from hades_mcp.cli.approving import ask_person
    from hades_mcp.cli.plain import HISTORY, LineChat, remembered_lines
    from hades_mcp.cli.showing import TextView, forgiving, left
    from hades_mcp.cli.talking import open_talk

    forgiving()
    at_terminal = sys.stdin.isatty()
    view = TextView(live=sys.stdout.isatty(), quiet=quiet)
    lines = remembered_lines(loaded.home / HISTORY) if at_terminal else nullcontext()
    person = None if yes else ask_person
    try:
        with (
            SessionStore(loaded.home / FILE) as store,
            open_talk(loaded, store, agent=agent, session=session, person=person) as talk,
            lines,
        ):
            return LineChat(talk, store, view, at_terminal=at_terminal).run()
    except BrokenPipeError:
        return left()


def _chat(loaded: Settings, agent_name: str | None, session_name: str) -> None:
    from hades_mcp.agents.combining import open_toolbox
    from hades_mcp.agents.definition import load_agent, with_servers
    from hades_mcp.agents.events import RunFinished
    from hades_mcp.agents.routing import pick
    from hades_mcp.agents.run import run
    from hades_mcp.agents.servers import read_servers
    from hades_mcp.agents.sessions import FILE, SessionStore
    from hades_mcp.agents.toolbox import LocalToolbox
    from hades_mcp.models.registry import open_model
    from hades_mcp.tools.toolset import Toolset
    from hades_mcp.tui.app import ChatApp
    from hades_mcp.workspace import open_workspace

    with SessionStore(loaded.home / FILE) as store, open_workspace(loaded) as workspace:
        session = store.open(session_name)
        agent = load_agent(loaded.home, agent_name or session.agent or loaded.agent)
        agent = with_servers(agent, read_servers(loaded.mcp, "The settings"))
        own = LocalToolbox(Toolset(workspace))

        async def run_agent(question: str) -> AsyncIterator[RunEvent]:
            nonlocal session
            async with (
                open_model(loaded) as model,
                open_toolbox(own, agent, tokens=loaded.result_tokens) as toolbox,
            ):
                picked = await pick(agent, question, model=model, embedder=workspace.embedder)
                events = run(
                    picked,
                    question,
                    model=model,
                    toolbox=toolbox,
                    recorder=workspace.recorder,
                    approve=app.approve,
                    history=session.history,
                    session=session.id,
                )
                async with aclosing(events):
                    async for event in events:
                        if isinstance(event, RunFinished):
                            session = store.finish(
                                session,
                                question,
                                event,
                                agent=agent.name,
                                answered_by=picked.name,
                                model=model.name,
                            )
                        yield event

        app = ChatApp(run_agent, caption=f"HADES · {agent.name}")
        app.run()
