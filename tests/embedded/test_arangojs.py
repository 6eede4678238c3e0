"""arangojs, ArangoDB's driver for JavaScript, works on a served database.

HADES_ARANGOJS names a folder where `npm install arangojs` was run; node must be on the path.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

VARIABLE = "HADES_ARANGOJS"
PROGRAM = Path(__file__).parent / "arangojs_program.mjs"


@pytest.mark.slow
def test_an_application_in_javascript_works(tmp_path: Path) -> None:
    folder, node = os.environ.get(VARIABLE), shutil.which("node")
    if not folder or not node or not (Path(folder) / "node_modules" / "arangojs").is_dir():
        pytest.skip(f"{VARIABLE} names no folder with arangojs in it, or there is no node")
    environment = {**os.environ, "HADES_HOME": str(tmp_path), "ARANGO_ROOT_PASSWORD": "first"}
    command = [sys.executable, "-m", "hades_mcp", "db", "serve", "--port", "0", "--auth"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as server:
        assert server.stderr is not None
        url = server.stderr.readline().split()[-1]
        try:
            done = subprocess.run(
                [node, str(PROGRAM), url, folder],
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
            )
        finally:
            server.terminate()
    assert done.returncode == 0, done.stderr[-3000:]
    assert json.loads(done.stdout) == {"passed": True}
