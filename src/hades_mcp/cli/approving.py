"""Asks the person at the terminal whether an agent may make a call."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import click

from hades_mcp.cli.showing import plain

if TYPE_CHECKING:
    from hades_mcp.agents.approval import Answer
    from hades_mcp.messages import ToolCall

_ANSWERS: dict[str, Answer] = {
    "y": "yes",
    "yes": "yes",
    "n": "no",
    "no": "no",
    "": "no",
    "t": "tool",
    "tool": "tool",
    "a": "session",
    "all": "session",
}


def ask_person(call: ToolCall, reason: str) -> Answer:
    """Show a call whole and read what may be done with it; nobody at the terminal means no."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        click.echo(f"hades: {call.name} was denied: nobody to ask (use --yes).", err=True)
        return "no"
    click.echo(f"  {plain(reason)}", err=True)
    for name, value in (call.arguments or {}).items():
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        click.echo(f"    {plain(name)}: {plain(text)}", err=True)
    while True:
        choices = "[y]es, [N]o, this [t]ool from now on, [a]ll from now on"
        click.echo(f"  Make the call {call.name}? {choices}: ", nl=False, err=True)
        line = sys.stdin.readline()
        if not line:  # end of input
            click.echo(err=True)
            return "no"
        answer = _ANSWERS.get(line.strip().lower())
        if answer is not None:
            return answer
