"""The judge's data: rows read from the folder that `HADES_CONFORMANCE` names."""

from __future__ import annotations

import gzip
import json
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

Row = dict[str, Any]
VARIABLE = "HADES_CONFORMANCE"


def folder() -> Path | None:
    """Return the folder with the data, or None where the variable does not name one."""
    named = os.environ.get(VARIABLE)
    return Path(named) if named and Path(named).is_dir() else None


def read(where: Path, name: str) -> list[Row]:
    """Return the rows of one file, such as `js_queries`; none where it is missing."""
    packed, plain = where / f"{name}.jsonl.gz", where / f"{name}.jsonl"
    if packed.exists():
        text = gzip.decompress(packed.read_bytes()).decode()
    elif plain.exists():
        text = plain.read_text(encoding="utf-8")
    else:
        return []
    return [json.loads(line) for line in text.split("\n") if line.strip()]


def read_json(where: Path, name: str) -> Any:
    """Return the value of a JSON file; an empty object where it is missing."""
    path = where / name
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


@dataclass(frozen=True)
class Verdict:
    """How one row, or one expectation of a row, came out.

    Attributes:
        row: Id of the row.
        group: What it is reported under: a kind, a file of tests, a section of the manual.
        wrong: What differs; None if nothing does.
        text: The query, to find out which functions it calls.
    """

    row: str
    group: str
    wrong: str | None
    text: str = ""

    @property
    def passed(self) -> bool:
        """Whether the answer was a real server's."""
        return self.wrong is None


@cache
def remaining() -> list[Row]:
    """Return the rows that fail, by groups: file, a pattern of their ids, how many, and why."""
    text = Path(__file__).with_name("remaining.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


@cache
def divergences() -> dict[tuple[str, str], str]:
    """Return the rows left out: (file, row) to the page of the manual that shows 3.12 differs."""
    path = Path(__file__).with_name("divergences.jsonl")
    lines = path.read_text(encoding="utf-8").splitlines()
    entries = [json.loads(line) for line in lines if line.strip()]
    return {(entry["file"], entry["row"]): entry["page"] for entry in entries}
