"""Who a call is made for: what is kept between calls is kept for one person."""

from __future__ import annotations

import getpass
import os
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

LOCAL = "local"
"""The person at this machine, where the system has no name for them."""


@dataclass(frozen=True, slots=True)
class Principal:
    """Who acts.

    What is kept for somebody is kept for the user: an agent acts on behalf of one, and reads what
    that user may read. Records say which agent it was.

    Args:
        user: Whose rights count.
        agent: The agent that acts for them; empty when they do so themselves.
    """

    user: str
    agent: str = ""

    def __str__(self) -> str:
        return f"{self.agent} for {self.user}" if self.agent else self.user


CALLER: ContextVar[Principal | None] = ContextVar("caller", default=None)
"""Who the call under way is for; a door that knows its callers by name sets it, and no more."""


def caller() -> Principal:
    """Return who the call under way is for: by default the user this process runs as.

    Over stdio, on the command line and in the terminal that is one and the same person.
    """
    return CALLER.get() or Principal(local_user())


@contextmanager
def acting(agent: str) -> Iterator[None]:
    """Let an agent act, inside the `with`, on behalf of whoever the caller is."""
    token = CALLER.set(replace(caller(), agent=agent))
    try:
        yield
    finally:
        CALLER.reset(token)


@cache
def local_user() -> str:
    """Return the name of the user this process runs as; in a container there may be none."""
    try:
        import pwd  # noqa: PLC0415  not on Windows

        # not the environment first: a host may start a server without USER
        return pwd.getpwuid(os.getuid()).pw_name
    except (ImportError, KeyError):
        pass
    try:
        return getpass.getuser()
    except (ImportError, KeyError, OSError):
        return LOCAL
