"""CPU milliseconds of one whole search (words, vectors, fusion, join), beside SQLite's FTS5."""

from __future__ import annotations

import json
import os
import platform
import random
import sqlite3
import statistics
import sys
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from drawn_texts import texts
from hades_mcp.embedded import connect
from hades_mcp.services.layout import CHUNKS, DOCUMENTS, ensure_layout
from hades_mcp.services.pins import claim
from hades_mcp.services.search.service import SearchService
from hades_mcp.vectors.arango import ArangoVectorIndex
from text_vectors import embedded, mixed, paragraphs_and_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

RESULTS = Path(__file__).parent / "results"
SIZES = (10_000,)
DIMENSION, WORDS, VOCABULARY = 384, 60, 20_000
RUNS, BATCH = 15, 1000
EMBEDDED = 2_000


class Mixing:
    """Mixtures of embeddings, whatever the text: what embedding costs is not measured here."""

    model_id = digest = "mixed"
    dimension = DIMENSION

    def __init__(self) -> None:
        self._lots = np.random.default_rng(7)
        self._real = embedded(paragraphs_and_lines(EMBEDDED)[0])

    def embed(self, texts: Sequence[str], *, progress: Any = None) -> NDArray[np.float32]:
        """Return unit vectors."""
        del progress
        return mixed(self._real, len(texts), self._lots)


def questions(held: Sequence[str]) -> list[str]:
    """Return questions of four words, each drawn from another text: frequent ones more often."""
    lots = random.Random(11)
    picked = [[lots.choice(lots.choice(held).split()) for _ in range(4)] for _ in range(RUNS + 1)]
    return [" ".join(words) for words in picked]


def cpu_milliseconds(search: Callable[[str], Any], asked: Sequence[str]) -> float:
    """Return the median CPU time of a search; the first run is not counted."""
    taken = []
    for question in asked:
        before = time.process_time()
        search(question)
        taken.append(time.process_time() - before)
    return round(statistics.median(taken[1:]) * 1000, 2)


def fill(db: Any, held: Sequence[str], embedder: Mixing) -> None:
    """Store a document and a chunk with a vector for each text, and relate each to the next."""
    claim(db, embedder)  # or nothing is found by meaning
    for start in range(0, len(held), BATCH):
        batch = held[start : start + BATCH]
        numbers = range(start, start + len(batch))
        vectors = embedder.embed(batch).astype("float64").round(6).tolist()
        db.collection(DOCUMENTS).insert_many(
            [
                {"_key": str(n), "title": f"t{n}", "kind": "file", "text": text, "part": n % 50}
                for n, text in zip(numbers, batch, strict=True)
            ]
        )
        db.collection(CHUNKS).insert_many(
            [
                {"_key": f"{n}-0", "document": str(n), "text": text, "embedding": vector}
                for n, text, vector in zip(numbers, batch, vectors, strict=True)
            ]
        )
        db.collection("relations").insert_many(
            [{"_from": f"documents/{n}", "_to": f"documents/{n + 1}"} for n in numbers]
        )


def measure(count: int) -> dict[str, Any]:
    """Fill a store and FTS5 with the same texts and ask both the same."""
    held = texts(count, words=WORDS, vocabulary=VOCABULARY)
    asked = questions(held)
    embedder = Mixing()
    client = connect(None)
    with closing(sqlite3.connect(":memory:")) as rival:
        client.db("_system").create_database("hades")
        db = client.db("hades")
        ensure_layout(db)
        before = time.process_time()
        fill(db, held, embedder)
        vectors = ArangoVectorIndex(db)
        vectors.ensure(CHUNKS, DIMENSION)
        filled = time.process_time() - before
        service = SearchService(db, embedder, vectors)
        rival.execute("CREATE VIRTUAL TABLE t USING fts5(text)")
        rival.executemany("INSERT INTO t VALUES (?)", [(text,) for text in held])
        vector = embedder.embed(["x"])[0].tolist()
        assert not service.search(asked[0]).note, "a ranking is missing"
        service.search(asked[0], where={"part": 7})
        match = "SELECT rowid FROM t WHERE t MATCH ? ORDER BY rank LIMIT 50"
        report = {
            "chunks": count,
            "fill_s": round(filled, 1),
            "search_first_ms": cpu_milliseconds(lambda q: service.search(q, 5), asked),
            "search_ms": cpu_milliseconds(lambda q: service.search(q, 5), asked),
            "search_2_hops_ms": cpu_milliseconds(lambda q: service.search(q, 5, hops=2), asked),
            "search_where_ms": cpu_milliseconds(
                lambda q: service.search(q, 5, where={"part": 7}), asked
            ),
            "vectors_alone_ms": cpu_milliseconds(
                lambda _: vectors.search(CHUNKS, vector, 50), asked
            ),
            "fts5_alone_ms": cpu_milliseconds(
                lambda q: rival.execute(match, (" OR ".join(q.split()),)).fetchall(), asked
            ),
        }
    client.close()
    return report


def main() -> None:
    """Measure every size (or those on the command line), and write the report after each.

    `search_first_ms` is of questions asked for the first time, `search_ms` of the same ones again:
    the postings of their words are remembered.
    """
    sizes = [int(size) for size in sys.argv[1:]] or SIZES
    measured: list[dict[str, Any]] = []
    report = {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "words_per_chunk": WORDS,
        "search_cpu": measured,
    }
    RESULTS.mkdir(exist_ok=True)
    for size in sizes:
        measured.append(measure(size))
        text = json.dumps(report, indent=2) + "\n"
        (RESULTS / "hybrid.json").write_text(text, encoding="utf-8")
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
