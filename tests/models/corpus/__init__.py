"""The corpus of replies: what models wrote, and which calls that makes, judged by hand.

`real.jsonl` holds replies of Qwen2.5-Coder (`tests/tools/collect_replies.py`), `written.jsonl`
replies written after what issue trackers show. A third, chosen by the hash of its id, is held out:
its failures are counted and never shown, so that nobody tunes the reader to them. Replies called
`late-…` were written to mislead the reader when it was done, and it was bettered by them: they are
not held out.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hades_mcp.messages import ToolAnnotations, ToolSpec
from hades_mcp.models.reading import read

if TYPE_CHECKING:
    from collections.abc import Iterable

FOLDER = Path(__file__).parent
FILES = ("real.jsonl", "written.jsonl")


@dataclass(frozen=True)
class Case:
    """One reply, the tools there were, and the calls it makes."""

    id: str
    origin: str
    tools: tuple[ToolSpec, ...]
    reply: str
    calls: tuple[tuple[str, dict[str, Any]], ...]

    @property
    def real(self) -> bool:
        """Whether a model wrote it."""
        return self.id.startswith("qwen-")

    @property
    def held_out(self) -> bool:
        """Whether it is never looked at while tuning."""
        chosen = hashlib.sha256(self.id.encode()).digest()[0] % 3 == 0
        return chosen and not self.id.startswith("late-")


@dataclass(frozen=True)
class Score:
    """How well some replies were read."""

    asked: int
    recovered: int
    quiet: int
    false_runs: int
    failures: tuple[str, ...]


def toolsets() -> dict[str, tuple[ToolSpec, ...]]:
    """Return the tools of the corpus, by the name of their set."""
    read_sets = json.loads((FOLDER / "tools.json").read_text(encoding="utf-8"))
    return {name: tuple(map(_spec, tools)) for name, tools in read_sets.items()}


def cases() -> tuple[Case, ...]:
    """Return the whole corpus."""
    sets = toolsets()
    lines = [
        json.loads(line)
        for file in FILES
        for line in (FOLDER / file).read_text(encoding="utf-8").splitlines()
    ]
    return tuple(
        Case(
            line["id"],
            line["origin"],
            sets[line["tools"]],
            line["reply"],
            tuple((name, arguments) for name, arguments in line["calls"]),
        )
        for line in lines
    )


def ours(case: Case) -> list[tuple[str, Any]]:
    """Return the calls HADES reads from a reply."""
    return [(call.name, call.arguments) for call in read(case.reply, case.tools).calls]


def score(chosen: Iterable[Case], reader: Any = ours) -> Score:
    """Read replies and count: calls wholly recovered, and calls run that nobody made."""
    asked = recovered = quiet = false_runs = 0
    failures = []
    for case in chosen:
        got = reader(case)
        right = got == list(case.calls)
        wanted = {name for name, _ in case.calls}
        false = any(name not in wanted for name, _ in got)
        asked += bool(case.calls)
        quiet += not case.calls
        recovered += bool(case.calls) and right
        false_runs += false
        if not right:
            failures.append(case.id)
    return Score(asked, recovered, quiet, false_runs, tuple(failures))


def _spec(tool: dict[str, Any]) -> ToolSpec:
    annotations = ToolAnnotations(read_only=tool["read_only"], destructive=not tool["read_only"])
    return ToolSpec(tool["name"], tool["description"], tool["parameters"], annotations)
