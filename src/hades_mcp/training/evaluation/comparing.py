"""Sets evaluations of one suite side by side: who solved what, how surely, and at what cost."""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape
from itertools import combinations
from typing import TYPE_CHECKING, Any

import orjson

from hades_mcp.errors import ConfigError, InvalidArgument
from hades_mcp.training.evaluation.charts import contestants_chart
from hades_mcp.training.evaluation.reporting import FORMAT
from hades_mcp.training.evaluation.statistics import ALL, Summary

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

REPORT = "report.json"
_SURE = 0.0001
_COSTS = ("", "solved", "share", "95 %", "calls", "valid", "invalid", "tokens", "seconds")


@dataclass(frozen=True, slots=True)
class Contestant:
    """One evaluation in a comparison.

    Args:
        name: What it is called there.
        suite: Name and digest of what was played.
        model: Who was asked.
        summaries: By category; the last is of all.
        solved: By task, whether it was solved.
    """

    name: str
    suite: tuple[str, str]
    model: str
    summaries: tuple[Summary, ...]
    solved: Mapping[str, bool]

    @property
    def total(self) -> Summary:
        """The summary of all tasks."""
        return self.summaries[-1]

    def of(self, category: str) -> Summary | None:
        """Return the summary of a category, if any of it was played."""
        return next((one for one in self.summaries if one.category == category), None)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two evaluations on the tasks that both played.

    Args:
        first: The one's name.
        second: The other's.
        tasks: How many both played.
        only_first: Solved by the first alone.
        only_second: Solved by the second alone.
        chance: How likely a difference this large is by chance alone (McNemar's exact test).
    """

    first: str
    second: str
    tasks: int
    only_first: int
    only_second: int
    chance: float


def mcnemar(only_first: int, only_second: int) -> float:
    """Return the two-sided p-value of McNemar's exact test (1947): a coin for each difference."""
    differing = only_first + only_second
    tail = sum(math.comb(differing, k) for k in range(min(only_first, only_second) + 1))
    chance: float = 2 * tail / 2**differing
    return min(1.0, chance)


def compared(first: Contestant, second: Contestant) -> Pair:
    """Return what two evaluations of the same tasks say of each other."""
    both = first.solved.keys() & second.solved.keys()
    one = sum(first.solved[task] and not second.solved[task] for task in both)
    other = sum(second.solved[task] and not first.solved[task] for task in both)
    return Pair(first.name, second.name, len(both), one, other, mcnemar(one, other))


def read_contestant(path: Path, name: str = "") -> Contestant:
    """Read a report, or a folder that holds one.

    Args:
        path: `report.json`, another file of that form, or its folder.
        name: What to call it; by default as its folder, or as a file that is not `report.json`.

    Raises:
        ConfigError: It is no report.
    """
    file = path / REPORT if path.is_dir() else path
    own = file.resolve().parent.name if file.name == REPORT else file.stem
    try:
        return contestant(name or own, orjson.loads(file.read_bytes()))
    except (OSError, orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        raise ConfigError(
            f"{path} is no report of `hades eval`.", hint="Name its report.json, or its folder."
        ) from None


def contestant(name: str, report: dict[str, Any]) -> Contestant:
    """Return what a comparison needs of a report.

    Raises:
        KeyError, TypeError: It is no report of this version.
    """
    if report["format"] != FORMAT:
        raise TypeError(report["format"])
    rows = [{key: one[key] for key in one if key != "share"} for one in report["summaries"]]
    return Contestant(
        name,
        (report["suite"], report["digest"]),
        report["model"],
        tuple(Summary(**row) for row in rows),
        {task["id"]: task["solved"] for task in report["tasks"]},
    )


@dataclass(frozen=True, slots=True)
class Comparison:
    """Evaluations side by side, in the order they were named.

    Raises:
        InvalidArgument: They are of different suites, fewer than two, or two have one name.
    """

    contestants: tuple[Contestant, ...]

    def __post_init__(self) -> None:
        found = self.contestants
        if len(found) < 2:  # noqa: PLR2004  one has nobody to be compared with
            raise InvalidArgument("A comparison needs two reports.", hint="Name another one.")
        if len({one.name for one in found}) < len(found):
            raise InvalidArgument(
                "Two reports have the same name.", hint="Name them: NAME=REPORT NAME=REPORT."
            )
        for one in found:
            if one.suite != found[0].suite:
                raise InvalidArgument(
                    f"{one.name} played {_suite(one)}, {found[0].name} {_suite(found[0])}.",
                    hint="Compare reports of the same tasks.",
                )

    @property
    def pairs(self) -> list[Pair]:
        """Each with each."""
        return [compared(one, other) for one, other in combinations(self.contestants, 2)]

    @property
    def categories(self) -> list[str]:
        """All that anybody played, by name; not the sum of all."""
        names = {one.category for each in self.contestants for one in each.summaries}
        return sorted(names - {ALL})

    def json(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "suite": self.contestants[0].suite[0],
            "digest": self.contestants[0].suite[1],
            "contestants": [
                {"name": one.name, "model": one.model, "solved": one.total.solved,
                 "tasks": one.total.tasks, "invalid": one.total.invalid}
                for one in self.contestants
            ],
            "pairs": [
                {"first": pair.first, "second": pair.second, "tasks": pair.tasks,
                 "only_first": pair.only_first, "only_second": pair.only_second,
                 "chance": round(pair.chance, 6)}
                for pair in self.pairs
            ],
        }  # fmt: skip

    def tables(self) -> list[tuple[str, list[list[str]]]]:
        """Return its tables, each with its title; the first row holds the heads."""
        return [
            ("In all", [list(_COSTS), *(_costs(one) for one in self.contestants)]),
            ("Solved by category", self._by_category()),
            ("Each against each, on the tasks that both played", self._paired()),
        ]

    def markdown(self) -> str:
        """Return it as Markdown."""
        parts = [f"# {self.title}"]
        for title, table in self.tables():
            parts += [f"## {title}", markdown_table(table)]
        return "\n\n".join(parts) + "\n"

    def html(self) -> str:
        """Return it as one HTML page that needs nothing else."""
        body = "".join(
            f"<h2>{escape(title)}</h2>{_html_table(table)}" for title, table in self.tables()
        )
        chart = contestants_chart([(one.name, one.total) for one in self.contestants])
        return _PAGE.format(title=escape(self.title), chart=chart, body=body)

    @property
    def title(self) -> str:
        """What was played, and by whom."""
        models = ", ".join(dict.fromkeys(one.model for one in self.contestants))
        return f"{models} on {self.contestants[0].suite[0]}"

    def _by_category(self) -> list[list[str]]:
        rows = [["category", *(one.name for one in self.contestants)]]
        for category in self.categories:
            found = [one.of(category) for one in self.contestants]
            rows.append([category, *(_share(one) if one else "" for one in found)])
        return rows

    def _paired(self) -> list[list[str]]:
        rows = [["first", "second", "tasks", "first alone", "second alone", "p"]]
        for pair in self.pairs:
            chance = f"{pair.chance:.2g}" if pair.chance >= _SURE else f"< {_SURE:g}"
            counts = (pair.tasks, pair.only_first, pair.only_second)
            rows.append([pair.first, pair.second, *map(str, counts), chance])
        return rows


def markdown_table(rows: Sequence[Sequence[str]]) -> str:
    """Return a table whose first row holds the heads, numbers to the right."""
    head, *body = (f"| {' | '.join(row)} |" for row in rows)
    return "\n".join([head, f"|---|{'---:|' * (len(rows[0]) - 1)}", *body])


def _html_table(rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f"<th>{escape(cell)}</th>" for cell in rows[0])
    body = "".join(
        f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows[1:]
    )
    return f"<table><tr>{head}</tr>{body}</table>"


def _costs(one: Contestant) -> list[str]:
    total = one.total
    return [
        one.name,
        f"{total.solved}/{total.tasks}",
        f"{total.share:.0%}",
        f"{total.low:.0%} to {total.high:.0%}",
        str(total.calls),
        f"{total.valid / total.calls:.0%}" if total.calls else "none",
        str(total.invalid),
        f"{total.tokens:.0f}",
        f"{total.seconds:.1f}",
    ]


def _share(one: Summary) -> str:
    return f"{one.solved}/{one.tasks} ({one.low:.0%} to {one.high:.0%})"


def _suite(one: Contestant) -> str:
    name, digest = one.suite
    return f"{name} {digest[:12]}"


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>
body{{font:15px/1.5 sans-serif;max-width:76em;margin:2em auto;padding:0 1em;color:#222}}
table{{border-collapse:collapse}}td,th{{padding:.2em .7em;border-bottom:1px solid #ccc}}
td:not(:first-child){{text-align:right}}svg{{max-width:100%;height:auto}}
</style></head><body><h1>{title}</h1>{chart}{body}
<p>95 %: Wilson's interval. p: McNemar's exact test, two-sided; with many pairs some are small by
chance. Tokens and seconds are means of a task; invalid are calls that reached a tool though their
name or arguments do not fit it.</p></body></html>
"""
