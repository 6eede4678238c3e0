"""Reads what is piped in: a question, or the text that a question is about."""

from __future__ import annotations

import os
import select
import stat
import sys

import click

from hades_mcp.errors import InvalidArgument, LimitReached

MOST_PIPED = 16_384
"""Characters of a piped text: some 4,000 tokens, half of what a small model has room for."""

PATIENCE = 3.0
"""Seconds that a silent pipe beside a question is waited for: many programs start others with a
pipe that nobody ever writes to or closes."""


def read_question(argument: str | None) -> tuple[str, str]:
    """Return the question, and the text piped in beside it, empty if there is none.

    Args:
        argument: The question on the command line; None or `-` reads it from standard input.

    Raises:
        click.UsageError: There is no question.
        InvalidArgument: What was piped in is no text.
        LimitReached: It is longer than `MOST_PIPED`.
    """
    if argument is None and _terminal():
        raise click.UsageError("Missing argument 'QUESTION'. For instance: hades ask \"Who …?\"")
    if argument is None or argument == "-":
        question, text = _read(), ""
    else:
        question, text = argument, _read() if _speaks() else ""
    if not question.strip():
        raise click.BadParameter("The question is empty.", param_hint="QUESTION")
    return question.strip(), text.strip()


def _terminal() -> bool:
    return sys.stdin is None or sys.stdin.closed or sys.stdin.isatty()


def _speaks() -> bool:
    """Return whether something is piped in; a pipe that stays silent is not waited for long."""
    try:
        mode = os.fstat(sys.stdin.fileno()).st_mode
    except (AttributeError, OSError, ValueError):
        return not _terminal()  # closed, or put in place by a test
    if stat.S_ISREG(mode):
        return True
    if not (stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)):
        return False  # a terminal, or /dev/null
    if sys.platform == "win32" or select.select([sys.stdin], [], [], PATIENCE)[0]:
        return True
    click.echo(
        f"hades: nothing came from standard input in {PATIENCE:g} seconds, going on without it;"
        " '< /dev/null' says at once that nothing will.",
        err=True,
    )
    return False


def _read() -> str:
    # A character has at most four bytes; one more than allowed tells that it is too much.
    raw = getattr(sys.stdin, "buffer", None)
    data = raw.read(4 * MOST_PIPED + 1) if raw else sys.stdin.read().encode()
    if len(data) > MOST_PIPED:
        _refuse_long(data)
    try:
        text: str = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise InvalidArgument(
            "What was piped in is no UTF-8 text.",
            hint="`hades ingest FILE` reads PDF, HTML and tables; `iconv -t utf-8` converts text.",
        )
    return text


def _refuse_long(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    if len(text) > MOST_PIPED:
        raise LimitReached(
            f"More than {MOST_PIPED:,} characters were piped in.",
            hint="Store the text (`hades ingest FILE`) and ask about it, or pipe in less of it.",
        )
