"""Scans, indexes, sorts, groups, joins, reads and inserts beside DuckDB, SQLite and Mongita.

`--large` adds a million documents.
"""

from __future__ import annotations

import random
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from document_engines import Duck, Hades, Mongita, Sqlite
from measuring import exponent, race, surroundings, table, write_report

if TYPE_CHECKING:
    from collections.abc import Callable

SIZES = [10_000, 100_000]
LARGE = 1_000_000
MONGITA = 10_000  # it takes minutes beyond
CITIES = 200
NAMES = ["hades", "hades, after a write", "DuckDB", "SQLite JSON", "Mongita"]
BULK = 10_000
TURNS, TURNS_OF_LARGE = 5, 3

Document = dict[str, Any]


def documents(count: int) -> list[Document]:
    """Return documents, the same in every run."""
    draw = random.Random(7)
    return [
        {
            "_key": str(number),
            "name": f"name {number}",
            "age": draw.randrange(100),
            "city": f"city{draw.randrange(CITIES)}",
            "score": draw.random(),
            "team": draw.randrange(count // 10),
            "tags": ["a", "b"],
            "address": {"zip": number % 1000, "street": "Main Street"},
        }
        for number in range(count)
    ]


def tasks(count: int, docs: list[Document]) -> dict[str, tuple[str, list[Any]]]:
    """Return for each method of the engines what it does and what it is asked."""
    draw = random.Random(3)
    turns = range(TURNS if count < LARGE else TURNS_OF_LARGE)
    return {
        "scan": ("filter, 4 % of the keys", [95 for _ in turns]),
        "narrow": ("filter by two attributes, documents", [f"city{turn}" for turn in turns]),
        "indexed": ("index lookup, 10 documents", [draw.randrange(count // 10) for _ in range(99)]),
        "best": ("sort, first 10", [turn % 3 for turn in turns]),
        "order": ("sort, all keys", [turn % 3 for turn in turns]),
        "group": ("group by city: count and average", [turn % 3 for turn in turns]),
        "join": ("join of 1 % with cities", list(turns)),
        "read": ("point read", [str(draw.randrange(count)) for _ in range(99)]),
        "insert": (f"bulk insert of {BULK:,}", [docs[:BULK] for _ in turns]),
    }


def normal(found: list[Any]) -> list[Any]:
    """Bring rows into one form: tuples, averages to 9 digits."""
    rows = [tuple(row) if isinstance(row, list) else row for row in found]
    return [
        tuple(round(cell, 9) if isinstance(cell, float) else cell for cell in row)
        if isinstance(row, tuple)
        else row
        for row in rows
    ]


def measure(count: int, folder: Path) -> list[dict[str, Any]]:
    """Fill all engines with so many documents and give them the tasks."""
    docs = documents(count)
    cities = [
        {"_key": str(number), "name": f"city{number}", "land": number % 7}
        for number in range(CITIES)
    ]
    hades = Hades(folder, docs, cities)
    engines: dict[str, Any] = {NAMES[0]: hades, NAMES[2]: Duck(folder, docs, cities)}
    engines[NAMES[3]] = Sqlite(folder, docs, cities)
    if count <= MONGITA:
        engines[NAMES[4]] = Mongita(folder, docs, cities)
    rows = []
    for method, (what, asked) in tasks(count, docs).items():
        able: dict[str, Callable[[Any], Any]] = {
            name: getattr(engine, method)
            for name, engine in engines.items()
            if hasattr(engine, method)
        }
        form = normal if method in {"best", "order"} else _unordered
        for _ in range(2):  # until what is asked again and again is in memory everywhere
            able[NAMES[0]](asked[0])
        times = race(able, asked, normal=form)
        if method not in {"insert", "read"}:
            again = {NAMES[1]: partial(able[NAMES[0]])}
            times |= race(again, asked[:TURNS], normal=form, before={NAMES[1]: hades.write})
        rows.append({"what": f"{count:,}: {what}", "method": method, "documents": count})
        rows[-1]["times"] = times
        print(rows[-1]["what"], {name: each["cpu_ms"] for name, each in times.items()}, flush=True)
    for engine in engines.values():
        engine.close()
    return rows


def _unordered(found: list[Any]) -> list[Any]:
    return sorted(normal(found))


def growth(rows: list[dict[str, Any]]) -> dict[str, float]:
    """Return, by task, the power of the number of documents that the time grows with."""
    found = {}
    for method in dict.fromkeys(row["method"] for row in rows):
        mine = [row for row in rows if row["method"] == method]
        times = [row["times"][NAMES[0]]["cpu_ms"] for row in mine]
        found[method] = exponent([row["documents"] for row in mine], times)
    return found


def main() -> None:
    """Measure every size and write the report."""
    rows: list[dict[str, Any]] = []
    for count in [*SIZES, LARGE] if "--large" in sys.argv else SIZES:
        with tempfile.TemporaryDirectory() as folder:
            rows += measure(count, Path(folder))
    report = surroundings() | {"rows": rows, "growth": growth(rows)}
    title = "Documents through python-arango, CPU milliseconds (and times hades)"
    write_report("documents", report, {title: table(rows, NAMES)})


if __name__ == "__main__":
    main()
