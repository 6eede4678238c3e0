"""The front door: picks a room, and imports it only then."""

from __future__ import annotations

import sys

from hades_mcp import __version__


def main() -> None:
    """Run the `hades` command."""
    # The version is asked by hosts and scripts all the time; it must not cost a parser.
    if sys.argv[1:] == ["--version"]:
        sys.stdout.write(f"hades {__version__}\n")
        return
    from hades_mcp.cli.app import run

    run(sys.argv[1:])


def serve_main() -> None:
    """Run the `hades-mcp` command: `hades`, or without a command the MCP server, as hosts want it.

    `uvx hades-mcp` is the server, and `uvx hades-mcp doctor` works too.
    """
    if sys.argv[1:] == ["--version"]:
        main()
        return
    from hades_mcp.cli.app import COMMANDS, run

    arguments = sys.argv[1:]
    named = any(argument in COMMANDS for argument in arguments)
    run(arguments if named else [*arguments, "serve"], name="hades-mcp")
