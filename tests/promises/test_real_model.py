"""A real Qwen2.5-Coder answers through the tools, and each run leaves one trace."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

ZOO = '''"""Animals of the zoo."""


class Keeper:
    """Feeds the animals every morning."""

    def feed(self) -> None:
        """Give each animal its food."""


class Visitor:
    """Looks at the animals and pays for it."""
'''


def hades(home: Path, *arguments: str) -> list[Any]:
    command = [sys.executable, "-m", "hades_mcp", "--home", str(home), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.promise("agent:answers")
@pytest.mark.promise("trace:one-per-run")
def test_a_real_model_answers_from_the_store_and_leaves_one_trace(
    model_url: str, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    (tmp_path / "zoo.py").write_text(ZOO)
    hades(home, "ingest", "--json", str(tmp_path / "zoo.py"))
    question = "Which class feeds the animals?"
    events = hades(home, "ask", question, "--json", "--model-url", model_url)
    called = [event for event in events if event["event"] == "tool_returned"]
    assert any(not event["result"]["is_error"] for event in called)
    finished = events[-1]
    assert finished["event"] == "run_finished"
    assert finished["stop_reason"] == "answered"
    assert "Keeper" in finished["answer"]
    [trace] = hades(home, "traces", "list", "--json")
    assert trace["id"] == finished["trace_id"]
    assert trace["status"] == "finished"
    [record] = hades(home, "traces", "show", trace["id"][:8], "--json")
    assert record["schema_version"] == "ATIF-v1.8"
    assert question in [step["message"] for step in record["steps"] if step["source"] == "user"]
    observed = [step for step in record["steps"] if step.get("observation")]
    assert len(observed) >= 1
