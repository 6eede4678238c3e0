"""The `hades` command: its options, its rooms, and how it ends when something is wrong."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hades_mcp import __version__
from hades_mcp.errors import (
    CallerError,
    ConfigError,
    HadesError,
    LimitReached,
    Unavailable,
    did_you_mean,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hades_mcp.config import Settings

# command -> module; the module's `command` is imported when the command is entered.
COMMANDS = {
    "agents": "hades_mcp.cli.agents",
    "aql": "hades_mcp.cli.aql",
    "ask": "hades_mcp.cli.ask",
    "chat": "hades_mcp.cli.chat",
    "contexts": "hades_mcp.cli.contexts",
    "db": "hades_mcp.cli.db",
    "doctor": "hades_mcp.cli.doctor",
    "fsck": "hades_mcp.cli.fsck",
    "eval": "hades_mcp.cli.eval",
    "export": "hades_mcp.cli.world_export",
    "import": "hades_mcp.cli.world_import",
    "ingest": "hades_mcp.cli.ingest",
    "library": "hades_mcp.cli.library",
    "models": "hades_mcp.cli.models",
    "reembed": "hades_mcp.cli.reembed",
    "search": "hades_mcp.cli.search",
    "serve": "hades_mcp.cli.serve",
    "sessions": "hades_mcp.cli.sessions",
    "traces": "hades_mcp.cli.traces",
    "trust": "hades_mcp.cli.trust",
    "undo": "hades_mcp.cli.undo",
}

EXIT_CODES: tuple[tuple[type[HadesError], int], ...] = (
    (CallerError, 2),
    (LimitReached, 3),
    (Unavailable, 4),
    (ConfigError, 5),
)


class Rooms(click.Group):
    """A group that imports a command's module only when it is needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name all commands without importing one."""
        del ctx
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command by its name."""
        del ctx
        module = COMMANDS.get(cmd_name)
        if module is None:
            return None
        command: click.Command = import_module(module).command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or say which one was probably meant."""
        if args and not args[0].startswith("-") and args[0] not in COMMANDS:
            hint = did_you_mean(args[0], COMMANDS)
            raise click.UsageError(f"There is no command {args[0]!r}. {hint}", ctx=ctx)
        return super().resolve_command(ctx, args)


@click.group(cls=Rooms, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--home", type=click.Path(path_type=Path), help="Data folder [env: HADES_HOME].")
@click.option(
    "--config", type=click.Path(path_type=Path), help="Settings file [env: HADES_CONFIG]."
)
@click.option("--log-level", help="Least severe log line written [env: HADES_LOG_LEVEL].")
@click.version_option(__version__, message="hades %(version)s")
@click.pass_context
def hades(
    ctx: click.Context, home: Path | None, config: Path | None, log_level: str | None
) -> None:
    """HADES: memory a language model can query.

    Serve it to an MCP host, ingest into it, ask an agent that works through it.
    """
    ctx.obj = {"home": home, "config": config, "log_level": log_level}


def settings(ctx: click.Context, **flags: Any) -> Settings:
    """Read the settings for a command, its own flags included, and set up the log.

    Raises:
        ConfigError: The settings do not fit.
    """
    from hades_mcp.config import load_settings
    from hades_mcp.logging import setup_logging

    options: dict[str, Any] = ctx.obj or {}
    config = options.get("config")
    given = {name: value for name, value in options.items() if name != "config"}
    loaded = load_settings(config, **given, **flags)
    setup_logging(loaded.log_level, json=loaded.log_json)
    return loaded


def run(arguments: Sequence[str], *, name: str = "hades") -> None:
    """Run the command line and leave with the exit code that says whose turn it is.

    Exit codes: 0 done, 2 the command is wrong, 3 ask for less, 4 try later, 5 a person must act,
    130 interrupted; anything else is a bug and shows its traceback.
    """
    try:
        outcome = hades.main(args=list(arguments), prog_name=name, standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except click.Abort:
        sys.exit(130)
    except BrokenPipeError:
        # The reader left (`hades aql … | head`); nothing more can be written, nothing is wrong.
        sys.stderr.close()
        sys.exit(0)
    except HadesError as error:
        click.echo(f"hades: {error}", err=True)
        sys.exit(next(code for kind, code in EXIT_CODES if isinstance(error, kind)))
    sys.exit(outcome if isinstance(outcome, int) else 0)
