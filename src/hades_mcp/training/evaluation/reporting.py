"""Writes what an evaluation showed as JSON, Markdown and one HTML page with its charts inside."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from html import escape
from typing import TYPE_CHECKING, Any

import orjson

from hades_mcp.training.evaluation.charts import (
    channels_chart,
    legend,
    seconds_chart,
    solved_chart,
)
from hades_mcp.training.evaluation.statistics import Summary, summaries

if TYPE_CHECKING:
    from pathlib import Path

    from hades_mcp.training.evaluation.playing import Attempt
    from hades_mcp.training.evaluation.running import Conditions

FORMAT = "hades-evaluation/1"
_HEAD = (
    "category", "solved", "share", "95 %", "calls", "valid", "invalid", "channels", "tokens",
    "seconds",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Report:
    """An evaluation that was played to its end.

    Of held-out tasks it shows only whether they were solved: a question or an answer that is read
    while something is tuned is not held out any more.
    """

    conditions: Conditions
    attempts: tuple[Attempt, ...]

    @property
    def summaries(self) -> list[Summary]:
        """By category, and of all."""
        return summaries(self.attempts)

    @property
    def splits(self) -> dict[str, list[Summary]]:
        """By part of the suite."""
        names = sorted({attempt.split for attempt in self.attempts})
        kept = {name: [a for a in self.attempts if a.split == name] for name in names}
        return {name: summaries(found) for name, found in kept.items()}

    def json(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "format": FORMAT,
            **self.conditions.row(),
            "summaries": [_figures(one) for one in self.summaries],
            "splits": {name: _figures(found[-1]) for name, found in self.splits.items()},
            "tasks": [_shown(attempt) for attempt in self.attempts],
        }

    def markdown(self) -> str:
        """Return it as Markdown: the conditions, the table, and why tasks were not solved."""
        lines = [f"# {self.title}", "", *(f"- {line}" for line in self._made_under()), ""]
        lines += [f"| {' | '.join(_HEAD)} |", f"|{'---|' * len(_HEAD)}"]
        lines += [f"| {' | '.join(_cells(one))} |" for one in self.summaries]
        failed = [a for a in self.attempts if not a.solved and a.split == "dev"]
        if failed:
            lines += ["", "## Not solved", ""]
            lines += [f"- `{a.id}`: {' '.join(a.why.split())}" for a in failed]
        return "\n".join(lines) + "\n"

    def html(self) -> str:
        """Return it as one HTML page that needs nothing else."""
        found = self.summaries
        head = "".join(f"<th>{escape(name)}</th>" for name in _HEAD)
        body = "".join(
            f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in _cells(one))}</tr>"
            for one in found
        )
        made = "".join(f"<li>{escape(line)}</li>" for line in self._made_under())
        failed = "".join(
            f"<li><code>{escape(a.id)}</code>: {escape(a.why)}</li>"
            for a in self.attempts
            if not a.solved and a.split == "dev"
        )
        return _PAGE.format(
            title=escape(self.title), made=made, head=head, body=body,
            solved=solved_chart(found), channels=channels_chart(found), legend=legend(),
            seconds=seconds_chart(found), failed=failed or "<li>none</li>",
        )  # fmt: skip

    @property
    def title(self) -> str:
        """What was asked of whom."""
        return f"{self.conditions.model} on {self.conditions.suite}"

    def write(self, folder: Path) -> list[Path]:
        """Write `report.json`, `report.md` and `report.html`, and return their paths."""
        texts = {
            "report.json": orjson.dumps(self.json(), option=orjson.OPT_INDENT_2) + b"\n",
            "report.md": self.markdown().encode(),
            "report.html": self.html().encode(),
        }
        for name, text in texts.items():
            (folder / name).write_bytes(text)
        return [folder / name for name in texts]

    def _made_under(self) -> list[str]:
        made = self.conditions
        lines = [f"agent {made.agent}", f"suite {made.suite} {made.digest[:12]}"]
        lines += [f"{name} {value}" for name, value in made.made_of.items()]
        for name, found in self.splits.items():
            lines.append(f"{name}: {found[-1].solved} of {found[-1].tasks} solved")
        return lines


def _figures(one: Summary) -> dict[str, Any]:
    return asdict(one) | {"share": round(one.share, 4)}


def _shown(attempt: Attempt) -> dict[str, Any]:
    row = attempt.row() | {"solved": attempt.solved}
    if attempt.split != "held-out":
        return row
    hidden = {"answer", "calls", "why"}
    return {name: value for name, value in row.items() if name not in hidden}


def _cells(one: Summary) -> tuple[str, ...]:
    return (
        one.category,
        f"{one.solved}/{one.tasks}",
        f"{one.share:.0%}",
        f"{one.low:.0%} to {one.high:.0%}",
        str(one.calls),
        f"{one.valid / one.calls:.0%}" if one.calls else "none",
        str(one.invalid),
        ", ".join(f"{name} {count}" for name, count in one.channels.items()) or "none",
        f"{one.tokens:.0f}",
        f"{one.seconds:.1f}",
    )


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>
body{{font:15px/1.5 sans-serif;max-width:60em;margin:2em auto;padding:0 1em;color:#222}}
table{{border-collapse:collapse}}td,th{{padding:.2em .7em;border-bottom:1px solid #ccc}}
td:not(:first-child){{text-align:right}}svg{{max-width:100%;height:auto}}
</style></head><body><h1>{title}</h1><ul>{made}</ul>
<table><tr>{head}</tr>{body}</table>
<h2>Solved</h2>{solved}<h2>Channels</h2><p>{legend}</p>{channels}<h2>Seconds</h2>{seconds}
<h2>Not solved</h2><ul>{failed}</ul></body></html>
"""
