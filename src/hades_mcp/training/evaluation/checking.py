"""Judges a run of a task: looks at the world and at the answer's facts, never at its wording."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, assert_never

import orjson

from hades_mcp.services.layout import CONTEXT_ENTRIES, CONTEXTS, DOCUMENT_EDGES, DOCUMENTS
from hades_mcp.services.statements import rows
from hades_mcp.training.evaluation.facts import has, named, numbers, says_no
from hades_mcp.training.evaluation.tasks import (
    Abstains,
    Cites,
    Facts,
    Names,
    Number,
    Rows,
    Stored,
    Unchanged,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from arango.database import StandardDatabase

    from hades_mcp.training.evaluation.tasks import Check, Task, Ways

MOST_OTHER_NUMBERS = 2
"""Numbers in an answer that neither the question nor the check has: more of them is a guess."""

_ENTRIES = f"FOR e IN {CONTEXT_ENTRIES} FILTER e.context == @context RETURN e.content"
_IDS = f"FOR d IN {DOCUMENTS} FILTER d.title == @title RETURN d._id"
_REVISIONS = "FOR d IN @@collection SORT d._key RETURN {state}"
_STATES = {
    # reading an entry moves its counters and its tier; what it says stays
    CONTEXT_ENTRIES: "[d._key, d.content]",
    CONTEXTS: "d._key",
}


@dataclass(frozen=True, slots=True)
class Ran:
    """What a run left behind.

    Args:
        answer: Its last words.
        cited: Ids the run says it used.
        before: `fingerprint` of the world before it.
    """

    answer: str
    cited: tuple[str, ...] = ()
    before: str = ""


def fingerprint(db: StandardDatabase) -> str:
    """Return a hash of all documents, edges between them and context entries."""
    digest = hashlib.sha256()
    for name in (DOCUMENTS, *DOCUMENT_EDGES, CONTEXTS, CONTEXT_ENTRIES):
        query = _REVISIONS.replace("{state}", _STATES.get(name, "d._rev"))
        digest.update(orjson.dumps(rows(db, query, {"@collection": name})))
    return digest.hexdigest()


def verify(task: Task, ran: Ran, db: StandardDatabase) -> str:
    """Return why a run did not solve its task, or an empty string if it did."""
    for check in task.checks:
        if why := _verify(check, task.question, ran, db):
            return why
    return ""


def _verify(check: Check, question: str, ran: Ran, db: StandardDatabase) -> str:
    match check:
        case Number(value=value):
            return _number(value, question, ran.answer)
        case Names(exactly=exactly, among=among):
            return _names(set(exactly), among, ran.answer)
        case Facts(all=wanted):
            return "" if _facts(wanted, ran.answer) else "the answer lacks a fact"
        case Cites(titles=titles):
            missing = [title for title in titles if not _cited(title, ran, db)]
            return f"it does not cite {', '.join(missing)}" if missing else ""
        case Stored(context=context, all=wanted):
            entries = rows(db, _ENTRIES, {"context": context})
            kept = any(_facts(wanted, entry) for entry in entries)
            return "" if kept else f"no entry of {context} has the facts"
        case Rows(query=query, equals=equals):
            found = rows(db, query, {})
            return "" if found == equals else f"the world has {_short(found)}"
        case Abstains(names=names):
            return _abstains(names, question, ran.answer)
        case Unchanged():
            return "" if fingerprint(db) == ran.before else "the world was changed"
        case never:
            assert_never(never)


def _number(value: float, question: str, answer: str) -> str:
    found = numbers(answer)
    if value not in found:
        return f"the answer lacks the number {value:g}"
    others = found - numbers(question) - {value}
    return "the answer has many numbers" if len(others) > MOST_OTHER_NUMBERS else ""


def _names(exactly: set[str], among: Iterable[str], answer: str) -> str:
    found = named(answer, {*among, *exactly})
    if missing := sorted(exactly - found):
        return f"the answer lacks {', '.join(missing)}"
    if wrong := sorted(found - exactly):
        return f"the answer also has {', '.join(wrong)}"
    return ""


def _facts(wanted: Iterable[Ways], text: str) -> bool:
    return all(any(has(text, way) for way in ways) for ways in wanted)


def _cited(title: str, ran: Ran, db: StandardDatabase) -> bool:
    if has(ran.answer, title):
        return True
    identifiers = rows(db, _IDS, {"title": title})
    return any(one in ran.cited or one in ran.answer for one in identifiers)


def _abstains(names: Iterable[str], question: str, answer: str) -> str:
    if not says_no(answer):
        return "the answer does not say no"
    if invented := sorted(named(answer, names) - named(question, names)):
        return f"the answer names {', '.join(invented)}"
    # "not one of them" is no figure: words for numbers do not count here
    figures = {value for value in numbers(answer) - numbers(question) if f"{value:g}" in answer}
    return f"the answer has the number {min(figures):g}" if figures else ""


def _short(value: Any) -> str:
    text = orjson.dumps(value).decode()
    return text if len(text) <= 120 else f"{text[:119]}…"  # noqa: PLR2004  a line of a report
