"""What a run's calls found: their rows, whether that was anything, and what the answer rests on."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hades_mcp.agents.events import CallMade

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from hades_mcp.messages import ToolCall, ToolResult, ToolSpec
    from hades_mcp.types import Json

ROW_KEYS = ("rows", "hits", "nodes", "path", "entries", "documents", "result")
"""Where results keep their rows."""

ABOUT = frozenset({"schema", "aql_examples", "aql_explain", "context_list"})
"""Tools that tell how data is shaped and asked for, not what it is."""

SHORTEST_TITLE = 3
LATEST = 3
LONGEST = 300
"""Results, and characters of each, that an answer without the model tells."""

WORDS_IN_COMMON = 5
"""So many words in a row that answer and document share make the document its source."""

_DENIES = re.compile(
    r"\b(?:no|not|none|nothing|nobody|never|neither|nor|cannot|unable|unknown|without)\b|n['\u2019]t\b",
    re.IGNORECASE,
)
_KNOWS_NOT = re.compile(
    r"\b(?:(?:do|does|did|could|can) ?not|(?:do|does|did|could|ca)n['\u2019]t)\s+"
    r"(?:know|say|tell|find|mention|contain)|\bnot (?:stored|mentioned|found)\b"
    r"|\bnothing (?:is |was )?(?:stored|found|known|about)\b|\bfound nothing\b"
    r"|\bno (?:information|mention|record|documents?|results?|data|entry|entries)\b",
    re.IGNORECASE,
)
_SENTENCE_ENDS = re.compile(r"[.!?](?:\s|$)|\n")
_WORDS = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class _Seen:
    """A document that a result showed."""

    id: str
    title: str
    text: str


@dataclass(slots=True)
class Findings:
    """What the calls of one run found so far.

    Args:
        calls: Every call, in order, and whether it went well.
        rows: Of the last call that read data and went well; None before there was one.
        shown: What those calls that went well returned, in order.
    """

    calls: list[CallMade] = field(default_factory=list)
    rows: list[Json] | None = None
    shown: list[tuple[ToolCall, str]] = field(default_factory=list)
    _looked: bool = False
    _found: bool = False
    _last: list[_Seen] = field(default_factory=list)
    _seen: dict[str, _Seen] = field(default_factory=dict)

    def take(self, call: ToolCall, result: ToolResult, spec: ToolSpec | None) -> None:
        """Keep what one call returned."""
        ok = not result.is_error
        self.calls.append(CallMade(call.name, call.arguments, ok, call.channel))
        reads = spec is not None and spec.annotations.read_only and call.name not in ABOUT
        # A document that is not there is an honest answer of the store, and no row.
        self._looked |= reads
        if not ok:
            return
        self.shown.append((call, result.content))
        rows = rows_of(result.content) if reads else None
        if rows is None:
            self._found |= not reads or not _says_nothing(result.content)
            return
        self.rows = rows
        self._found |= any(row not in (None, [], {}, "") for row in rows)
        self._last = list(_documents(rows))
        for document in self._last:
            self._seen[document.id] = document

    def so_far(self) -> str:
        """Say what was found, for an answer that has to do without the model; empty if nothing."""
        latest = [f"{_said(call)}: {_short(content)}" for call, content in self.shown[-LATEST:]]
        return f" Found so far: {'; '.join(latest)}" if latest and not self.empty else ""

    def nothing(self) -> str:
        """Say that nothing was found, and by which tools."""
        tried = " and ".join(dict.fromkeys(one.name for one in self.calls))
        return f"Nothing stored answers this: {tried} found nothing."

    @property
    def empty(self) -> bool:
        """Whether data was asked for, and nothing at all was there."""
        return self._looked and not self._found

    def abstains(self, answer: str) -> bool:
        """Whether an answer is none: nothing was found, or it says that what was found is no use.

        A plain "no" that rests on something found is an answer.
        """
        if self.empty:
            return denies(answer)
        return _KNOWS_NOT.search(answer) is not None and not self._named(answer)

    def cited(self, answer: str) -> tuple[str, ...]:
        """Return the ids of the documents an answer rests on, in the order they were found.

        Those it names by id or title, or shares several words in a row with; if there are none,
        all that the last call for data returned. Only what a result of this run showed can be
        cited, so each id can be checked against the trace.
        """
        if not answer or self.abstains(answer):
            return ()
        named = self._named(answer)
        return tuple(named or [document.id for document in self._last])

    def _named(self, answer: str) -> list[str]:
        plain = answer.casefold()
        phrases = set(_phrases(plain))
        return [
            document.id
            for document in self._seen.values()
            if document.id.casefold() in plain
            or _has(plain, document.title.casefold())
            or not phrases.isdisjoint(_phrases(document.text.casefold()))
        ]


def rows_of(content: str) -> list[Json] | None:
    """Return the rows of a result: a list of that name, a list alone, or one document.

    None when the result is no data.
    """
    try:
        value: Any = json.loads(content)
    except ValueError:
        return None
    if isinstance(value, list):
        return value
    if not isinstance(value, dict):
        return None
    for key in ROW_KEYS:
        if isinstance(value.get(key), list):
            rows: list[Json] = value[key]
            return rows
    return [value] if _identity(value) else None


def denies(answer: str) -> bool:
    """Whether an answer begins by saying no in some way."""
    first = _SENTENCE_ENDS.split(answer.strip(), maxsplit=1)[0]
    return _DENIES.search(first) is not None


def _says_nothing(content: str) -> bool:
    return content.strip() in {"", "[]", "{}", "null", '""'}


def _documents(value: Json) -> Iterator[_Seen]:
    """Yield what in a result has an id, at any depth, each once."""
    found: dict[str, _Seen] = {}
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            identity = _identity(one)
            if identity:
                title = one.get("title")
                texts = (one.get(key) for key in ("snippet", "text", "content"))
                text = "\n".join(each for each in texts if isinstance(each, str))
                found[identity] = _Seen(identity, title if isinstance(title, str) else "", text)
            waiting += reversed(list(one.values()))
        elif isinstance(one, list):
            waiting += reversed(one)
    yield from found.values()


def _identity(value: dict[str, Json]) -> str:
    """Return a document's `_id`, as results name it; empty when it has none."""
    for key in ("_id", "id", "document"):
        identity = value.get(key)
        if isinstance(identity, str) and identity.count("/") == 1:
            return identity
    return ""


def _said(call: ToolCall) -> str:
    return f"{call.name}({_arguments(call.arguments)})"


def _arguments(arguments: Mapping[str, Json] | None) -> str:
    pairs = (f"{name}={json.dumps(value)}" for name, value in (arguments or {}).items())
    return _short(", ".join(pairs))


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"


def _has(text: str, title: str) -> bool:
    if len(title) < SHORTEST_TITLE:
        return False
    return re.search(rf"(?<![\w.]){re.escape(title)}(?!\w|\.\w)", text) is not None


def _phrases(text: str) -> Iterable[tuple[str, ...]]:
    words = _WORDS.findall(text)
    return zip(*(words[start:] for start in range(WORDS_IN_COMMON)), strict=False)
