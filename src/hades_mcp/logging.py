"""Structured logs, always on stderr: on stdio, stdout belongs to the protocol."""

from __future__ import annotations

import logging
import sys
from typing import Any

from hades_mcp.errors import ConfigError

_wanted = (logging.WARNING, False)
"""What was set up: the least severe level, and whether as JSON."""


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
    # each attempt to reach ArangoDB: what comes of them is raised, and told once
    quiet = known[level.upper()] >= logging.WARNING
    logging.getLogger("urllib3").setLevel(logging.ERROR if quiet else logging.NOTSET)
    global _wanted  # noqa: PLW0603  kept until something is said
    _wanted = known[level.upper()], json
    if "structlog" in sys.modules:
        _configure(*_wanted)


def get_logger(name: str) -> Any:
    """Return a logger that knows which room speaks; it may be made before the logs are set up.

    Where nobody has configured structlog, warnings go to stderr: its own default is stdout.
    """
    return _Quiet(name)


class _Quiet:
    """A logger until it speaks: structlog brings rich with it, 4 MB that most never need."""

    def __init__(self, room: str) -> None:
        self._room = room

    def __getattr__(self, method: str) -> Any:
        import structlog  # noqa: PLC0415  see above

        if not structlog.is_configured():
            _configure(*_wanted)
        return getattr(structlog.get_logger(room=self._room), method)


def _configure(level: int, json: bool) -> None:  # noqa: FBT001  as it is kept
    import structlog  # noqa: PLC0415  see _Quiet

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
