"""What to change in an AQL query that failed, or that found nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hades_mcp.errors import QueryError, did_you_mean, nearest
from hades_mcp.services.queries.habits import (
    SYNONYMS,
    masked,
    plain_quotes,
    substituted,
    unaccustomed,
)
from hades_mcp.services.queries.repairs import parses, repaired
from hades_mcp.services.statements import rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from arango.database import StandardDatabase

EXAMPLE = 'FOR d IN documents FILTER d.kind == "class" SORT d.title LIMIT 5 RETURN d.title'

TRY = "Try it as in the example."

_GONE = "Only what a query finds can be changed: FOR d IN collection FILTER … UPDATE d …"
_TAKEN = "It is stored already. To change it: UPSERT {_key: …} INSERT {…} UPDATE {…} IN collection."
_MADE = "People make collections: `hades import FILE`."

SAMPLE = 200
"""Documents looked at to learn a collection's attributes."""

_LOOP = re.compile(r"\bFOR\s+(\w+)(?:\s*,\s*\w+)*\s+IN\s+(@@\w+|\w+)", re.IGNORECASE)
_SQL = re.compile(
    r"^\s*(SELECT|MATCH|DELETE FROM|INSERT INTO)\b|\b(WHERE|GROUP BY|ORDER BY)\b", re.IGNORECASE
)
_PLACE = re.compile(r"position (\d+):(\d+)")


@dataclass(frozen=True, slots=True)
class Failure:
    """A query that failed.

    Args:
        text: ArangoDB's message.
        query: The query.
        bind: Its bind variables.
        known: Collections that it may use.
    """

    text: str
    query: str
    bind: dict[str, Any]
    known: Sequence[str]


@dataclass(frozen=True, slots=True)
class Advice:
    """What to do about it.

    Args:
        hint: In words.
        query: The corrected query; empty when it was not the query.
        bind: The corrected bind variables; None when they were not wrong.
        wrong: The name that is wrong, to say where it stands.
    """

    hint: str
    query: str = ""
    bind: dict[str, Any] | None = field(default=None)
    wrong: str = ""


def advise(failure: Failure, number: int) -> QueryError:
    """Return the error to raise: what is wrong and where, and a corrected call where one is known.

    Args:
        failure: The query and ArangoDB's message.
        number: ArangoDB's error number.
    """
    match number:
        case 1203:
            advice = _collection(failure)
        case 1501:
            advice = _syntax(failure)
        case 1512:
            advice = _variable(failure)
        case 1551 | 1552 | 1553 | 1554:
            advice = _bind(failure)
        case 1540:
            advice = _function(failure)
        case 1541:
            advice = _arity(failure)
        case 1202:
            advice = Advice(_GONE)
        case 1210:
            advice = Advice(_TAKEN)
        case _:
            advice = _habit(failure)
    example: dict[str, Any] = {}
    if advice.query or advice.bind is not None:
        bind = _filled(failure, advice)
        example = {"query": advice.query or failure.query} | ({"bind_vars": bind} if bind else {})
    said = _placed(failure, advice.wrong)
    return QueryError(f"{said}.", number=number, hint=advice.hint, example=example)


def advise_empty(
    db: StandardDatabase, query: str, bind: dict[str, Any], known: Sequence[str]
) -> str:
    """Return a hint if the query asks for attributes no document has, else nothing."""
    hints: dict[str, None] = {}
    corrected = query
    for variable, source in _LOOP.findall(masked(query)):
        collection = bind.get(source[1:], "") if source.startswith("@@") else source
        if collection not in known:
            continue
        there = attributes(db, str(collection))
        for name in dict.fromkeys(re.findall(rf"\b{variable}\.(\w+)", masked(query))):
            if there and name not in there:
                what = f"No document in {collection} seems to have an attribute {name!r}."
                hints[f"{what} {did_you_mean(name, sorted(there))}"] = None
                near = nearest(name, there) or name
                corrected = re.sub(rf"\b{variable}\.{name}\b", f"{variable}.{near}", corrected)
    if corrected != query and parses(corrected):
        hints[f"Try: {corrected}"] = None
    return " ".join(hints)


def attributes(db: StandardDatabase, collection: str) -> set[str]:
    """Return the attributes that a sample of a collection's documents has."""
    query = "FOR d IN @@c LIMIT @n RETURN ATTRIBUTES(d)"
    found = rows(db, query, {"@c": collection, "n": SAMPLE})
    return {name for names in found for name in names}


def _placed(failure: Failure, wrong: str) -> str:
    """Return ArangoDB's message with the line and column of what is wrong."""
    if _PLACE.search(failure.text):
        return _PLACE.sub(r"position \1:\2 (line \1, column \2)", failure.text, count=1)
    found = re.search(rf"(?<!\w){re.escape(wrong)}(?!\w)", masked(failure.query)) if wrong else None
    if found is None:
        return failure.text
    before = failure.query[: found.start()]
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    return f"{failure.text} at position {line}:{column} (line {line}, column {column})"


def _collection(failure: Failure) -> Advice:
    missing = failure.text.rpartition(": ")[2].split(" ")[0].strip("'\"`")
    mended = unaccustomed(plain_quotes(failure.query))
    if mended != failure.query and parses(mended):
        return Advice("This is not AQL.", mended, wrong=missing)
    if re.search(rf"(?<![\w.]){re.escape(missing)}\s*[.\[(),}}]", masked(failure.query)):
        advice = _variable(failure, missing)
        if advice.query:
            return advice
    near = nearest(missing, failure.known)
    if near is None:
        said = f"{missing!r} is neither a collection nor a variable."
        into = rf"\b(INSERT|UPSERT)\b.*\b(INTO|IN)\s+{re.escape(missing)}\b"
        written = re.search(into, masked(failure.query), re.IGNORECASE | re.DOTALL)
        said += f" {_MADE}" if written is not None else ""
        return Advice(f"{said} {did_you_mean(missing, failure.known)}", wrong=missing)
    hint = f"Did you mean {near!r}?"
    if missing in failure.bind.values():
        bind = {k: near if v == missing else v for k, v in failure.bind.items()}
        return Advice(hint, bind=bind)
    return Advice(hint, _renamed(failure.query, missing, near), wrong=missing)


def _function(failure: Failure) -> Advice:
    from hades_mcp.embedded.aql.functions import FUNCTIONS  # noqa: PLC0415  only for this error

    name = failure.text.partition("'")[2].partition("(")[0]
    mended = unaccustomed(failure.query)
    if name.upper() == "IF" and mended != failure.query and parses(mended):
        return Advice("Write condition ? this : that.", mended, wrong=name)
    near = SYNONYMS.get(name.upper()) or nearest(name, FUNCTIONS)
    if near is None:
        return Advice("AQL has no such function; do without it.", wrong=name)
    corrected = re.sub(rf"\b{re.escape(name)}(?=\s*\()", near, failure.query, flags=re.IGNORECASE)
    return Advice(f"Did you mean {near!r}?", corrected, wrong=name)


def _arity(failure: Failure) -> Advice:
    from hades_mcp.embedded.aql.functions import FUNCTIONS  # noqa: PLC0415  only for this error

    name = failure.text.partition("'")[2].partition("(")[0]
    found = FUNCTIONS.get(name.upper())
    if found is None:
        return Advice("", wrong=name)
    most = (
        "" if found.high == found.low else " or more" if found.high is None else f" to {found.high}"
    )
    return Advice(f"{name} takes {found.low}{most} arguments.", wrong=name)


def _syntax(failure: Failure) -> Advice:
    query = failure.query
    if "non-view" in failure.text:
        filtered = substituted(query, r"\bSEARCH\b", "FILTER")
        return Advice("SEARCH is for views; collections take FILTER.", filtered)
    better = repaired(query) or EXAMPLE
    if _SQL.search(query):
        return Advice("This is AQL, not SQL or Cypher.", better)
    if not re.search(r"\b(RETURN|INSERT|UPDATE|REPLACE|REMOVE|UPSERT)\b", query, re.IGNORECASE):
        return Advice("A query ends with RETURN.", better)
    if "unexpected FOR" in failure.text:
        return Advice("FOR comes first and RETURN last.", better)
    if "assignment" in failure.text or re.search(r"[^=!<>~]=[^=~]", masked(query)):
        return Advice("Compare with ==; a single = only stands in LET.", better)
    if better != EXAMPLE:
        return Advice(TRY, better)
    return Advice("Compare with a query that parses.", better)


def _variable(failure: Failure, name: str = "") -> Advice:
    """Return what to write for a variable that is not there: hidden by COLLECT, or miscalled."""
    name = name or failure.text.partition("'")[2].partition("'")[0]
    hidden = masked(failure.query)
    loops: dict[str, str] = dict(_LOOP.findall(hidden))
    if re.search(r"\bCOLLECT\b", hidden, re.IGNORECASE) and name in loops:
        hint = (
            f"After COLLECT {name} is gone: count WITH COUNT INTO n, AGGREGATE a value, or read "
            f"groups[*].{name} of INTO groups."
        )
        query = f"FOR d IN {loops[name]} COLLECT k = d._key WITH COUNT INTO n RETURN {{k, n}}"
        return Advice(hint, query, wrong=name)
    if len(loops) == 1 and name not in loops:
        (variable,) = loops
        hint = f"The variable is {variable!r}, not {name!r}."
        return Advice(hint, _renamed(failure.query, name, variable), wrong=name)
    return Advice(f"There is no variable {name!r} here.", wrong=name)


def _habit(failure: Failure) -> Advice:
    """Return the query as AQL writes it, where what was written means something else."""
    query = unaccustomed(plain_quotes(failure.query))
    for collection in failure.known:
        name = re.escape(collection)
        loop = re.search(rf"\bFOR\s+(\w+)\s+IN\s+{name}\b", masked(query), re.IGNORECASE)
        if loop is not None:
            query = substituted(query, rf"\b{name}\.(?=\w)", f"{loop[1]}.")
        each = f"{{0}}(FOR d IN {collection} RETURN d.{{1}})"
        query = substituted(query, rf"\b(\w+)\({name}\.(\w+)\)", each)
    if query == failure.query or not parses(query):
        return Advice("")
    return Advice(TRY, query)


def _filled(failure: Failure, advice: Advice) -> dict[str, Any]:
    """Return values for all parameters of the corrected query."""
    if advice.bind is not None or not advice.query or advice.query == EXAMPLE:
        return advice.bind or {}
    names = _parameters(advice.query)
    return {
        name: failure.bind[name] if name in failure.bind else _value(name, [], failure.known)
        for name in names
    }


def _parameters(query: str) -> list[str]:
    return sorted(set(re.findall(r"(?<!@)@(@?\w+)", masked(query))))


def _bind(failure: Failure) -> Advice:
    used = _parameters(failure.query)
    unused = sorted(set(failure.bind) - set(used))
    missing = [name for name in used if name not in failure.bind]
    parts = []
    if missing:
        parts.append(f"Give a value for {_quoted(missing)}.")
    if unused:
        parts.append(f"The query has no parameter for {_quoted(unused)}.")
    if any(name.startswith("@") for name in (*missing, *unused)):
        parts.append('The value of @@name is given under the key "@name", with one @.')
    if missing and unused:
        parts.append(f"Perhaps {unused[0]!r} should be {missing[0]!r}.")
    if not parts:
        return Advice("Write @name for a value and @@name for a collection.", EXAMPLE, {})
    # under the right name with too many marks, or none, is better than any other left over
    unused.sort(key=lambda name: name.lstrip("@") not in {each.lstrip("@") for each in missing})
    meant = {name.lstrip("@"): failure.bind[name] for name in unused} | failure.bind
    spare = [failure.bind[name] for name in unused]
    values = {
        name: meant[name] if name in meant else _value(name, spare, failure.known) for name in used
    }
    return Advice(" ".join(parts), bind=values)


def _value(name: str, spare: list[Any], known: Sequence[str]) -> Any:
    """Return a value for a parameter that has none: one left over, else one that shows the kind."""
    if not name.startswith("@"):
        return spare.pop(0) if spare else "value"
    fitting = [value for value in spare if value in known]
    return fitting[0] if fitting else nearest(name[1:], known) or "documents"


def _renamed(query: str, old: str, new: str) -> str:
    parts, end = [], 0
    for found in re.finditer(rf"(?<![\w.@]){re.escape(old)}(?!\w)", masked(query)):
        parts += [query[end : found.start()], new]
        end = found.end()
    return "".join([*parts, query[end:]])


def _quoted(names: list[str]) -> str:
    return ", ".join(repr(name) for name in names)
