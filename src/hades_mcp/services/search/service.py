"""Search: text in, passages with their documents out, by meaning, by words, along the graph."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from hades_mcp.errors import InvalidArgument
from hades_mcp.services.layout import CHUNKS, DOCUMENTS
from hades_mcp.services.refusals import translated
from hades_mcp.services.search.choosing import DIGITS, chosen, top
from hades_mcp.services.search.expansion import DECAY, MOST_HOPS, around
from hades_mcp.services.search.filters import Filter, check_attributes, filter_of
from hades_mcp.services.search.rankings import Question, Ranker, Rankings
from hades_mcp.services.search.rows import homes, passing, shown
from hades_mcp.services.search.snippets import snippet
from hades_mcp.services.statements import rows
from hades_mcp.services.trust.formula import trust_of, weighed
from hades_mcp.tokens import count_tokens

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from arango.database import StandardDatabase

    from hades_mcp.embedders.base import Embedder
    from hades_mcp.services.search.choosing import Choice
    from hades_mcp.services.search.expansion import Neighbour
    from hades_mcp.vectors.base import VectorIndex

MOST_HITS = 50
LEAST_CANDIDATES = 50
"""Passages taken of each ranking: what is low in both may be high in their sum."""

MOST_CANDIDATES = 2000
"""Passages looked at before giving up on filling a filtered answer."""

FEW = 1000
"""When a filter leaves no more documents, each of their passages is compared."""


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
            where: Only documents with these attributes; see `filters.filter_of`.
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
        choice = chosen(self._db, rankings.lists, found, limit, time.time())
        hits = self._hits(question, choice, wanted, limit, hops)
        fitting = hits if tokens is None else _packed(hits, tokens)
        return SearchResult(
            fitting,
            hint="" if hits else self._why_nothing(wanted),
            note=" ".join(rankings.notes),
            truncated=len(fitting) < len(hits),
            omitted=len(hits) - len(fitting),
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
    ) -> tuple[Rankings, dict[str, str]]:
        """Return rankings long enough to fill the answer, and the documents of their passages."""
        # several passages of one document are one hit
        count = max(limit * 4, LEAST_CANDIDATES)
        if wanted.conditions and few is None:
            count *= 4  # most do not pass, and to rank again costs more than to rank more
        while True:
            rankings = self._ranker.rank(question, count, few)
            found = homes(self._db, rankings.lists)
            if wanted.conditions:
                held = set(found.values())
                if few is None:
                    held = passing(self._db, wanted, held)
                else:
                    held &= {f"{DOCUMENTS}/{key}" for key in few}
                found = {passage: home for passage, home in found.items() if home in held}
            enough = len(set(found.values())) >= limit
            if enough or not rankings.full or count >= MOST_CANDIDATES:
                return rankings, found
            count = min(count * 4, MOST_CANDIDATES)

    def _hits(
        self, question: Question, choice: Choice, wanted: Filter, limit: int, hops: int
    ) -> list[SearchHit]:
        """Return the chosen documents and, with hops, what hangs together with them."""
        rows_of, scores, order, now = choice.rows, choice.scores, choice.best, time.time()
        reached: dict[str, Neighbour] = {}
        if hops and order:
            reached = around(self._db, {key: scores[key] for key in order}, hops, wanted)
            rows_of = {key: near.row for key, near in reached.items()} | rows_of
            scores = _with_neighbours(choice, reached, rows_of, now)
            others = {key: scores[key] for key in reached if key not in choice.best}
            added = top(others, limit * hops)
            order = top({key: scores[key] for key in (*order, *added)}, len(order) + len(added))
            reached = {key: reached[key] for key in added}
            candidates = [choice.passages[key] for key in added if key in choice.passages]
            rows_of |= {row["id"]: row for row in shown(self._db, candidates).values()}
        return [
            _hit(rows_of[key], scores[key], trust_of(rows_of[key], now), question, via)
            for key in order
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


def _with_neighbours(
    choice: Choice, reached: Mapping[str, Neighbour], rows_of: Mapping[str, Any], now: float
) -> dict[str, float]:
    """Return the scores of hits and neighbours: what each has of its own, and what hits give it.

    What is no hit itself gets no more than the hit it was reached from.
    """
    scores: dict[str, float] = {}
    for key in dict.fromkeys((*choice.best, *reached)):
        near = reached[key].score if key in reached else 0.0
        score = (choice.own.get(key, 0.0) + near) / (1 + DECAY)  # at most 1
        scores[key] = weighed(score, trust_of(rows_of[key], now))
        if key not in choice.best:
            scores[key] = min(scores[key], scores[reached[key].seed])
    return scores


def _hit(
    row: dict[str, Any], score: float, trust: float, question: Question, via: str
) -> SearchHit:
    return SearchHit(
        id=row["id"],
        title=row["title"],
        score=round(score, DIGITS),
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
