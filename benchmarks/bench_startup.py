"""CPU seconds until `hades` answers, against bare Python and `import mcp.server` in one run."""

from __future__ import annotations

import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

RUNS = 7
RESULTS = Path(__file__).parent / "results"


CASES = {
    "bare python": ["-c", "pass"],
    "hades --version": ["-m", "hades_mcp", "--version"],
    "hades --help": ["-m", "hades_mcp", "--help"],
    "import mcp.server": ["-c", "import mcp.server"],
    "import hades_mcp.server.stdio": ["-c", "import hades_mcp.server.stdio"],
}


def cpu_seconds(arguments: list[str], home: str) -> float:
    """Run one Python child and return its user + system seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, *arguments],
        check=True,
        capture_output=True,
        env=os.environ | {"HADES_HOME": home},
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Measure all cases in turn, so that a drift of the machine meets them alike."""
    seconds: dict[str, list[float]] = {name: [] for name in CASES}
    with tempfile.TemporaryDirectory() as home:
        for _ in range(RUNS + 1):
            for name, arguments in CASES.items():
                seconds[name].append(cpu_seconds(arguments, home))
    medians = {name: statistics.median(values[1:]) for name, values in seconds.items()}
    report = {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "python": platform.python_version(),
        "cpu_seconds_median": {name: round(value, 3) for name, value in medians.items()},
        "server_import_over_mcp_import": round(
            medians["import hades_mcp.server.stdio"] / medians["import mcp.server"], 2
        ),
    }
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "startup.json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
