"""Search: text in, passages with their documents out, by meaning, by words, along the graph."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from hades_mcp.errors import InvalidArgument
from hades_mcp.services.layout import CHUNKS, DOCUMENTS
from hades_mcp.services.refusals import translated
from hades_mcp.services.search.expansion import DECAY, MOST_HOPS, around
from hades_mcp.services.search.filters import Filter, check_attributes, filter_of
from hades_mcp.services.search.rankings import Question, Ranker, Rankings, by_document, fused
from hades_mcp.services.search.rows import joined
from hades_mcp.services.search.snippets import snippet
from hades_mcp.services.statements import rows
from hades_mcp.services.trust.formula import trust_of, weighed
from hades_mcp.tokens import count_tokens

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from arango.database import StandardDatabase

    from hades_mcp.embedders.base import Embedder
    from hades_mcp.services.search.expansion import Neighbour
    from hades_mcp.vectors.base import VectorIndex

MOST_HITS = 50
LEAST_CANDIDATES = 50
"""Passages taken of each ranking: what is low in both may be high in their sum."""

MOST_CANDIDATES = 2000
"""Passages looked at before giving up on filling a filtered answer."""

FEW = 1000
"""When a filter leaves no more documents, each of their passages is compared."""

_DIGITS = 4
"""Of a score: what is shown, and what counts."""


@dataclass(frozen=True, slots=True)
class SearchHit:
    """A document, by its best passage.

    Args:
        id: The document's `_id`.
        title: What a person calls it.
        score: At most 1: first in every ranking, and believed.
        trust: How far it may be believed, 0 to 1.
        snippet: The passage that fits best, the part of it with most words of the question.
        kind: module, class, function, method, file, section …
        path: The file it comes from.
        line: Where in the file it begins.
        via: For a document that the graph led to: from which hit, over which edges.
    """

    id: str
    title: str
    score: float
    trust: float
    snippet: str
    kind: str | None = None
    path: str | None = None
    line: int | None = None
    via: str = ""


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What a search found.

    Args:
        hits: The best first.
        hint: What to do when there is nothing.
        note: What is missing, when a part of the search could not be had.
        truncated: There were more hits than the budget of tokens let through.
        omitted: How many.
    """

    hits: list[SearchHit]
    hint: str = ""
    note: str = ""
    truncated: bool = False
    omitted: int = 0


class SearchService:
    """Finds documents by what they mean, by the words in them, and by what they hang together with.

    Args:
        db: The database, with its layout made.
        embedder: Turns the question into a vector.
        vectors: Finds the nearest passages.
    """

    def __init__(self, db: StandardDatabase, embedder: Embedder, vectors: VectorIndex) -> None:
        self._db = db
        self._ranker = Ranker(db, embedder, vectors)

    @translated
    def search(
        self,
        text: str,
        limit: int = 10,
        *,
        kind: str | None = None,
        where: Mapping[str, Any] | None = None,
        hops: int = 0,
        tokens: int | None = None,
    ) -> SearchResult:
        """Return the documents that fit a question best, each once.

        Rankings by meaning and by words (BM25) are fused by reciprocal rank; trust then weighs.
        When the embedder or the view is not there, the other ranking answers, and `note` says so.

        Args:
            text: The question, in words.
            limit: How many documents at most, 1 to 50; as many again for each of `hops`.
            kind: Only documents of this kind.
            where: Only documents with these attributes; see `search_filters.filter_of`.
            hops: How many edges far what hangs together with the hits is added, 0 to 2. It gets
                half the score of its hit per edge, beside what it has of its own.
            tokens: Budget of the hits; those that do not fit whole are left out, and counted.

        Raises:
            InvalidArgument: No text, or a number out of range.
            UnknownName: There is no such kind, attribute or document to be connected to.
            Unavailable: The store is not there.
        """
        _check(text, limit, hops)
        wanted = filter_of(self._db, kind, where)
        few = self._few(wanted)
        if few == []:
            check_attributes(self._db, wanted)
            return SearchResult([], self._why_nothing(wanted))
        question = self._ranker.question(text)
        rankings, found = self._candidates(question, limit, wanted, few)
        ranked = [by_document(ranking, found) for ranking in rankings.lists]
        hits = self._scored(question, ranked, limit, hops, wanted)
        shown = hits if tokens is None else _packed(hits, tokens)
        return SearchResult(
            shown,
            hint="" if hits else self._why_nothing(wanted),
            note=" ".join(rankings.notes),
            truncated=len(shown) < len(hits),
            omitted=len(hits) - len(shown),
        )

    def _few(self, wanted: Filter) -> list[str] | None:
        """Return the keys of the documents that a filter leaves, or None when they are many."""
        if not wanted.conditions:
            return None
        query = f"FOR d IN @@documents {wanted.conditions} LIMIT {FEW + 1} RETURN d._key"
        keys = rows(self._db, query, {"@documents": DOCUMENTS} | wanted.bind)
        return keys if len(keys) <= FEW else None

    def _candidates(
        self, question: Question, limit: int, wanted: Filter, few: list[str] | None
    ) -> tuple[Rankings, dict[str, dict[str, Any]]]:
        """Return rankings long enough to fill the answer, and the rows of their passages."""
        # several passages of one document are one hit
        count = max(limit * 4, LEAST_CANDIDATES)
        while True:
            rankings = self._ranker.rank(question, count, few)
            found = joined(self._db, rankings.lists, wanted)
            enough = len({row["id"] for row in found.values()}) >= limit
            if enough or not rankings.full or count >= MOST_CANDIDATES:
                return rankings, found
            count = min(count * 4, MOST_CANDIDATES)

    def _scored(
        self,
        question: Question,
        ranked: list[dict[str, dict[str, Any]]],
        limit: int,
        hops: int,
        wanted: Filter,
    ) -> list[SearchHit]:
        documents = {key: row for ranking in reversed(ranked) for key, row in ranking.items()}
        own = fused(list(ranking) for ranking in ranked)
        now = time.time()
        # in the order of the first ranking, so that meaning decides between equals
        scores = {key: weighed(score, trust_of(documents[key], now)) for key, score in own.items()}
        chosen = _best(scores, limit)
        reached: dict[str, Neighbour] = {}
        if hops and chosen:
            seeds = set(chosen)
            reached = around(self._db, {key: scores[key] for key in chosen}, hops, wanted)
            documents = {key: near.row for key, near in reached.items()} | documents
            for key in seeds.union(reached):
                near = reached[key].score if key in reached else 0.0
                score = (own.get(key, 0.0) + near) / (1 + DECAY)  # at most 1
                scores[key] = weighed(score, trust_of(documents[key], now))
            others = {key: scores[key] for key in reached if key not in seeds}
            added = _best(others, limit * hops)
            chosen = _best({key: scores[key] for key in (*chosen, *added)}, limit * (1 + hops))
            reached = {key: reached[key] for key in added}
        return [
            _hit(documents[key], scores[key], trust_of(documents[key], now), question, via)
            for key in chosen
            for via in [reached[key].via if key in reached else ""]
        ]

    def _why_nothing(self, wanted: Filter) -> str:
        if not rows(self._db, "FOR c IN @@c LIMIT 1 RETURN 1", {"@c": CHUNKS}):
            return "Nothing has been ingested yet: ingest a file or folder first."
        if "kind" in wanted.bind:
            return f"Nothing near is a {wanted.bind['kind']}: search without kind."
        if wanted.conditions:
            return "Nothing fits `where`: search without it."
        return "Nothing was found."


def _check(text: str, limit: int, hops: int) -> None:
    if not text.strip():
        raise InvalidArgument("The search text is empty.", hint="Say what you look for.")
    if not 1 <= limit <= MOST_HITS:
        raise InvalidArgument(f"limit is {limit}.", hint=f"Use 1 to {MOST_HITS}.")
    if not 0 <= hops <= MOST_HOPS:
        raise InvalidArgument(f"hops is {hops}.", hint=f"Use 0 to {MOST_HOPS}.")


def _best(scores: Mapping[str, float], most: int) -> list[str]:
    """Return the keys that score highest; of equals those that come first."""
    # trust ages by the second: that one file was read a moment later must not decide
    return sorted(scores, key=lambda key: round(scores[key], _DIGITS), reverse=True)[:most]


def _hit(
    row: dict[str, Any], score: float, trust: float, question: Question, via: str
) -> SearchHit:
    return SearchHit(
        id=row["id"],
        title=row["title"],
        score=round(score, _DIGITS),
        trust=round(trust, 2),
        snippet=snippet(row["text"], question.text),
        kind=row["kind"],
        path=row["path"],
        line=row["line"],
        via=via,
    )


def _packed(hits: Sequence[SearchHit], tokens: int) -> list[SearchHit]:
    """Return the hits that fit a budget, the best first; one is always shown."""
    shown: list[SearchHit] = []
    for hit in hits:
        tokens -= count_tokens(json.dumps(asdict(hit), ensure_ascii=False))
        if shown and tokens < 0:
            break
        shown.append(hit)
    return shown
