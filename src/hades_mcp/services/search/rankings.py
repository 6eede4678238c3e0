"""Rankings of documents by meaning and by words, and one made of both."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from arango.exceptions import ArangoServerError

from hades_mcp.errors import ConfigError, Unavailable
from hades_mcp.services.layout import ANALYZER, CHUNKS, DOCUMENTS, SEARCH_VIEW
from hades_mcp.services.pins import check_pin
from hades_mcp.services.refusals import LOCKED, UNUSABLE, message
from hades_mcp.services.search.rows import homes
from hades_mcp.services.statements import rows
from hades_mcp.vectors.base import Hit

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from arango.database import StandardDatabase

    from hades_mcp.embedders.base import Embedder
    from hades_mcp.vectors.base import VectorIndex

RRF_K = 5
"""Of reciprocal rank fusion, 1 / (k + rank): Cormack, Clarke and Büttcher, SIGIR 2009.

They take 60, for pooling many relevant documents: what is 50th in both rankings comes before what
is first in one. A question here wants one document or a few: of those that
`benchmarks/bench_retrieval.py` asks, the two rankings fused with k = 60 answer 0.71 among the first
five, with k = 5 0.79, with 1 to 8 0.77 to 0.81. It was chosen on them.
"""

NAME = re.compile(r"\w{2,}(?:[._]\w+)+")
"""A name with several parts, as identifiers have: it is looked for as a phrase too."""

NEAR_ONLY = "None of the words occurs; these are the nearest in meaning."

_MOST_NAMES = 4

# the view knows the documents of chunks; a title's document is itself
_BEST = f"""
FOR c IN {SEARCH_VIEW}
  SEARCH ANALYZER({{condition}}, "{ANALYZER}")
  {{few}}
  LET score = BM25(c)
  SORT score DESC
  LIMIT @k
  RETURN [c._id, score]
"""
_WORDS = f'c.text IN TOKENS(@text, "{ANALYZER}") OR c.title IN TOKENS(@text, "{ANALYZER}")'
_NAMED = "PHRASE(c.text, @name{0}) OR PHRASE(c.title, @name{0})"
_FEW_WORDS = "FILTER NOT_NULL(c.document, c._key) IN @few"
_FEW_VECTORS = """
FOR c IN @@chunks
  FILTER c.document IN @few
  LET score = {function}(c.embedding, @vector)
  {scored}
  SORT score DESC
  LIMIT @k
  RETURN [c._id, score]
"""
_FEW_NEAR = _FEW_VECTORS.format(function="APPROX_NEAR_COSINE", scored="")
_FEW_EXACT = _FEW_VECTORS.format(function="COSINE_SIMILARITY", scored="FILTER score != null")
_NO_VECTOR_INDEX = 1554
_REACHES = (500, 2000)
"""Passages with the words that are ranked at first to find those of a few documents."""

_ENOUGH = 10
"""One in so many of the passages asked for: what few documents' words rank lower counts little."""


@dataclass(frozen=True, slots=True)
class Question:
    """A search text, ready for both rankings.

    Args:
        text: In words.
        vector: Its vector; None when the embedder is not there.
        note: Why there is none.
    """

    text: str
    vector: list[float] | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Rankings:
    """What fits a question, as `_id`s of chunks (and, for words in titles, of documents).

    Args:
        lists: Each the best first; those that found nothing are left out.
        full: Some list is as long as was asked for: there may be more.
        notes: Rankings that are missing, and why.
    """

    lists: list[list[Hit]]
    full: bool
    notes: list[str]


class Ranker:
    """Ranks passages by their vectors, by BM25 over words, and by BM25 over names in the question.

    Args:
        db: The database, with its layout made.
        embedder: Turns the question into a vector.
        vectors: Finds the nearest passages.
    """

    def __init__(self, db: StandardDatabase, embedder: Embedder, vectors: VectorIndex) -> None:
        self._db = db
        self._embedder = embedder
        self._vectors = vectors

    def question(self, text: str) -> Question:
        """Return the question with its vector, or why it has none."""
        try:
            vector: list[float] = self._embedder.embed([text])[0].tolist()
            check_pin(self._db, self._embedder)
        except Unavailable as error:
            return Question(text, None, f"Found by words only, not by meaning: {error.message}")
        except ConfigError as error:  # another model's vectors: never compared
            return Question(text, None, f"Found by words only, not by meaning: {error}")
        return Question(text, vector)

    def rank(self, question: Question, k: int, few: Sequence[str] | None = None) -> Rankings:
        """Return the rankings there are.

        Args:
            question: What to look for.
            k: Passages of each ranking at most.
            few: Keys of the only documents that count; each of their passages is compared.

        Raises:
            Unavailable: There is no ranking at all.
        """
        lists: list[list[Hit]] = []
        notes = [question.note] if question.note else []
        ways = [(self._by_words, "meaning only, not by words")]
        if NAME.search(question.text):
            ways.append((self._by_names, "single words only, not by names"))
        if question.vector is not None:
            ways.insert(0, (self._by_meaning, "words only, not by meaning"))
        for way, without in ways:
            try:
                lists.append(way(question, k, few))
                if not lists[-1] and way == self._by_words and any(lists):
                    notes.append(NEAR_ONLY)
            except Unavailable as error:  # a vector store of its own
                notes.append(f"Found by {without}: {error.message}")
            except ArangoServerError as error:
                if error.error_code in LOCKED | UNUSABLE:
                    raise
                notes.append(f"Found by {without}: {message(error)}.")
        if not lists:
            raise Unavailable(" ".join(notes), hint="Run: hades doctor")
        full = any(len(found) >= k for found in lists)
        return Rankings([found for found in lists if found], full, notes)

    def _by_meaning(self, question: Question, k: int, few: Sequence[str] | None) -> list[Hit]:
        vector = question.vector or []
        if few is None:
            return self._vectors.search(CHUNKS, vector, k)
        bind = {"@chunks": CHUNKS, "few": few, "vector": vector, "k": k}
        try:
            return [Hit(*row) for row in rows(self._db, _FEW_NEAR, bind)]
        except ArangoServerError as error:  # without an index, or one that takes no filters
            if error.error_code != _NO_VECTOR_INDEX:
                raise
        return [Hit(*row) for row in rows(self._db, _FEW_EXACT, bind)]

    def _by_words(self, question: Question, k: int, few: Sequence[str] | None) -> list[Hit]:
        # a document's title and its text are two hits
        return self._best(_WORDS, {"text": question.text, "k": 2 * k}, few)

    def _by_names(self, question: Question, k: int, few: Sequence[str] | None) -> list[Hit]:
        names = list(dict.fromkeys(NAME.findall(question.text)))[:_MOST_NAMES]
        condition = " OR ".join(_NAMED.format(number) for number in range(len(names)))
        bound = {f"name{number}": name for number, name in enumerate(names)}
        return self._best(condition, bound | {"k": k}, few)

    def _best(self, condition: str, bind: dict[str, Any], few: Sequence[str] | None) -> list[Hit]:
        if few is not None:
            # to filter before ranking, every passage with one of the words must be read
            wanted = {f"{DOCUMENTS}/{key}" for key in few}
            for reach in _REACHES:
                wide = self._best(condition, bind | {"k": reach}, None)
                known = homes(self._db, [wide])
                kept = [hit for hit in wide if known.get(hit.id) in wanted]
                if len(kept) >= bind["k"] // _ENOUGH or len(wide) < reach:
                    return kept[: bind["k"]]
        only = {} if few is None else {"few": few}
        query = _BEST.format(condition=condition, few=_FEW_WORDS if only else "")
        return [Hit(*row) for row in rows(self._db, query, bind | only)]


def fused(rankings: Iterable[Sequence[str]]) -> dict[str, float]:
    """Return each thing's score over several rankings, 1 for what is first in all of them.

    The sum of 1 / (5 + rank) over the rankings it is in (`RRF_K`), as a share of the most
    there can be.
    """
    lists = list(rankings)
    scores: dict[str, float] = {}
    for ranking in lists:
        for rank, thing in enumerate(dict.fromkeys(ranking), 1):
            scores[thing] = scores.get(thing, 0.0) + (RRF_K + 1) / (RRF_K + rank) / len(lists)
    return scores
