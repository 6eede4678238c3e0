"""Structured logs, always on stderr: on stdio, stdout belongs to the protocol."""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog

from hades_mcp.errors import ConfigError


def setup_logging(level: str = "WARNING", *, json: bool = False) -> None:
    """Send every log line, ours and the libraries', to stderr.

    Args:
        level: Least severe level written, by its name in the standard library.
        json: One JSON object per line instead of text for people.

    Raises:
        ConfigError: There is no such level.
    """
    known = logging.getLevelNamesMapping()
    if level.upper() not in known:
        raise ConfigError(
            f"There is no log level {level!r}.", hint=f"Use one of {', '.join(known)}."
        )
    logging.basicConfig(
        stream=sys.stderr, level=known[level.upper()], force=True, format="%(message)s"
    )
    _configure(known[level.upper()], json=json)


def get_logger(name: str) -> Any:
    """Return a logger that knows which room speaks; it may be made before the logs are set up.

    Where nobody has configured structlog, warnings go to stderr: its own default is stdout.
    """
    if not structlog.is_configured():
        _configure(logging.WARNING, json=False)
    # Not .bind(): that would freeze the configuration of this moment into the logger.
    return structlog.get_logger(room=name)


def _configure(level: int, *, json: bool) -> None:
    if json:
        shown: list[Any] = [
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ]
    else:
        # The default traceback prints local variables: document text and secrets on stderr.
        plain = structlog.dev.plain_traceback
        colors = sys.stderr.isatty()
        shown = [structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=plain)]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            *shown,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        # Made anew for each line, so that it writes to the stderr of that moment.
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )
