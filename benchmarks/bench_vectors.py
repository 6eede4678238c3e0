"""CPU milliseconds of one exact vector search through AQL, against the bare numpy product."""

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

from hades_mcp.embedded import connect
from hades_mcp.vectors.arango import ArangoVectorIndex

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

RESULTS = Path(__file__).parent / "results"
DIMENSION = 384
SIZES = (1_000, 10_000, 50_000)
QUERIES = 20
K = 10


def unit_vectors(count: int) -> NDArray[np.float32]:
    """Return rows of unit length, the same in every run."""
    rows = np.random.default_rng(7).standard_normal((count, DIMENSION)).astype(np.float32)
    lengths: NDArray[np.float32] = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / lengths


def cpu_milliseconds(search: Callable[[NDArray[np.float32]], Any]) -> float:
    """Return the median CPU time of one search; the first, which loads, is not counted."""
    queries = unit_vectors(QUERIES + 1)
    taken = []
    for query in queries:
        before = time.process_time()
        search(query)
        taken.append(time.process_time() - before)
    return statistics.median(taken[1:]) * 1000


def measure(count: int) -> dict[str, float]:
    """Fill a collection and search it both ways."""
    rows = unit_vectors(count)
    client = connect(None)
    try:
        db: Any = client.db("_system")
        db.create_collection("chunks")
        for start in range(0, count, 1000):
            batch = rows[start : start + 1000].tolist()
            db.collection("chunks").insert_many([{"embedding": row} for row in batch])
        vectors = ArangoVectorIndex(db)
        vectors.ensure("chunks", DIMENSION)
        ours = cpu_milliseconds(lambda query: vectors.search("chunks", query.tolist(), K))
    finally:
        client.close()
    bare = cpu_milliseconds(lambda query: np.argpartition(-(rows @ query), K)[:K])
    return {
        "vectors": count,
        "aql_ms": round(ours, 2),
        "numpy_ms": round(bare, 2),
        "ratio": round(ours / bare, 1),
    }


def main() -> None:
    """Measure every size and write the report."""
    report = {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "python": platform.python_version(),
        "dimension": DIMENSION,
        "search_cpu": [measure(count) for count in SIZES],
    }
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "vectors.json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
