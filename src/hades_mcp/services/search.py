"""Search: text in, passages with their documents out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_args

from hades_mcp.errors import InvalidArgument, UnknownName
from hades_mcp.services.layout import CHUNKS, DOCUMENTS
from hades_mcp.services.readers.parsed import Kind
from hades_mcp.services.refusals import translated
from hades_mcp.services.statements import rows

if TYPE_CHECKING:
    from collections.abc import Iterable

    from arango.database import StandardDatabase

    from hades_mcp.embedders.base import Embedder
    from hades_mcp.vectors.base import Hit, VectorIndex

MOST_HITS = 50
MOST_CANDIDATES = 2000
"""Passages looked at before giving up on filling a filtered answer."""

SNIPPET = 300
"""Characters of a passage that are shown."""

_JOIN = """
FOR chunk IN @chunks
  LET c = DOCUMENT(chunk)
  LET d = DOCUMENT(CONCAT(@documents, "/", c.document))
  FILTER d != null
  RETURN {
    chunk, snippet: c.text,
    id: d._id, title: d.title, kind: d.kind, source: d.source, line: d.line
  }
"""


@dataclass(frozen=True, slots=True)
class SearchHit:
    """A document, by its best passage.

    Args:
        id: The document's `_id`.
        title: What a person calls it.
        kind: module, class, function, method, file or section.
        path: The file it comes from.
        line: Where in the file it begins.
        score: Nearness to the question, at most 1.
        snippet: The passage that fits best, its beginning.
    """

    id: str
    title: str
    kind: str
    path: str
    line: int
    score: float
    snippet: str


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What a search found.

    Args:
        hits: The best first.
        hint: What to do when there is nothing.
    """

    hits: list[SearchHit]
    hint: str = ""


class SearchService:
    """Finds documents by what they mean.

    Args:
        db: The database, with its layout made.
        embedder: Turns the question into a vector.
        vectors: Finds the nearest passages.
    """

    def __init__(self, db: StandardDatabase, embedder: Embedder, vectors: VectorIndex) -> None:
        self._db = db
        self._embedder = embedder
        self._vectors = vectors

    @translated
    def search(self, text: str, limit: int = 10, *, kind: str | None = None) -> SearchResult:
        """Return the documents that fit a question best, each once.

        Args:
            text: The question, in words.
            limit: How many documents at most, 1 to 50.
            kind: Only documents of this kind.

        Raises:
            InvalidArgument: No text, or a limit out of range.
            UnknownName: There is no such kind.
            Unavailable: The embedder or the store is not there.
        """
        if not text.strip():
            raise InvalidArgument("The search text is empty.", hint="Say what you look for.")
        if not 1 <= limit <= MOST_HITS:
            raise InvalidArgument(f"limit is {limit}.", hint=f"Use 1 to {MOST_HITS}.")
        if kind is not None and kind not in get_args(Kind):
            raise UnknownName("kind of document", kind, get_args(Kind))
        if not self._vectors_stored():
            return SearchResult([], "Nothing has been ingested yet: ingest a file or folder first.")
        return self._answer(text, limit, kind)

    def _answer(self, text: str, limit: int, kind: str | None) -> SearchResult:
        vector: list[float] = self._embedder.embed([text])[0].tolist()
        wanted = limit * 4  # several passages of one document are one hit
        while True:
            # one ranking now; that of the words (BM25) joins it here, fused by reciprocal rank
            ranking = self._vectors.search(CHUNKS, vector, wanted)
            hits = self._documents(ranking, limit, kind)
            if len(hits) >= limit or len(ranking) < wanted or wanted >= MOST_CANDIDATES:
                break
            wanted = min(wanted * 4, MOST_CANDIDATES)
        nothing = (
            f"Nothing near is a {kind}: search without kind." if kind else "Nothing was found."
        )
        return SearchResult(hits, "" if hits else nothing)

    def _vectors_stored(self) -> bool:
        return bool(rows(self._db, "FOR c IN @@c LIMIT 1 RETURN 1", {"@c": CHUNKS}))

    def _documents(self, ranking: list[Hit], limit: int, kind: str | None) -> list[SearchHit]:
        bind = {"chunks": [hit.id for hit in ranking], "documents": DOCUMENTS}
        joined = {row["chunk"]: row for row in rows(self._db, _JOIN, bind)}
        found: dict[str, SearchHit] = {}
        for hit, row in _known(ranking, joined):
            if row["id"] not in found and kind in {None, row["kind"]}:
                found[row["id"]] = _search_hit(hit, row)
            if len(found) == limit:
                break
        return list(found.values())


def _known(
    ranking: list[Hit], joined: dict[str, dict[str, Any]]
) -> Iterable[tuple[Hit, dict[str, Any]]]:
    # a passage may have gone between the two queries
    return ((hit, joined[hit.id]) for hit in ranking if hit.id in joined)


def _search_hit(hit: Hit, row: dict[str, Any]) -> SearchHit:
    text = " ".join(row["snippet"].split())
    return SearchHit(
        id=row["id"],
        title=row["title"],
        kind=row["kind"],
        path=row["source"],
        line=row["line"],
        score=round(hit.score, 4),
        snippet=text if len(text) <= SNIPPET else text[: SNIPPET - 1].rstrip() + "…",
    )
