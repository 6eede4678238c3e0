"""Tells a run that goes on in some process from one whose process is gone."""

from __future__ import annotations

import os
import secrets
import sys

# A process id alone comes back (in a container it is always the same): the token tells lives apart.
_TOKEN = secrets.token_hex(4)


def owner() -> str:
    """Return the mark of this process."""
    return f"{os.getpid()}:{_TOKEN}"


def alive(mark: str) -> bool:
    """Return whether the process of a mark still runs on this machine."""
    if mark == owner():
        return True
    process = int(mark.partition(":")[0])
    # On Windows signal 0 is Ctrl-C: better to call a living run interrupted than to end it.
    if process == os.getpid() or sys.platform == "win32":
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
