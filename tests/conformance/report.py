"""The table of shares: per file, per group within it, and per group of functions."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING

from tests.conformance.rows import Verdict, divergences, read_json, remaining

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

LEFT_OUT_AT_MOST = 0.03
_CALL = re.compile(r"\b([A-Za-z_][A-Za-z0-9_]*)\s*\(")


@dataclass
class Share:
    """How many of some rows passed.

    Attributes:
        passed: Rows answered as by a server.
        judged: Rows judged, without those that are left out.
        left_out: Rows that 3.12 answers differently, by its manual.
    """

    passed: int = 0
    judged: int = 0
    left_out: int = 0

    @property
    def value(self) -> float:
        """The share, 0 to 1; 1 of nothing."""
        return self.passed / self.judged if self.judged else 1.0

    def __str__(self) -> str:
        out = f"  ({self.left_out} left out)" if self.left_out else ""
        return f"{self.passed:>6} / {self.judged:<6} {self.value:>7.2%}{out}"


@dataclass
class FileReport:
    """The verdicts on one file."""

    name: str
    total: Share = field(default_factory=Share)
    groups: dict[str, Share] = field(default_factory=lambda: defaultdict(Share))
    failed: list[Verdict] = field(default_factory=list)
    texts: list[Verdict] = field(default_factory=list)

    @classmethod
    def of(cls, name: str, verdicts: Iterable[Verdict]) -> FileReport:
        """Count the verdicts on a file."""
        report = cls(name)
        diverging = divergences()
        for verdict in verdicts:
            shares = (report.total, report.groups[verdict.group])
            if (name, verdict.row) in diverging:
                for share in shares:
                    share.left_out += 1
                continue
            report.texts.append(verdict)
            for share in shares:
                share.judged += 1
                share.passed += verdict.passed
            if not verdict.passed:
                report.failed.append(verdict)
        return report

    @property
    def digest(self) -> str:
        """What tells these rows from those of other data: a hash of their ids."""
        ids = "\n".join(sorted(verdict.row for verdict in self.texts))
        return sha256(ids.encode()).hexdigest()[:16]

    def unexplained(self) -> list[str]:
        """Return what the list of failing rows does not say, or says and is not so."""
        failing = [verdict.row for verdict in self.failed]
        problems: list[str] = []
        for cause in remaining():
            if cause["file"] == self.name:
                found = [row for row in failing if re.fullmatch(cause["rows"], row)]
                failing = [row for row in failing if row not in set(found)]
                if len(found) != cause["count"]:
                    problems.append(f"{len(found)} rows fail of {cause['rows']}: {cause['count']}")
        return problems + [f"{row} fails without a cause" for row in failing]

    @property
    def too_many_left_out(self) -> bool:
        """Whether more rows are left out than may be."""
        count = self.total.judged + self.total.left_out
        return self.total.left_out > LEFT_OUT_AT_MOST * count

    def lines(self, *, whole: bool = False) -> Iterator[str]:
        """Yield the lines of the table; groups where all rows pass only if `whole`."""
        yield f"{self.name:<44}{self.total}"
        for group, share in sorted(self.groups.items()):
            if whole or share.passed < share.judged or len(self.groups) <= 3:
                yield f"    {group:<40}{share}"


def by_function_group(where: Path, reports: Iterable[FileReport]) -> Iterator[str]:
    """Yield a line per group of functions over all rows whose query calls one of them."""
    listed = read_json(where, "aql_functions_3.12.json")
    group_of = {entry["name"]: entry["group"] for entry in _entries(listed)}
    shares: dict[str, Share] = defaultdict(Share)
    for report in reports:
        for verdict in report.texts:
            called = {name.upper() for name in _CALL.findall(verdict.text)}
            for group in {group_of[name] for name in called if name in group_of}:
                shares[group].judged += 1
                shares[group].passed += verdict.passed
    for group, share in sorted(shares.items()):
        yield f"    {group:<40}{share}"


def _entries(listed: object) -> list[dict[str, str]]:
    if isinstance(listed, dict):
        listed = [{"name": name, **entry} for name, entry in listed.items()]
    return listed if isinstance(listed, list) else []
