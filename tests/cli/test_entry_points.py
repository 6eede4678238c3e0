"""The two commands a shell finds: `hades`, and `hades-mcp`, which is the server."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import anyio
import pytest
from mcp import Client, StdioServerParameters

from hades_mcp import __version__

if TYPE_CHECKING:
    from pathlib import Path


SERVE = "from hades_mcp.cli import serve_main; serve_main()"


def hades_mcp(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", SERVE, *map(str, arguments)],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
        timeout=120,
    )


@pytest.mark.parametrize("command", ["hades", "hades-mcp"])
def test_both_commands_tell_their_version(command: str) -> None:
    name = "main" if command == "hades" else "serve_main"
    code = f"from hades_mcp.cli import {name}; {name}()"
    done = subprocess.run(
        [sys.executable, "-c", code, "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"hades {__version__}\n"


@pytest.mark.anyio
async def test_hades_mcp_serves_with_the_options_of_hades(tmp_path: Path) -> None:
    arguments = ["-c", SERVE, "--home", str(tmp_path / "elsewhere")]
    server = StdioServerParameters(command=sys.executable, args=arguments)
    with anyio.fail_after(120):
        async with Client(server) as client:
            assert not (await client.call_tool("context_list", {})).is_error
    assert (tmp_path / "elsewhere").is_dir()


def test_hades_mcp_leaves_when_there_is_nothing_to_read(tmp_path: Path) -> None:
    done = hades_mcp("--home", tmp_path / "elsewhere")
    assert (done.returncode, done.stdout) == (0, "")


def test_hades_mcp_with_a_command_runs_the_command(tmp_path: Path) -> None:
    done = hades_mcp("--home", tmp_path / "home", "aql", "RETURN 42")
    assert done.stdout == "42\n"


def test_hades_mcp_with_a_misspelt_command_does_not_serve() -> None:
    done = hades_mcp("serch", "x")
    assert done.returncode == 2
    assert "Did you mean 'search'?" in done.stderr
