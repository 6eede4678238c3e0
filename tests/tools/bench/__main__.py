"""Writes HADES-Bench: `python -m tests.tools.bench`; the same bytes each time."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.tools.bench import code, organisation, travel

if TYPE_CHECKING:
    from tests.tools.bench.making import Made

HOME = Path(__file__).parents[3] / "training" / "suites" / "hades-bench"
HELD_OUT = 3
"""Of each category, one task of so many is held out: those whose ids hash lowest."""


def all_tasks() -> dict[str, Made]:
    """Return the tasks by their ids, in the order of the files."""
    counted: dict[tuple[str, str], int] = {}
    made: dict[str, Made] = {}
    for task in (*code.tasks(), *organisation.tasks(), *travel.tasks()):
        place = (task.category, task.world)
        counted[place] = counted.get(place, 0) + 1
        made[f"{task.category}-{task.world}-{counted[place]}"] = task
    return dict(sorted(made.items()))


def held_out(tasks: dict[str, Made]) -> set[str]:
    """Return the ids of the tasks that nobody looks at while tuning."""
    found: set[str] = set()
    for category in {task.category for task in tasks.values()}:
        ids = [name for name, task in tasks.items() if task.category == category]
        ids.sort(key=lambda name: hashlib.sha256(name.encode()).digest())
        found.update(ids[: len(ids) // HELD_OUT])
    return found


def files() -> dict[str, str]:
    """Return each file of the suite with its text."""
    tasks = all_tasks()
    hidden = held_out(tasks)
    splits: dict[str, list[str]] = {"dev": [], "held-out": []}
    for name, task in tasks.items():
        split = "held-out" if name in hidden else "dev"
        row = {
            "id": name,
            "category": task.category,
            "world": task.world,
            "split": split,
            "question": task.question,
            "checks": task.checks,
        }
        splits[split].append(_json(row))
    worlds = {
        name: json.dumps(module.world(), ensure_ascii=False, indent=1)
        for name, module in (("code", code), ("organisation", organisation), ("travel", travel))
    }
    return {f"{split}.jsonl": "\n".join(lines) + "\n" for split, lines in splits.items()} | {
        f"{name}.world.json": f"{text}\n" for name, text in worlds.items()
    }


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def main() -> int:
    """Write the files, or with --check say whether they are as they would be written."""
    if "--check" in sys.argv:
        return int(any((HOME / name).read_text("utf-8") != text for name, text in files().items()))
    HOME.mkdir(parents=True, exist_ok=True)
    for name, text in files().items():
        (HOME / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
