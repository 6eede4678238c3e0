"""Writes what of AQL is covered, refused or different, from the registry of functions."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

from hades_mcp.embedded.aql.functions import FUNCTIONS, AqlFunction

ROOT = Path(__file__).parents[1]
FIXTURES = ROOT / "tests" / "embedded" / "aql" / "fixtures"
STATUSES = ("covered", "partly", "differs", "refused")

Row = dict[str, Any]


def _rows(path: Path) -> list[Row]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _functions() -> list[Row]:
    return _rows(FIXTURES / "functions.jsonl")


def _operations() -> list[Row]:
    return _rows(FIXTURES / "operations.jsonl")


def _status(row: Row) -> str:
    return str(row.get("status", "covered"))


def function_counts() -> str:
    """Return how many functions of each group are covered, partly so, different and refused."""
    counts = Counter((row["group"], _status(row)) for row in _functions())
    groups = sorted({group for group, _ in counts})
    lines = [f"| group | documented | {' | '.join(STATUSES)} |", "|---|" + "---:|" * 5]
    total = Counter(map(_status, _functions()))
    lines += [_counts_line(of, [counts[of, status] for status in STATUSES]) for of in groups]
    return "\n".join([*lines, _counts_line("all", [total[status] for status in STATUSES])])


def _counts_line(group: str, numbers: list[int]) -> str:
    return f"| {group} | {' | '.join(map(str, [sum(numbers), *numbers]))} |"


def function_tables() -> str:
    """Return a table per group: each function, its arguments, its first release, its status."""
    rows = _functions()
    parts = []
    for group in sorted({row["group"] for row in rows}):
        lines = [f"### {group}", "", "| function | arguments | since | status | note |"]
        lines.append("|---|---|---|---|---|")
        members = [row for row in rows if row["group"] == group]
        lines += map(_function_line, sorted(members, key=lambda row: str(row["name"])))
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def _function_line(row: Row) -> str:
    function = FUNCTIONS[row["name"]]
    since, note = row.get("since", ""), row.get("note", "")
    cells = (f"`{function.name}`", _arity(function), since, _status(row), note)
    return f"| {' | '.join(cells)} |"


def _arity(function: AqlFunction) -> str:
    if function.high is None:
        return f"{function.low} or more"
    one = function.low == function.high
    return str(function.low) if one else f"{function.low} to {function.high}"


def operation_tables() -> str:
    """Return a table per chapter: each operation with an example that the tests run."""
    rows = _operations()
    parts = []
    for group in dict.fromkeys(row["group"] for row in rows):
        lines = [f"### {group}", "", "| what | status | example | answer |", "|---|---|---|---|"]
        lines += [_operation_line(row) for row in rows if row["group"] == group]
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def _operation_line(row: Row) -> str:
    if "error" in row:
        answer = f"error {row['error']}"
    else:
        answer = _code(json.dumps(row["answer"], ensure_ascii=False))
    return f"| {row['name']} | {_status(row)} | {_code(row['query'])} | {answer} |"


def _code(text: str) -> str:
    """Return text as code in a table's cell; quotes of names need a longer fence.

    Three brackets in a row would mean something to cog.
    """
    while "[[[" in text or "]]]" in text:
        text = text.replace("[[[", "[ [[").replace("]]]", "]] ]")
    fence = "``" if "`" in text else "`"
    pad = " " if "`" in text else ""
    return f"{fence}{pad}{text}{pad}{fence}".replace("|", "\\|")


def divergences() -> str:
    """Return the rows of the conformance data that are left out, with the page that says why."""
    rows = _rows(ROOT / "tests" / "conformance" / "divergences.jsonl")
    lines = ["| file | row | what 3.12 does | page |", "|---|---|---|---|"]
    for row in rows:
        link = f"[{row['page'].split('/3.12/')[1]}](https://{row['page']})"
        lines.append(f"| {row['file']} | `{row['row']}` | {row['shows']} | {link} |")
    return "\n".join(lines)


def remaining() -> str:
    """Return the rows of the conformance data that fail, by groups, each with its cause."""
    rows = _rows(ROOT / "tests" / "conformance" / "remaining.jsonl")
    lines = ["| file | rows | how many | kind | cause |", "|---|---|---:|---|---|"]
    for row in rows:
        ids = _code(row["rows"].replace("\\.", "."))
        lines.append(f"| {row['file']} | {ids} | {row['count']} | {row['kind']} | {row['cause']} |")
    lines.append(f"| all | | {sum(row['count'] for row in rows)} | | |")
    return "\n".join(lines)
