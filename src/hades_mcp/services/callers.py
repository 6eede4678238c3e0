"""Who a call is made for: what is kept between calls is kept for one caller."""

from __future__ import annotations

from contextvars import ContextVar

LOCAL = "local"
"""The person at this machine: stdio, the command line, the terminal interface."""

CALLER: ContextVar[str] = ContextVar("caller", default=LOCAL)
"""The principal of the call under way; a door that knows its callers by name sets it."""
