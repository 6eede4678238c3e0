"""Chooses the best documents of some rankings, reading no more documents than that takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hades_mcp.services.search.rankings import fused
from hades_mcp.services.search.rows import by_document, shown
from hades_mcp.services.trust.formula import trust_of, weighed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from arango.database import StandardDatabase

    from hades_mcp.vectors.base import Hit

DIGITS = 4
"""Of a score: what is shown, and what counts."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The best documents, by `_id`.

    Args:
        best: Those chosen, the best first.
        scores: Of what was read: the score, weighed by trust.
        rows: Of what was read: what is shown of it.
        own: Of every candidate: its score before trust weighs.
        passages: Of every candidate: its best passage, by `_id`.
    """

    best: list[str]
    scores: dict[str, float]
    rows: dict[str, dict[str, Any]]
    own: dict[str, float]
    passages: dict[str, str]


def chosen(
    db: StandardDatabase,
    rankings: Sequence[Sequence[Hit]],
    homes: Mapping[str, str],
    limit: int,
    now: float,
) -> Choice:
    """Return the documents that fused rankings and trust put first.

    Trust only takes from a score: documents are read in the order of their scores until the next
    could not come among the best if it were believed entirely.

    Args:
        db: The database.
        rankings: Passages, and documents for their titles.
        homes: `_id` of a passage → that of its document; others are left out.
        limit: How many documents at most.
        now: The time, in Unix seconds.
    """
    known = dict(homes)
    while True:
        ranked = [by_document(ranking, known) for ranking in rankings]
        own = fused(list(ranking) for ranking in ranked)
        # the best passage is that of the first ranking a document is in
        passages = {key: each for ranking in reversed(ranked) for key, each in ranking.items()}
        rows, gone = _read(db, own, passages, limit, now)
        if not gone:
            break
        known = {passage: home for passage, home in known.items() if passage not in gone}
    # in the order of the first ranking, so that meaning decides between equals
    scores = {key: weighed(own[key], trust_of(rows[key], now)) for key in own if key in rows}
    return Choice(top(scores, limit), scores, rows, own, passages)


def top(scores: Mapping[str, float], most: int) -> list[str]:
    """Return the keys that score highest; of equals those that come first."""
    # trust ages by the second: that one file was read a moment later must not decide
    return sorted(scores, key=lambda key: round(scores[key], DIGITS), reverse=True)[:most]


def _read(
    db: StandardDatabase,
    own: Mapping[str, float],
    passages: Mapping[str, str],
    limit: int,
    now: float,
) -> tuple[dict[str, dict[str, Any]], set[str]]:
    """Return the rows of what may come among the best; and passages that are not there any more."""
    order = sorted(own, key=lambda key: -own[key])
    rows: dict[str, dict[str, Any]] = {}
    for start in range(0, len(order), 2 * limit):
        batch = order[start : start + 2 * limit]
        scores = sorted(
            (weighed(own[key], trust_of(row, now)) for key, row in rows.items()), reverse=True
        )
        if len(scores) >= limit and round(own[batch[0]], DIGITS) < round(scores[limit - 1], DIGITS):
            break
        found = shown(db, [passages[key] for key in batch])
        rows |= {key: found[passages[key]] for key in batch if passages[key] in found}
        gone = {passages[key] for key in batch if rows.get(key, {}).get("id") != key}
        if gone:
            return rows, gone
    return rows, set()
