"""CPU milliseconds and recall of search by lists, against looking at each vector, and faiss."""

from __future__ import annotations

import json
import os
import platform
import statistics
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hades_mcp.embedded.storage.vector_block import Block, Vectors, by_lists

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

RESULTS = Path(__file__).parent / "results"
DIMENSION, COUNT, TOPICS, QUERIES, K = 384, 400_000, 4_000, 50, 10
NOISE = 0.8  # beside a topic's own length of 1: texts of one topic are 0.6 alike
NOTHING = np.empty(0, dtype=np.int64)


def unit_vectors() -> NDArray[np.float32]:
    """Return vectors around topics, as embeddings of texts lie, the same in every run."""
    rng = np.random.default_rng(7)
    centres = rng.standard_normal((TOPICS, DIMENSION)).astype(np.float32)
    rows = centres[rng.integers(0, TOPICS, COUNT + QUERIES)]
    rows += NOISE * rng.standard_normal(rows.shape, dtype=np.float32)
    lengths: NDArray[np.float32] = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / lengths


def timed(
    search: Callable[[NDArray[np.float32]], NDArray[np.int64]], queries: NDArray[np.float32]
) -> tuple[float, list[set[int]]]:
    """Return the median CPU milliseconds of a search, and what each found."""
    taken, found = [], []
    search(queries[0])
    for query in queries:
        before = time.process_time()
        rows = search(query)
        taken.append(time.process_time() - before)
        found.append({int(row) for row in rows})
    return statistics.median(taken) * 1000, found


def ours(block: Block) -> Callable[[NDArray[np.float32]], NDArray[np.int64]]:
    """Return a search of the best K in a block."""

    def search(query: NDArray[np.float32]) -> NDArray[np.int64]:
        near = block.nearest(query, 2 * K + 16, NOTHING, by_length=False)
        order = np.argsort(-(block.vectors.values[near] @ query), kind="stable")[:K]
        return block.vectors.rows[near[order]]

    return search


def faiss_search(rows: NDArray[np.float32], lists: int, probes: int) -> tuple[float, Any]:
    """Return the CPU seconds faiss needs to build the same kind of index, and its search."""
    import faiss  # noqa: PLC0415  the rival may be absent

    before = time.process_time()
    index: Any = faiss.index_factory(DIMENSION, f"IVF{lists},Flat", faiss.METRIC_INNER_PRODUCT)
    index.train(rows)
    index.add(rows)
    index.nprobe = probes
    return time.process_time() - before, lambda query: index.search(query[None], K)[1][0]


def main() -> None:
    """Measure and write the report."""
    rows = unit_vectors()
    rows, queries = rows[:COUNT], rows[COUNT:]
    vectors = Vectors(np.arange(COUNT), rows, np.zeros(COUNT, dtype=np.float32))
    lists = int(COUNT**0.5) // 2
    before = time.process_time()
    listed = by_lists(vectors, by_length=False)
    built = time.process_time() - before
    faiss_built, faiss_finds = faiss_search(rows, lists, lists // 8)
    exact_ms, exact = timed(ours(Block(vectors)), queries)
    report: dict[str, Any] = {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "vectors": COUNT,
        "dimension": DIMENSION,
        "lists": lists,
        "each": {"search_cpu_ms": round(exact_ms, 2)},
    }
    for name, search, seconds in (
        ("lists", ours(listed), built),
        ("faiss", faiss_finds, faiss_built),
    ):
        spent, found = timed(search, queries)
        hits = sum(len(one & other) for one, other in zip(exact, found, strict=True))
        report[name] = {
            "build_cpu_s": round(seconds, 1),
            "search_cpu_ms": round(spent, 2),
            "recall_at_10": round(hits / (K * QUERIES), 3),
            "times_faster_than_each": round(exact_ms / spent, 1),
        }
    RESULTS.mkdir(exist_ok=True)
    text = json.dumps(report, indent=2)
    (RESULTS / "vector_lists.json").write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main()
