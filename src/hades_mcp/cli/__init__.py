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
    """Run the `hades-mcp` command: the MCP server over stdio, as hosts start it."""
    from hades_mcp.cli.app import run

    if sys.argv[1:] == ["--version"]:
        main()
    else:
        run(["serve", *sys.argv[1:]], name="hades-mcp")
