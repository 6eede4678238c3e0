"""The reference library: example queries and notes, installed, and found by likeness."""

from __future__ import annotations

import re
import time
from dataclasses import asdict, dataclass, field
from functools import cache
from math import log
from typing import TYPE_CHECKING, Any, cast

from hades_mcp.errors import InvalidArgument, Unavailable
from hades_mcp.services.callers import caller
from hades_mcp.services.layout import LIBRARY
from hades_mcp.services.library.files import library_names, read_library
from hades_mcp.services.library.running import example_key, run_examples
from hades_mcp.services.refusals import translated
from hades_mcp.services.statements import rows
from hades_mcp.services.transactions import atomically
from hades_mcp.services.trust.formula import evidence_of, executed, trust_of
from hades_mcp.tokens import count_tokens

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from arango.database import StandardDatabase, TransactionDatabase

    from hades_mcp.embedders.base import Embedder
    from hades_mcp.services.library.files import Topic

AQL = "aql"
"""The library that is shipped."""

SHOWN = 3
"""Examples given for a question."""

TOKENS = 500
"""What they, and the note on the topic of the nearest, may take together."""

MOST_BARE = 100
"""Entries stored without a vector that are given one when they are read."""

_SMOOTHING = 10  # of reciprocal ranks; small, because the lists are short
_WORD = re.compile(r"[A-Za-z][a-z]*|[A-Z]+")
_EMPTY = frozenset(
    re.findall(
        r"\w+",
        "a all an and are as at by do does each from get give have how in is it list of on or show"
        " that the their them there to what when where which who with",
    )
)


@dataclass(frozen=True, slots=True)
class FoundExample:
    """An example near a question.

    Args:
        question: What it answers.
        aql: The query.
        bind_vars: Its bind variables.
        shows: What is to be learned from it.
        mind: The mistake it avoids, if it is there for one.
        id: Its `_id` once it is installed.
    """

    question: str
    aql: str
    shows: str
    bind_vars: dict[str, Any] = field(default_factory=dict)
    mind: str = ""
    id: str = ""


@dataclass(frozen=True, slots=True)
class FoundExamples:
    """What the library says to a question.

    Args:
        examples: The nearest first.
        note: Best practice on the topic of the nearest.
        hint: What would make it better.
    """

    examples: list[FoundExample]
    note: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class LibraryInfo:
    """A library, from outside.

    Args:
        name: Its name.
        topics: How many it has.
        examples: How many it has.
        installed: How many of its documents are stored.
    """

    name: str
    topics: int
    examples: int
    installed: int


@dataclass(frozen=True, slots=True)
class _Shelf:
    """All entries of the store, or of the files, ready to be ranked."""

    state: object
    entries: list[dict[str, Any]]
    words: list[frozenset[str]]
    weights: dict[str, float]


class LibraryService:
    """Installs libraries and finds the examples nearest to a question.

    Args:
        db: The database, with its layout made.
        embedder: Makes examples findable by meaning.
        home: Where the user's own libraries are (`prompts/library/`).
    """

    def __init__(self, db: StandardDatabase, embedder: Embedder, home: Path) -> None:
        self._db = db
        self._embedder = embedder
        self._home = home
        self._shelf: _Shelf | None = None

    @translated
    def list(self) -> list[LibraryInfo]:
        """Return all libraries there are, installed or not.

        Raises:
            ConfigError: A library's file is broken.
        """
        query = "FOR d IN @@c COLLECT name = d.library WITH COUNT INTO n RETURN [name, n]"
        stored = dict(rows(self._db, query, {"@c": LIBRARY}))
        found = []
        for name in library_names(self._home):
            topics = read_library(self._home, name)
            examples = sum(len(topic.examples) for topic in topics)
            found.append(LibraryInfo(name, len(topics), examples, stored.get(name, 0)))
        return found

    @translated
    def install(self, name: str) -> int:
        """Store a library, in place of what was stored of it before; return how many documents.

        Each example is run first, and believed for what it gives. All in one transaction; again is
        the same.

        Raises:
            UnknownName: There is no such library.
            ConfigError: One of its files is broken.
            Unavailable: The embedder or the store is not there.
        """
        documents = _documents(name, read_library(self._home, name))
        outcomes = run_examples(self._home, name)
        for document in documents:
            if document["_key"] in outcomes:
                document["evidence"] |= executed(outcomes[document["_key"]], str(caller()))
        vectors = self._embedder.embed([_embedded(document) for document in documents])
        for document, vector in zip(documents, vectors.astype("float64").round(6), strict=True):
            document["embedding"] = vector.tolist()
            document["model"] = self._embedder.model_id

        def replace(tx: TransactionDatabase) -> None:
            rows(tx, "FOR d IN @@c FILTER d.library == @n REMOVE d IN @@c", _bind(name))
            rows(tx, "FOR d IN @all INSERT d INTO @@c", {"@c": LIBRARY, "all": documents})

        atomically(self._db, [LIBRARY], replace)
        return len(documents)

    @translated
    def examples(self, question: str, limit: int = SHOWN) -> FoundExamples:
        """Return the example queries nearest to a question, by meaning and by words.

        Works without an installed library too: from its files, by words alone.

        Args:
            question: What is to be asked of the data, in words.
            limit: Examples at most.

        Raises:
            InvalidArgument: There is no question.
        """
        if not question.strip():
            raise InvalidArgument("The question is empty.", hint="Say what the query should find.")
        shelf = self._filled_shelf()
        rankings, hint = [_by_words(question, shelf)], ""
        if not shelf.state:
            hint = "Found by words alone; by meaning after: hades library install aql"
        else:
            try:
                rankings.append(self._by_meaning(question, shelf))
            except Unavailable as error:
                hint = f"Found by words alone, not by meaning: {error.message}"
                self._shelf = None  # what has no vector is given one when the embedder is back
            if not hint and not rankings[-1]:
                hint = "Stored for another embedder; once more: hades library install aql"
        return _packed(_fused(rankings, shelf)[:limit], shelf, hint)

    def _filled_shelf(self) -> _Shelf:
        revision = self._db.collection(LIBRARY).revision()
        if self._shelf is None or self._shelf.state not in {revision, None}:
            self._shelf = None
        if self._shelf is None or self._shelf.state is None:
            stored = rows(self._db, "FOR d IN @@c SORT d._key RETURN d", {"@c": LIBRARY})
            # the revision was read first: what came in between is read again next time
            self._complete(stored)
            entries = stored or _documents(AQL, read_library(self._home, AQL))
            self._shelf = _shelf(revision if stored else None, entries)
        return self._shelf

    def _complete(self, stored: Sequence[dict[str, Any]]) -> None:
        """Give vectors to what somebody stored without."""
        bare = [entry for entry in stored if "model" not in entry][:MOST_BARE]
        try:
            vectors = self._embedder.embed([_embedded(entry) for entry in bare]) if bare else ()
        except Unavailable:
            return  # their words find them
        for entry, vector in zip(bare, vectors, strict=True):
            entry |= {"embedding": vector.tolist(), "model": self._embedder.model_id}

    def _by_meaning(self, question: str, shelf: _Shelf) -> Sequence[int]:
        mine = self._embedder.model_id
        near = [i for i, entry in enumerate(shelf.entries) if entry.get("model") == mine]
        if not near:
            return []
        vector = self._embedder.embed([question])[0].astype("float64")
        scores = {i: float(vector @ shelf.entries[i]["embedding"]) for i in near}
        return sorted(near, key=lambda i: -scores[i])


def _documents(name: str, topics: Iterable[Topic]) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = []
    now = time.time()
    for topic in topics:
        beside = {"library": name, "topic": topic.name}
        key = f"{name}-{topic.name}"
        note = {"_key": key, "kind": "note", "title": topic.title, "text": topic.note}
        made.append(note | beside | {"evidence": evidence_of("library", now)})
        for position, example in enumerate(topic.examples, start=1):
            kept = {attribute: value for attribute, value in asdict(example).items() if value}
            kept |= {"_key": example_key(name, topic.name, position), "kind": "example"}
            made.append(kept | beside | {"evidence": evidence_of("library", now)})
    return made


def _bind(name: str) -> dict[str, Any]:
    return {"@c": LIBRARY, "n": name}


def _embedded(entry: dict[str, Any]) -> str:
    if entry["kind"] == "note":
        return f"{entry['title']}. {entry['text']}"
    return f"{entry['question']} ({entry.get('also') or entry['shows']})"


def _shelf(state: object, entries: list[dict[str, Any]]) -> _Shelf:
    words = [
        _words(f"{_embedded(entry)} {entry.get('shows', '')} {entry.get('why', '')}")
        for entry in entries
    ]
    spread: dict[str, int] = {}
    for mine in words:
        for word in mine:
            spread[word] = spread.get(word, 0) + 1
    weights = {word: log(1 + len(entries) / n) for word, n in spread.items()}
    return _Shelf(state, entries, words, weights)


def _words(text: str) -> frozenset[str]:
    found = {word.casefold() for word in _WORD.findall(text)}
    return frozenset(_stem(word) for word in found - _EMPTY)


@cache
def _stemmer() -> Any:
    import snowballstemmer  # noqa: PLC0415  only where a question is asked

    return snowballstemmer.stemmer("english")


def _stem(word: str) -> str:
    return cast("str", _stemmer().stemWord(word))


def _by_words(question: str, shelf: _Shelf) -> Sequence[int]:
    """Return the entries that share words with a question, those with the rarest ones first."""
    asked = _words(question)
    scores = {
        i: sum(shelf.weights[word] for word in asked & mine) / (4 + len(mine)) ** 0.5
        for i, mine in enumerate(shelf.words)
        if asked & mine
    }
    return sorted(scores, key=lambda i: -scores[i])


def _fused(rankings: Iterable[Sequence[int]], shelf: _Shelf) -> list[int]:
    """Return the examples by reciprocal rank fusion, each weighed by its trust."""
    scores: dict[int, float] = {}
    for ranking in rankings:
        examples = [i for i in ranking if shelf.entries[i]["kind"] == "example"]
        for rank, i in enumerate(examples):
            scores[i] = scores.get(i, 0) + 1 / (_SMOOTHING + rank)
    now = time.time()
    return sorted(scores, key=lambda i: -scores[i] * (0.5 + 0.5 * trust_of(shelf.entries[i], now)))


def _packed(best: list[int], shelf: _Shelf, hint: str) -> FoundExamples:
    """Return as much as fits: the nearest example in any case, then others, then the note."""
    left = TOKENS - count_tokens(hint)
    shown: list[FoundExample] = []
    for i in best:
        entry = shelf.entries[i]
        found = FoundExample(
            question=entry["question"],
            aql=entry["aql"],
            shows=entry["shows"],
            bind_vars=entry.get("bind_vars", {}),
            mind=entry.get("why", ""),
            id=entry.get("_id", ""),
        )
        left -= count_tokens(str(asdict(found)))
        if shown and left < 0:
            break
        shown.append(found)
    topic = shelf.entries[best[0]]["topic"] if best else ""
    notes = [
        entry["text"]
        for entry in shelf.entries
        if entry["kind"] == "note" and entry["topic"] == topic
    ]
    note = notes[0] if notes and count_tokens(notes[0]) <= left else ""
    nothing = "Nothing alike was found: ask in other words, or look at schema." if not shown else ""
    return FoundExamples(shown, note, hint or nothing)
