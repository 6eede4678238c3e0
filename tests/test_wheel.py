"""The built wheel, installed as a stranger would."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(ROOT))
    return next(folder.glob("*.whl"))


def pip(*arguments: str) -> None:
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def fresh_environment(folder: Path) -> str:
    venv.create(folder)
    return str(folder / ("Scripts" if os.name == "nt" else "bin") / "python")


@pytest.mark.promise("install:four-folders")
def test_the_four_card_folders_ship_in_the_wheel_and_yours_come_first(
    wheel: Path, tmp_path: Path
) -> None:
    python = fresh_environment(tmp_path / "env")
    pip("--python", python, "install", "--no-deps", str(wheel))
    home = tmp_path / "home"
    (home / "agents").mkdir(parents=True)
    (home / "agents" / "librarian.toml").write_text("mine")
    code = (
        "import json; from pathlib import Path; from hades_mcp import assets\n"
        f"home = Path({str(home)!r})\n"
        "found = {folder: assets.names(home, folder) for folder in "
        "('agents', 'tools', 'prompts', 'training')}\n"
        "text = assets.find(home, 'agents', 'librarian.toml').read_text()\n"
        "shipped = assets.find(Path('nowhere'), 'agents', 'librarian.toml').read_text()\n"
        "print(json.dumps([found, text, shipped]))"
    )
    done = subprocess.run(
        [python, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    found, yours, shipped = json.loads(done.stdout)
    for folder, names in found.items():
        expected = {
            str(path.relative_to(ROOT / folder))
            for path in (ROOT / folder).rglob("*")
            if path.is_file()
        }
        assert expected <= set(names), folder
        assert expected, folder
    assert yours == "mine"
    assert shipped == (ROOT / "agents" / "librarian.toml").read_text()


@pytest.mark.slow
def test_a_fresh_install_of_the_wheel_serves_tools_over_stdio(wheel: Path, tmp_path: Path) -> None:
    python = fresh_environment(tmp_path / "env")
    pip("--python", python, "install", str(wheel))
    assert_it_serves([str(Path(python).with_name("hades-mcp"))], tmp_path)


@pytest.mark.slow
def test_uvx_runs_the_server_straight_from_the_wheel(wheel: Path, tmp_path: Path) -> None:
    uvx = Path(sys.executable).with_name("uvx")
    assert_it_serves([str(uvx), "--from", str(wheel), "hades-mcp"], tmp_path)


def assert_it_serves(command: list[str], folder: Path) -> None:
    """Speak MCP to the command as a host does: initialize, list the tools, hang up."""
    requests = [
        {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "initialize",
            "params": {
                "protocolVersion": "2025-11-25",
                "capabilities": {},
                "clientInfo": {"name": "test", "version": "1"},
            },
        },
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": 2, "method": "tools/list"},
    ]
    environment = os.environ | {"HADES_HOME": str(folder / "home")}
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        for request in requests:
            server.stdin.write(json.dumps(request) + "\n")
            server.stdin.flush()
        answers = [json.loads(server.stdout.readline()) for _ in range(2)]
        server.stdin.close()
        server.wait(timeout=30)
    assert answers[0]["result"]["serverInfo"]["name"] == "hades"
    assert {"search", "context_add"} <= {tool["name"] for tool in answers[1]["result"]["tools"]}
    assert server.returncode == 0
