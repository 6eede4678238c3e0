"""Every command that docs/ask.md shows does what it says: run in a shell, one after the other."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.cli.talker import PATIENCE, talking

from hades_mcp.agents.sessions import FILE, SessionStore

PAGE = Path(__file__).parents[2] / "docs" / "ask.md"
CALL = json.dumps({"name": "aql_read", "arguments": {"query": "RETURN 'honey'"}})
SILENT = ("> answer.txt", "sessions branch", "sessions delete")


def commands() -> list[str]:
    text = PAGE.read_text(encoding="utf-8")
    blocks = re.findall(r"^```bash\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("bash"), reason="no bash here")
def test_what_the_page_shows_runs(tmp_path: Path) -> None:
    hades = tmp_path / "bin" / "hades"
    hades.parent.mkdir()
    hades.write_text(f'#!/bin/sh\nexec {sys.executable} -m hades_mcp "$@"\n')
    hades.chmod(0o755)
    (tmp_path / "letter.txt").write_text("Karl wants forty frames.\n")
    shown = commands()
    assert len(shown) > 10
    with talking(*[CALL, "Bees make it."] * len(shown)) as model:
        path = f"{hades.parent}{os.pathsep}{os.environ['PATH']}"
        environment = {**os.environ, "PATH": path, "HADES_MODEL_URL": model.url}
        for line in shown:
            done = subprocess.run(
                ["bash", "-c", line],
                cwd=tmp_path,
                env=environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=PATIENCE,
                check=False,
            )
            assert done.returncode == 0, (line, done.stderr)
            assert bool(done.stdout) is not any(part in line for part in SILENT), line
    assert (tmp_path / "answer.txt").read_text() == "Bees make it.\n"
    with SessionStore(tmp_path / "home" / FILE) as store:
        turns = {one.name: one.turns for one in store.list()}
        assert turns == {"bees": 3, "winter": 1}
        assert [one.name for one in store.list(deleted=True)] == ["other"]


def test_the_page_names_the_keys_of_the_last_event() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for key in ("answer", "tool_calls", "rows", "cited", "usage", "stop_reason", "trace_id"):
        assert f"`{key}`" in text
