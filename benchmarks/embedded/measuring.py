"""Medians of CPU time, contestants in alternating order, and the reports made of them."""

from __future__ import annotations

import json
import math
import os
import platform
import statistics
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

RESULTS = Path(__file__).parent.parent / "results"
README = Path(__file__).parent.parent / "README.md"


def race(
    contestants: Mapping[str, Callable[[Any], Any]],
    inputs: Sequence[Any],
    *,
    normal: Callable[[Any], Any],
    before: Mapping[str, Callable[[], None]] | None = None,
) -> dict[str, dict[str, float]]:
    """Return the median CPU and wall milliseconds of each contestant.

    First all answers are compared; then each input is given to all contestants in turn, every
    other time in the opposite order, so that a drift of the machine meets them alike.

    Args:
        contestants: By name, what takes an input and gives an answer.
        inputs: What they are asked.
        normal: Brings answers into one form.
        before: What a contestant does before each turn, not counted.
    """
    prepare = before or {}
    for name in contestants:
        prepare.get(name, _nothing)()
    answers = {name: normal(ask(inputs[0])) for name, ask in contestants.items()}
    first = next(iter(answers.values()))
    for name, answer in answers.items():
        assert answer == first, f"{name} answers otherwise: {str(answer)[:200]}"
    cpu: dict[str, list[float]] = {name: [] for name in contestants}
    wall: dict[str, list[float]] = {name: [] for name in contestants}
    for turn, given in enumerate(inputs):
        order = list(contestants) if turn % 2 else list(contestants)[::-1]
        for name in order:
            prepare.get(name, _nothing)()
            begun, used = time.perf_counter(), time.process_time()
            contestants[name](given)
            cpu[name].append((time.process_time() - used) * 1000)
            wall[name].append((time.perf_counter() - begun) * 1000)
    return {
        name: {
            "cpu_ms": round(statistics.median(cpu[name]), 4),
            "wall_ms": round(statistics.median(wall[name]), 4),
        }
        for name in contestants
    }


def _nothing() -> None:
    """Prepare nothing."""


def exponent(sizes: Sequence[int], costs: Sequence[float]) -> float:
    """Return the power of the size that the cost grows with: the slope of a fit in logarithms."""
    xs, ys = [math.log(size) for size in sizes], [math.log(cost) for cost in costs]
    middle, level = statistics.mean(xs), statistics.mean(ys)
    over = sum((x - middle) * (y - level) for x, y in zip(xs, ys, strict=True))
    return round(over / sum((x - middle) ** 2 for x in xs), 2)


def surroundings() -> dict[str, str]:
    """Return when and on what this is measured."""
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "python": platform.python_version(),
    }


def table(rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> str:
    """Return a Markdown table of CPU milliseconds, with the ratio to the first contestant."""
    lines = ["| | " + " | ".join(names) + " |", "|---|" + "---:|" * len(names)]
    for row in rows:
        times = {name: row["times"][name]["cpu_ms"] for name in names if name in row["times"]}
        ours = times[names[0]]
        cells = [
            "" if name not in times else _cell(times[name], times[name] / ours, name == names[0])
            for name in names
        ]
        lines.append(f"| {row['what']} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _cell(milliseconds: float, ratio: float, ours: bool) -> str:  # noqa: FBT001  a private helper
    text = f"{milliseconds:.3g}" if milliseconds < 100 else f"{milliseconds:.0f}"
    return text if ours else f"{text} (x {ratio:.2g})" if ratio < 10 else f"{text} (x {ratio:.0f})"


def write_report(name: str, report: dict[str, Any], tables: Mapping[str, str]) -> None:
    """Write a report as JSON and its tables into the README beside, between marks of its name."""
    RESULTS.mkdir(exist_ok=True)
    text = json.dumps(report, indent=2, ensure_ascii=False) + "\n"
    (RESULTS / f"{name}.json").write_text(text, encoding="utf-8")
    where = f"{report['date']}, {report['machine']}, Python {report['python']}"
    grown = [f"{what} {power}" for what, power in report["growth"].items()]
    parts = [f"### {title}\n\n{body}" for title, body in tables.items()]
    growth = f"How the time of hades grows, as a power of the size: {', '.join(grown)}."
    body = "\n\n".join([f"Measured {where}.", *parts, growth])
    start, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    readme = README.read_text(encoding="utf-8")
    if start not in readme:
        readme += f"\n{start}\n{end}\n"
    head, rest = readme.split(start)
    _, tail = rest.split(end)
    README.write_text(f"{head}{start}\n{body}\n{end}{tail}", encoding="utf-8")
    print(body)
