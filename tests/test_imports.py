"""Who loads what: heavy packages stay asleep until the room that needs them is entered."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from hades_mcp import __version__

if TYPE_CHECKING:
    from pathlib import Path

HEAVY = ("mcp", "textual", "numpy", "onnxruntime", "torch", "openai", "arango", "icu")


def loaded_by(code: str) -> set[str]:
    probe = f"{code}\nimport sys; print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    return set(done.stderr.split())


def run_command(*arguments: str) -> str:
    words = ["hades", *arguments]
    return (
        f"import sys; sys.argv = {words!r}\n"
        "from hades_mcp.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass"
    )


def test_help_loads_nothing_heavy() -> None:
    assert not loaded_by(run_command("--help")) & {*HEAVY, "pydantic"}


@pytest.mark.parametrize(
    "command",
    ["agents", "serve", "ingest", "search", "aql", "ask", "doctor", "chat", "db", "models"],
)
def test_the_help_of_a_command_loads_nothing_heavy(command: str) -> None:
    assert not loaded_by(run_command(command, "--help")) & {*HEAVY, "pydantic"}


def test_an_agent_without_other_servers_loads_no_mcp() -> None:
    loaded = loaded_by("import hades_mcp.agents.run, hades_mcp.agents.combining")
    assert not loaded & {"mcp", "mcp_types", "numpy"}


def test_the_version_loads_not_even_the_command_line_parser() -> None:
    assert not loaded_by(run_command("--version")) & {*HEAVY, "pydantic", "click"}


def test_importing_the_package_loads_none_of_its_rooms() -> None:
    rooms = {module for module in loaded_by("import hades_mcp") if module.startswith("hades_mcp.")}
    assert not rooms


def test_the_embedded_database_stands_alone() -> None:
    loaded = loaded_by("import hades_mcp.embedded.client, hades_mcp.embedded.aql")
    strangers = {
        module
        for module in loaded
        if module.startswith("hades_mcp.") and not module.startswith("hades_mcp.embedded")
    }
    assert not strangers
    assert not loaded & {"mcp", "pydantic", "structlog", "click"}


def test_opening_the_server_loads_neither_torch_nor_a_face() -> None:
    loaded = loaded_by("import hades_mcp.server.stdio")
    assert not loaded & {"torch", "textual", "openai", "onnxruntime"}


def test_a_server_that_nobody_asked_anything_has_loaded_nothing_heavy(tmp_path: Path) -> None:
    """Each of these is 4 to 60 MB that every host with HADES in its list would give for nothing."""
    loaded = loaded_by(
        "import hades_mcp.server.stdio as server\n"
        "from pathlib import Path\n"
        "from hades_mcp.config import Settings\n"
        "from hades_mcp.logging import setup_logging\n"
        "setup_logging()\n"
        f"settings = Settings(home=Path({str(tmp_path)!r}))\n"
        "tools = server.load_tools(settings.home)\n"
        "with server._open(settings) as workspace:\n"
        "    assert workspace.contexts.list() == []\n"
    )
    searching = {"numpy", "onnxruntime", "snowballstemmer"}
    reading = {"pypdf", "selectolax", "yaml", "tree_sitter", "ijson"}
    graphs = {"networkx", "rustworkx", "scipy"}
    others = {"structlog", "rich", "jsonschema", "torch", "textual", "openai", "pymilvus"}
    assert "arango" in loaded
    assert not loaded & (searching | reading | graphs | others)


def test_python_m_hades_mcp_is_the_hades_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "hades_mcp", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"hades {__version__}\n"
