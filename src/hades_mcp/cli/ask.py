"""`hades ask`: let an agent answer a question through the tools, and show each call."""

from __future__ import annotations

import sys
from contextlib import closing, nullcontext
from typing import TYPE_CHECKING, Any

import click

from hades_mcp.cli.app import settings

if TYPE_CHECKING:
    from hades_mcp.agents.events import RunFinished
    from hades_mcp.cli.showing import View
    from hades_mcp.cli.talking import Talk


@click.command("ask")
@click.argument("question", required=False)
@click.option("--session", help="Go on with the chat of this name, or begin it.")
@click.option("--agent", help="Who answers: the name of a file in agents/ [env: HADES_AGENT].")
@click.option("--model-url", help="Model servers, separated by commas [env: HADES_MODEL_URL].")
@click.option("--model", "model_name", help="Model to ask for [env: HADES_MODEL_NAME].")
@click.option(
    "--adapter", "model_adapter", help="LoRA adapter to answer with [env: HADES_MODEL_ADAPTER]."
)
@click.option("--yes", is_flag=True, help="Approve calls that change data without asking.")
@click.option("--json", "as_json", is_flag=True, help="One JSON event a line.")
@click.option("--quiet", "-q", is_flag=True, help="Nothing on standard error but errors.")
@click.option(
    "--stream/--no-stream",
    default=None,
    help="Write the answer while it is made; without, once it is known to be one. By default only"
    " a terminal sees it made.",
)
@click.pass_context
def command(
    ctx: click.Context,
    /,
    question: str | None,
    session: str | None,
    *,
    yes: bool,
    as_json: bool,
    quiet: bool,
    stream: bool | None,
    **flags: Any,
) -> int:
    """Answer QUESTION.

    '-', or no question, reads it from standard input; what is piped in beside a question is the
    text it is about. The answer goes to standard output, the calls to standard error.

    Exit codes: 0 answered; 1 no answer, a limit ended the run; 2 the command or the question is
    wrong; 3 too much was asked for; 4 no model server, or a store is not there; 5 a person must
    act; 130 interrupted.
    """
    from hades_mcp.agents.sessions import FILE, SessionStore
    from hades_mcp.cli.approving import ask_person
    from hades_mcp.cli.piped import read_question
    from hades_mcp.cli.showing import JsonView, TextView, forgiving, left
    from hades_mcp.cli.talking import open_talk

    forgiving()
    live = sys.stdout.isatty() if stream is None else stream
    view: View = JsonView() if as_json else TextView(live=live, quiet=quiet)
    try:
        asked, text = read_question(question)
        loaded = settings(ctx, **flags)
        keeping = nullcontext() if session is None else SessionStore(loaded.home / FILE)
        person = None if yes else ask_person
        with (
            keeping as store,
            open_talk(loaded, store, agent=flags["agent"], session=session, person=person) as talk,
        ):
            finished = _answer(talk, asked, text, view)
    except BrokenPipeError:
        return left()
    except BaseException as error:
        view.failed(error)
        raise
    return 0 if finished.stop_reason == "answered" else 1


def _answer(talk: Talk, question: str, text: str, view: View) -> RunFinished:
    from hades_mcp.agents.events import RunFinished

    with closing(talk.ask(question, text)) as events:
        for event in events:
            view.show(event)
            if isinstance(event, RunFinished):
                return event
    raise click.ClickException("The run ended without an answer.")
