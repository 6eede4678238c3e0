"""How results look on a terminal and in a pipe."""

from __future__ import annotations

import sys
from typing import Any

import click


def echo_json(value: Any) -> None:
    """Print one JSON document on one line."""
    import orjson

    click.echo(orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode())


class Progress:
    """One line on stderr that is rewritten while something long goes on; silent in a pipe."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._shown = ""

    def __call__(self, done: int, total: int, item: str = "") -> None:
        """Show how far it is."""
        percent = 100 * done // total if total else 100
        line = f"{self._what} {done}/{total} ({percent} %) {item}"[:78]
        if line != self._shown and sys.stderr.isatty():
            click.echo(f"\r{line:<78}", nl=False, err=True)
            self._shown = line

    def close(self) -> None:
        """Leave the line behind."""
        if self._shown:
            click.echo("\r" + " " * 78 + "\r", nl=False, err=True)
