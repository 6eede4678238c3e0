"""CPU milliseconds of text searches through AQL, against SQLite's own FTS5 on the same texts."""

from __future__ import annotations

import json
import os
import platform
import sqlite3
import statistics
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from drawn_texts import texts
from hades_mcp.embedded import connect

if TYPE_CHECKING:
    from collections.abc import Callable

RESULTS = Path(__file__).parent / "results"
SIZES = (2_000, 20_000)
WORDS, VOCABULARY, RUNS = 20, 5_000, 15
ANALYZED = 'FOR d IN v SEARCH ANALYZER({}, "plain") '
BEST = "SORT BM25(d) DESC LIMIT 10 RETURN d._key"
ALL, RANKED = "RETURN d._key", " ORDER BY rank LIMIT 10"
MATCHED = "SELECT rowid FROM t WHERE t MATCH ?"
QUERIES = {
    "term": ('d.text == "{0}"', ALL, '"{0}"', ""),
    "two words, best 10": ('d.text IN ["{0}", "{1}"]', BEST, '"{0}" OR "{1}"', RANKED),
    "both words": ('["{0}", "{1}"] ALL IN d.text', ALL, '"{0}" AND "{1}"', ""),
    "phrase": ('PHRASE(d.text, "{0} {1}")', ALL, '"{0} {1}"', ""),
    "prefix, 10": ('STARTS_WITH(d.text, "{2}")', "LIMIT 10 RETURN d._key", "{2} *", " LIMIT 10"),
}


def cpu_milliseconds(search: Callable[[], Any]) -> float:
    """Return the median CPU time of a search; the first run is not counted."""
    taken = []
    for _ in range(RUNS + 1):
        before = time.process_time()
        search()
        taken.append(time.process_time() - before)
    return statistics.median(taken[1:]) * 1000


def measure(count: int) -> dict[str, Any]:
    """Build both indexes over the same texts and ask both the same."""
    held = texts(count, words=WORDS, vocabulary=VOCABULARY)
    first, second = held[count // 2].split()[:2]
    words = (first, second, first[:2])
    client = connect(None)
    with closing(sqlite3.connect(":memory:")) as rival:
        db: Any = client.db("_system")
        db.create_collection("c").insert_many([{"text": text} for text in held])
        plain = {"locale": "en", "stopwords": [], "stemming": False}
        db.create_analyzer("plain", "text", plain, ["frequency", "norm", "position"])
        before = time.process_time()
        links = {"c": {"fields": {"text": {"analyzers": ["plain"]}}}}
        db.create_arangosearch_view("v", {"links": links})
        built = time.process_time() - before
        rival.execute("CREATE VIRTUAL TABLE t USING fts5(text)")
        before = time.process_time()
        rival.executemany("INSERT INTO t VALUES (?)", [(text,) for text in held])
        rival.commit()
        report: dict[str, Any] = {"documents": count, "build_s": round(built, 2)}
        report["fts5_build_s"] = round(time.process_time() - before, 2)
        for name, (condition, rest, match, order) in QUERIES.items():
            ours = (ANALYZED.format(condition) + rest).format(*words)
            theirs = (MATCHED + order, (match.format(*words),))
            mine = cpu_milliseconds(lambda query=ours: list(db.aql.execute(query)))  # type: ignore[misc]
            other = cpu_milliseconds(lambda query=theirs: rival.execute(*query).fetchall())  # type: ignore[misc]
            report[name] = {"aql_ms": round(mine, 2), "fts5_ms": round(other, 2)}
    client.close()
    return report


def main() -> None:
    """Measure every size and write the report."""
    report = {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "words_per_document": WORDS,
        "search_cpu": [measure(count) for count in SIZES],
    }
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "search.json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
