"""Vertices within 1 to 6 hops: the embedded ArangoDB beside ladybug, networkx and an SQLite CTE.

Each engine gives the keys of the vertices within reach, each once. `--large` adds a graph of a
million vertices.
"""

from __future__ import annotations

import gc
import random
import sqlite3
import statistics
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ladybug
import networkx as nx
from measuring import exponent, race, surroundings, table, write_report

from hades_mcp.embedded import connect
from hades_mcp.embedded.aql import execute
from hades_mcp.embedded.traversal import GraphReader, reach

if TYPE_CHECKING:
    from collections.abc import Callable

    from hades_mcp.embedded.storage import Database

SIZES = [(10_000, 30_000), (100_000, 300_000)]
LARGE = (1_000_000, 3_000_000)
HOPS = range(1, 7)
STARTS = 41
NAMES = [
    "hades",
    "hades, driver",
    "hades, no AQL",
    "hades, after a write",
    "networkx",
    "SQLite CTE",
    "ladybug",
]
BATCH = 100_000  # each commit writes most pages of the edge index: few commits, little to write

AQL = """FOR v IN 1..@hops OUTBOUND @start edges
    OPTIONS {order: "bfs", uniqueVertices: "global"} RETURN v._key"""
CTE = """WITH RECURSIVE walk(vertex, depth) AS (
    SELECT ?, 0 UNION SELECT target, depth + 1 FROM walk JOIN edges ON source = vertex
    WHERE depth < ?) SELECT DISTINCT vertex FROM walk"""
CYPHER = "MATCH (a:V {id: $start})-[:E*SHORTEST 1..%d]->(b:V) RETURN b.id"

Edges = list[tuple[int, int]]


class Hades:
    """The embedded ArangoDB, from its SQLite file; beneath the driver and through it."""

    def __init__(self, folder: Path, vertices: int, edges: Edges) -> None:
        self.client = connect(folder)
        self.db: Any = self.client.db("_system")
        self.db.create_collection("vertices")
        self.db.create_collection("edges", edge=True)
        for start in range(0, vertices, BATCH):
            keys = range(start, min(start + BATCH, vertices))
            self.db.collection("vertices").insert_many(
                [{"_key": str(key), "name": f"vertex {key}"} for key in keys], silent=True
            )
        for start in range(0, len(edges), BATCH):
            self.db.collection("edges").insert_many(
                [
                    {"_from": f"vertices/{source}", "_to": f"vertices/{target}"}
                    for source, target in edges[start : start + BATCH]
                ],
                silent=True,
            )
        self.some = self.db.collection("edges").random()
        http: Any = self.client._http  # noqa: SLF001  the engine beneath the driver
        self.database: Database = http._engine.database("_system")  # noqa: SLF001  same

    def engine(self, hops: int, start: int) -> list[str]:
        """Ask the engine."""
        bind = {"hops": hops, "start": f"vertices/{start}"}
        return execute(self.database, AQL, bind).rows

    def walk(self, hops: int, start: int) -> list[str]:
        """Ask the walker beneath AQL, in a transaction of its own."""
        with self.database.transaction() as transaction:
            reader = GraphReader(transaction)
            found = reach(
                reader,
                f"vertices/{start}",
                minimum=1,
                maximum=hops,
                edge_collections=[("edges", "outbound")],
            )
            keys: list[str] = []
            for vertices in found:
                absent = reader.absent(vertices)
                keys += [vertex.key for vertex in vertices if vertex not in absent]
            return keys

    def driver(self, hops: int, start: int) -> list[str]:
        """Ask through python-arango."""
        bind = {"hops": hops, "start": f"vertices/{start}"}
        return list(self.db.aql.execute(AQL, bind_vars=bind, batch_size=10**6))

    def write(self) -> None:
        """Write an edge beside another one: what was read counts only where nobody wrote."""
        edge = {"_from": self.some["_from"], "_to": self.some["_to"]}
        self.db.collection("edges").insert(edge, silent=True)


class Cte:
    """SQLite with an index that covers both ends."""

    def __init__(self, folder: Path, edges: Edges) -> None:
        self.connection = sqlite3.connect(folder / "cte.sqlite")
        self.connection.execute("CREATE TABLE edges(source TEXT, target TEXT)")
        rows = ((str(source), str(target)) for source, target in edges)
        self.connection.executemany("INSERT INTO edges VALUES (?, ?)", rows)
        self.connection.execute("CREATE INDEX both ON edges(source, target)")
        self.connection.commit()

    def ask(self, hops: int, start: int) -> list[str]:
        """Ask for the vertices within reach."""
        rows = self.connection.execute(CTE, (str(start), hops))
        return [vertex for (vertex,) in rows]


class Ladybug:
    """ladybug, the successor of kuzu, from its file."""

    def __init__(self, folder: Path, vertices: int, edges: Edges) -> None:
        (folder / "v.csv").write_text("".join(f"{key}\n" for key in range(vertices)))
        (folder / "e.csv").write_text("".join(f"{a},{b}\n" for a, b in edges))
        self.database = ladybug.Database(str(folder / "ladybug"))
        self.connection = ladybug.Connection(self.database)
        self.connection.execute("CREATE NODE TABLE V(id STRING, PRIMARY KEY(id))")
        self.connection.execute("CREATE REL TABLE E(FROM V TO V)")
        self.connection.execute(f"COPY V FROM '{folder / 'v.csv'}'")
        self.connection.execute(f"COPY E FROM '{folder / 'e.csv'}'")

    def ask(self, hops: int, start: int) -> list[str]:
        """Ask for the vertices within reach."""
        result = self.connection.execute(CYPHER % hops, {"start": str(start)})
        return [vertex for (vertex,) in result.get_all()]


def reach_in(graph: Any, hops: int, start: int) -> list[str]:
    """Ask networkx."""
    return list(nx.single_source_shortest_path_length(graph, str(start), cutoff=hops))


def measure(vertices: int, count: int, folder: Path) -> list[dict[str, Any]]:
    """Build one graph in all engines and let them walk it."""
    draw = random.Random(7)
    edges = [(draw.randrange(vertices), draw.randrange(vertices)) for _ in range(count)]
    starts = [draw.randrange(vertices) for _ in range(STARTS)]
    hades, cte = Hades(folder / "hades", vertices, edges), Cte(folder, edges)
    bug = Ladybug(folder, vertices, edges)
    graph: Any = nx.DiGraph()
    graph.add_nodes_from(map(str, range(vertices)))
    graph.add_edges_from((str(source), str(target)) for source, target in edges)
    gc.freeze()  # Python would walk through all of the graph at whatever contestant's turn
    rows = []
    for hops in HOPS:
        asked = starts if hops < 5 else starts[:9]
        first: dict[str, Callable[[int], list[str]]] = {
            NAMES[0]: partial(hades.engine, hops),
            NAMES[1]: partial(hades.driver, hops),
            NAMES[2]: partial(hades.walk, hops),
            NAMES[4]: partial(reach_in, graph, hops),
            NAMES[5]: partial(cte.ask, hops),
            NAMES[6]: partial(bug.ask, hops),
        }
        for start in asked:  # what is asked for again and again is in memory everywhere
            first[NAMES[0]](start)
            assert_alike(first, start)
        found = statistics.median(len(set(first[NAMES[0]](start))) for start in asked)
        times = race(first, asked, normal=partial(apart, asked[0]))
        again = {NAMES[3]: partial(hades.engine, hops)}
        times |= race(again, asked, normal=sorted, before={NAMES[3]: hades.write})
        what = f"{vertices:,} vertices, {hops} hops ({found:,.0f} found)"
        rows.append({"what": what, "vertices": vertices, "hops": hops, "found": found})
        rows[-1]["times"] = times
        print(what, {name: each["cpu_ms"] for name, each in times.items()}, flush=True)
    hades.client.close()
    cte.connection.close()
    gc.unfreeze()
    return rows


def apart(start: int, found: list[str]) -> list[str]:
    """Return what was found but for the start: the engines differ in whether it reaches itself."""
    return sorted(set(found) - {str(start)})


def assert_alike(contestants: dict[str, Callable[[int], list[str]]], start: int) -> None:
    """Compare the answers of all engines."""
    answers = {name: apart(start, ask(start)) for name, ask in contestants.items()}
    assert len({tuple(answer) for answer in answers.values()}) == 1, (start, answers)


def growth(rows: list[dict[str, Any]]) -> dict[str, float]:
    """Return, by hops, the power of the number of vertices that the time grows with."""
    sizes = sorted({row["vertices"] for row in rows})
    return {
        f"{hops} hops": exponent(
            sizes, [row["times"][NAMES[0]]["cpu_ms"] for row in rows if row["hops"] == hops]
        )
        for hops in HOPS
    }


def main() -> None:
    """Measure every size and write the report."""
    rows: list[dict[str, Any]] = []
    for vertices, edges in [*SIZES, LARGE] if "--large" in sys.argv else SIZES:
        with tempfile.TemporaryDirectory() as folder:
            rows += measure(vertices, edges, Path(folder))
    report = surroundings() | {"query": AQL, "rows": rows, "growth": growth(rows)}
    title = "Vertices within reach, CPU milliseconds (and times hades)"
    write_report("traversals", report, {title: table(rows, NAMES)})


if __name__ == "__main__":
    main()
