"""Writes the figures of docs/bench.md from what benchmarks/agents/play_runtimes.py measured."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hades_mcp.training.evaluation.comparing import (
    Comparison,
    Contestant,
    compared,
    contestant,
    markdown_table,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

RESULTS = Path(__file__).parents[1] / "benchmarks" / "results"
RIVAL, OURS = "plain-template", "all"
MAIN = ("plain-stock", RIVAL, OURS)
"""The three runtimes whose categories are shown."""

PAIRS = (
    ("plain-stock", RIVAL),
    (RIVAL, OURS),
    ("plain-schemas", RIVAL),
    ("all-schemas", OURS),
)
"""What is asked of the comparison."""


def runtimes() -> str:
    """Return how each model does on each suite in each runtime."""
    files = sorted(RESULTS.glob("runtimes_*.json"))
    if not files:
        return "None yet."
    return "\n\n".join(_of(json.loads(path.read_bytes())) for path in files)


def _of(result: dict[str, Any]) -> str:
    found = [contestant(name, report) for name, report in result["runs"].items()]
    first = next(iter(result["runs"].values()))
    splits = " and ".join(first["splits"])
    tasks = first["summaries"][-1]["tasks"]
    facts = (f"{tasks} tasks ({splits})", f"agent {first['agent']}", result["measured"])
    parts = [
        f"### {first['model']} on {first['suite']}",
        f"{', '.join(facts)}, {result['machine']}.",
    ]
    if len(found) > 1:
        (_, whole), *_ = Comparison(tuple(found)).tables()
        parts.append(markdown_table(whole))
    named = {one.name: one for one in found}
    shown = [named[name] for name in MAIN if name in named]
    if len(shown) > 1:
        _, (_, categories), _ = Comparison(tuple(shown)).tables()
        parts.append(markdown_table(categories))
    parts += [_said(named[one], named[two]) for one, two in PAIRS if {one, two} <= named.keys()]
    return "\n\n".join(parts)


def _said(one: Contestant, other: Contestant) -> str:
    pair = compared(one, other)
    counts: Sequence[int] = (one.total.solved, other.total.solved)
    times = f", {counts[1] / counts[0]:.2f} times as many" if counts[0] else ""
    return (
        f"From `{one.name}` to `{other.name}`: {counts[0]} to {counts[1]} of {pair.tasks} solved"
        f"{times}; {pair.only_second} gained, {pair.only_first} lost (p {pair.chance:.2g})."
    )
