"""What hangs together with the documents a search has found: their graph, a few edges far."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hades_mcp.services.layout import DOCUMENT_EDGES
from hades_mcp.services.search.rows import DOCUMENT
from hades_mcp.services.statements import rows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from arango.database import StandardDatabase

    from hades_mcp.services.search.filters import Filter

MOST_HOPS = 2
DECAY = 0.5
"""What a document gets of the score of a hit, for each edge between them."""

MOST_AROUND = 50
"""Documents looked at around one hit, the nearest first: some have thousands."""

_AROUND = """
WITH documents, chunks
FOR hit IN @hits
  LET around = (
    FOR d, e, p IN 1..@hops ANY hit {edges}
      OPTIONS {{order: "bfs", uniqueVertices: "global"}}
      FILTER d != null
      {conditions}
      LIMIT @around
      RETURN MERGE({document}, {{
        edges: p.edges[* RETURN CURRENT._id], ends: p.edges[* RETURN CURRENT._from],
        way: p.vertices[* RETURN CURRENT._id]
      }})
  )
  FOR found IN around
    RETURN MERGE(found, {{hit}})
"""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A document reached from a hit.

    Args:
        row: The document as a search shows it.
        seed: The `_id` of that hit.
        score: What it gets from it.
        via: The way: `documents/1 -calls-> documents/2`.
    """

    row: dict[str, Any]
    seed: str
    score: float
    via: str


def around(
    db: StandardDatabase, scores: Mapping[str, float], hops: int, wanted: Filter
) -> dict[str, Neighbour]:
    """Return what the graph leads to from some hits, each by the way that gives it most, by `_id`.

    A document gets the score of the hit times 0.5 for each edge between them; the best hit counts.

    Args:
        db: The database.
        scores: `_id` of each hit → its score.
        hops: How many edges far.
        wanted: What may be found.
    """
    query = _AROUND.format(
        edges=", ".join(DOCUMENT_EDGES), conditions=wanted.conditions, document=DOCUMENT
    )
    bind = {"hits": list(scores), "hops": hops, "around": MOST_AROUND} | wanted.bind
    reached: dict[str, Neighbour] = {}
    for row in rows(db, query, bind):
        score = scores[row["hit"]] * DECAY ** len(row["edges"])
        if row["id"] not in reached or score > reached[row["id"]].score:
            via = _via(row["way"], row["edges"], row["ends"])
            reached[row["id"]] = Neighbour(row, row["hit"], score, via)
    return reached


def _via(way: Sequence[str], edges: Sequence[str], ends: Sequence[str]) -> str:
    said = way[0]
    for edge, origin, here, there in zip(edges, ends, way, way[1:], strict=False):
        kind = edge.partition("/")[0]
        said += f" -{kind}-> {there}" if origin == here else f" <-{kind}- {there}"
    return said
