"""Where the edges at vertices lead, out of the edge index alone; remembered while it holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

import orjson

from hades_mcp.embedded.storage.recent import Reads, edge_handle
from hades_mcp.embedded.storage.statements import statements

if TYPE_CHECKING:
    from collections.abc import Collection as Sized
    from collections.abc import Sequence

    from hades_mcp.embedded.storage.catalog import CollectionInfo
    from hades_mcp.embedded.storage.recent import Hop
    from hades_mcp.embedded.storage.session import Session

Direction: TypeAlias = Literal["outbound", "inbound"]
_FEW = 2
"""Up to so many keys are cheaper looked up one by one than handed over as JSON."""


def find_hops(
    session: Session, number: int, vertex_ids: Sized[str], direction: Direction
) -> dict[str, list[Hop]]:
    """Return the hops from at least these vertices; the caller changes nothing of it."""
    reads = session.reads(number) or Reads(0)
    reads.make_room()
    known = reads.hops(direction)
    missing = [vertex for vertex in vertex_ids if vertex not in known]
    if missing:
        found = _read_hops(session, number, missing, direction)
        known.update(found)
        reads.weigh(found)
    return known


def _read_hops(
    session: Session, number: int, vertices: list[str], direction: Direction
) -> dict[str, list[Hop]]:
    sql = statements(number, edge=True)
    found: dict[str, list[Hop]] = {vertex: [] for vertex in vertices}
    base = edge_handle(number, 0)
    if len(vertices) <= _FEW:
        one = sql.tails_one if direction == "inbound" else sql.heads_one
        for vertex in vertices:
            rows = session.execute(one, (vertex,)).fetchall()
            found[vertex] = [(base + row, end) for _, row, end in rows]
        return found
    many = sql.tails if direction == "inbound" else sql.heads
    for vertex, row, end in session.execute(many, (orjson.dumps(vertices).decode(),)).fetchall():
        found[vertex].append((base + row, end))
    return found


def find_keys(session: Session, info: CollectionInfo, ids: Sequence[str]) -> dict[str, str | None]:
    """Return for at least these `_id`s of a collection the key, or None without a document."""
    reads = session.reads(info.number) or Reads(0)
    reads.make_room()
    known = reads.keys
    missing = [vertex for vertex in ids if vertex not in known]
    if missing:
        start = len(info.name) + 1
        wanted = orjson.dumps([vertex[start:] for vertex in missing]).decode()
        sql = statements(info.number, edge=info.is_edge).present
        stored = {key for (key,) in session.execute(sql, (wanted,))}
        known.update((each, key if (key := each[start:]) in stored else None) for each in missing)
    return known
