"""What the runtime is worth: one suite in a plain loop, then with each measure of ours added.

    python benchmarks/agents/play_runtimes.py --size 0.5b --limit 18
    python benchmarks/agents/play_runtimes.py --size 0.5b --suite bfcl --bfcl WHEEL --limit 100

It starts llama-server itself, with the model's own template, ours, and ours with JSON schemas in
place of one-line signatures, and plays every runtime with `hades eval`. What was played is kept in
`--home`: the same command goes on where it stopped, and plays all anew when the code changed. Hours
long, so `make bench` leaves it out. `docs/bench.md` shows the results.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from platformdirs import user_cache_path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))  # so that it also runs as a script

from tests.tools.model_server import TEMPLATE, model_server  # noqa: E402  after the path

from hades_mcp.training.evaluation.comparing import Comparison, contestant  # noqa: E402  after the path

RESULTS = ROOT / "benchmarks" / "results"
LADDER = ("recovery", "constraint", "examples", "repair", "grounding", "compaction")
"""Measures in the order they are added; with the last one it is all of HADES."""

SIGNATURE = "signature(tool.function if tool.function is defined else tool)"
SCHEMA = "(tool | tojson)"


@dataclass(frozen=True)
class Run:
    """One runtime: its name, the template that is served, and what `hades eval` is told."""

    name: str
    template: str
    options: tuple[str, ...]


def runs() -> list[Run]:
    """Return all runtimes, in the order they are played and shown."""
    plain = ("--runtime", "plain")
    added = [
        Run(f"+{name}", "ours", ("--measures", ",".join(LADDER[: number + 1])))
        for number, name in enumerate(LADDER[:-1])
    ]
    without = [Run(f"no-{name}", "ours", ("--measures", f"no-{name}")) for name in LADDER]
    return [
        Run("plain-stock", "stock", plain),
        Run("plain-template", "ours", plain),
        Run("none", "ours", ("--measures", "none")),
        *added,
        Run("all", "ours", ()),
        *without,
        Run("plain-schemas", "schemas", plain),
        Run("all-schemas", "schemas", ()),
    ]


def usual(run: Run, suite: str) -> bool:
    """Tell whether a runtime is played when none is named.

    BFCL judges the first reply: only what acts before it is worth playing there.
    """
    if run.name.startswith("no-"):
        return False
    return suite != "bfcl" or run.name not in {"+examples", "+repair", "+grounding"}


def main() -> int:
    """Play what is asked for, and write the results after each runtime."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # or the model server would go on
    options = _options()
    chosen = [
        run
        for run in runs()
        if (run.name in options.only if options.only else usual(run, options.suite))
    ]
    failed: list[str] = []
    path = options.results / f"runtimes_{options.suite}_{options.size}.json"
    for run in chosen:
        started = time.monotonic()
        report = play(run, options)
        if report is None:
            failed.append(run.name)
            continue
        keep(path, run.name, report)
        total, minutes = report["summaries"][-1], (time.monotonic() - started) / 60
        print(f"{run.name}: {total['solved']} of {total['tasks']}, {minutes:.1f} min", flush=True)
    if path.exists():
        show(path, options.home)
    if failed:
        print(f"Not played to the end: {', '.join(failed)}. The same command goes on.")
    return 1 if failed else 0


def play(run: Run, options: argparse.Namespace) -> dict[str, Any] | None:
    """Play one runtime, or what is left of it, and return its report; None if it broke off.

    Each gets a server of its own: what an earlier one left in the cache would be a present.
    """
    print(f"{run.name} …", flush=True)
    extra = ("-t", options.threads, "-tb", options.threads) if options.threads else ()
    # Nothing of who runs it: neither settings nor agents of one's own.
    kept = {name: said for name, said in os.environ.items() if not name.startswith("HADES_")}
    environment = kept | {"HADES_MODEL_TIMEOUT": "600"}
    with tempfile.TemporaryDirectory() as folder:
        template = _template(run.template, Path(folder))
        with model_server(options.size, template=template, extra=extra) as url:
            command = [
                *(sys.executable, "-m", "hades_mcp", "--home", str(options.home), "eval", "--json"),
                *("--suite", options.suite, "--model-url", url, "--split", options.split),
                *("--agent", options.agent, *run.options),
                *(("--limit", str(options.limit)) if options.limit else ()),
                *(("--bfcl", str(options.bfcl)) if options.bfcl else ()),
            ]
            done = subprocess.run(command, stdout=subprocess.PIPE, env=environment, check=False)
    if done.returncode:
        return None
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def keep(path: Path, name: str, report: dict[str, Any]) -> None:
    """Add a report to the results, without the words; what was played otherwise is dropped."""
    shown = ("id", "category", "split", "solved")
    report["tasks"] = [{key: task[key] for key in shown} for task in report["tasks"]]
    found = json.loads(path.read_bytes()) if path.exists() else {"runs": {}}
    same = {
        other: run for other, run in found["runs"].items() if _same(run, report) and other != name
    }
    order = {run.name: place for place, run in enumerate(runs())}
    together = {**same, name: report}
    result = {
        "measured": datetime.now(UTC).date().isoformat(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "runs": {each: together[each] for each in sorted(together, key=order.__getitem__)},
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


def _same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Tell whether two reports are of the same code, agent and tasks."""
    same = all(one[key] == other[key] for key in ("digest", "model", "agent"))
    tasks = [[task["id"] for task in each["tasks"]] for each in (one, other)]
    code = one["made_of"]["code"] == other["made_of"]["code"]
    return same and code and tasks[0] == tasks[1]


def show(path: Path, home: Path) -> None:
    """Print the comparison, and write it as a page into the folder of what was played."""
    found = json.loads(path.read_bytes())["runs"]
    if len(found) > 1:
        made = Comparison(tuple(contestant(name, report) for name, report in found.items()))
        page = home / f"{path.stem}.html"
        page.write_text(made.html(), encoding="utf-8")
        print(f"{made.markdown()}\n{page}")


def _template(name: str, folder: Path) -> Path | None:
    if name == "stock":
        return None
    if name == "ours":
        return TEMPLATE
    text = TEMPLATE.read_text("utf-8")
    assert text.count(SIGNATURE) == 1, "the serving template shows tools otherwise by now"
    path = folder / "schemas.jinja"
    path.write_text(text.replace(SIGNATURE, SCHEMA), encoding="utf-8")
    return path


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--size", choices=["0.5b", "1.5b"], default="0.5b")
    parser.add_argument("--suite", default="hades-bench", help="hades-bench or bfcl")
    parser.add_argument("--bfcl", type=Path, help="wheel of bfcl-eval")
    parser.add_argument("--split", choices=["dev", "held-out", "all"], default="dev")
    parser.add_argument("--agent", default="router")
    parser.add_argument("--limit", type=int, help="most tasks, of all categories in turn")
    parser.add_argument("--only", nargs="+", choices=[run.name for run in runs()])
    parser.add_argument("--threads", help="of llama-server; by default 1, 2 for prompts")
    parser.add_argument("--home", type=Path, default=user_cache_path("hades") / "runtimes")
    parser.add_argument("--results", type=Path, default=RESULTS)
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
