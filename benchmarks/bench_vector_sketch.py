"""Recall and CPU milliseconds of search by sketches, against looking at each vector.

The real vectors are embeddings (the packaged model's) of paragraphs from the docstrings of the
packages installed beside this one; what is asked are other paragraphs, and docstrings of one short
line. `mixed` makes them more: each further vector is one of them moved towards another. `drawn` and
`topics` are vectors drawn by lot, around nothing and around 4,000 centres: for these there is no
sketch, and each is looked at.

    python benchmarks/bench_vector_sketch.py [where to keep the embeddings, .npz]
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hades_mcp.embedded.storage.vector_block import Block, Vectors
from hades_mcp.embedded.storage.vector_sketch import sketch_of
from text_vectors import embedded, mixed, paragraphs_and_lines, unit

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

RESULTS = Path(__file__).parent / "results"
TEXTS, COUNT, TOPICS, QUERIES, DIMENSION = 33_000, 100_000, 4_000, 200, 384
NOTHING = np.empty(0, dtype=np.int64)


def embeddings(kept: Path | None) -> tuple[Floats, Floats]:
    """Return the vectors of paragraphs, and of short lines, read from or written to a file."""
    if kept is not None and kept.exists():
        with np.load(kept) as held:
            return held["paragraphs"], held["lines"]
    texts, short = paragraphs_and_lines(TEXTS)
    paragraphs, lines = embedded(texts), embedded(short[-QUERIES:])
    if kept is not None:
        np.savez(kept, paragraphs=paragraphs, lines=lines)
    return paragraphs, lines


def drawn(topics: int, count: int) -> Floats:
    """Return vectors drawn by lot, around centres if there are any."""
    rng = np.random.default_rng(7)
    rows = rng.standard_normal((count, DIMENSION), dtype=np.float32)
    if topics:
        centres = rng.standard_normal((topics, DIMENSION), dtype=np.float32)
        rows = centres[rng.integers(0, topics, count)] + 0.8 * rows
    return unit(rows)


def timed(search: Callable[[Floats], Any], queries: Floats) -> tuple[float, list[Any]]:
    """Return the median CPU milliseconds of a search, and what each found."""
    taken, found = [], []
    search(queries[0])
    for query in queries:
        before = time.process_time()
        found.append(search(query))
        taken.append(time.process_time() - before)
    return round(statistics.median(taken) * 1000, 2), found


def measure(name: str, rows: Floats, asked: dict[str, Floats]) -> dict[str, Any]:
    """Search the same vectors with and without a sketch."""
    vectors = Vectors(np.arange(len(rows)), rows, np.zeros(len(rows), dtype=np.float32))
    before = time.process_time()
    sketch = sketch_of(vectors, by_length=False)
    report: dict[str, Any] = {
        "vectors": name,
        "count": len(rows),
        "build_cpu_s": round(time.process_time() - before, 2),
        "numbers": sketch.values.shape[1] if sketch else None,
        "candidates_for_50": sketch.many if sketch else None,
    }
    queries = next(iter(asked.values()))
    report["numpy_ms"], _ = timed(lambda query: np.argpartition(-(rows @ query), 116), queries)
    plain, sketched = Block(vectors), Block(vectors, sketch=sketch)
    report["each_ms"], _ = timed(lambda query: near(plain, query, 50), queries)
    if sketch is None:
        return report
    report["sketch_ms"], _ = timed(lambda query: near(sketched, query, 50), queries)
    for kind, queries in asked.items():
        for count in (10, 50):
            found = [near(sketched, query, count) for query in queries]
            exact = [near(plain, query, count) for query in queries]
            hits = [len({*one} & {*other}) / count for one, other in zip(found, exact, strict=True)]
            report[f"recall_at_{count}, {kind}"] = round(float(np.mean(hits)), 4)
            report[f"worst_at_{count}, {kind}"] = round(min(hits), 2)
    return report


def near(block: Block, query: Floats, count: int) -> list[int]:
    """Return the best `count` as a search of the engine chooses them."""
    some = block.nearest(query, 2 * count + 16, NOTHING, by_length=False)
    order = np.argsort(-(block.vectors.values[some] @ query), kind="stable")[:count]
    return [int(position) for position in some[order]]


def main() -> None:
    """Measure each kind and write the report."""
    paragraphs, lines = embeddings(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
    rows = paragraphs[:-QUERIES]
    asked = {"paragraphs": paragraphs[-QUERIES:], "lines": lines}
    lots = np.random.default_rng(5)
    more = np.concatenate((rows, mixed(rows, COUNT - len(rows), lots)))
    kinds = [measure("real", rows, asked), measure("mixed", more, asked)]
    for name, topics in (("drawn", 0), ("topics", TOPICS)):
        some = drawn(topics, COUNT + QUERIES)
        kinds.append(measure(name, some[:COUNT], {"drawn": some[COUNT:]}))
    report = {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, other work beside it",
        "python": platform.python_version(),
        "dimension": DIMENSION,
        "search_cpu": kinds,
    }
    text = json.dumps(report, indent=2)
    (RESULTS / "vector_sketch.json").write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
