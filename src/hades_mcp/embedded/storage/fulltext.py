"""Queries of fulltext indexes: words and prefixes joined by and, or, and not.

Source: ArangoDB manual, AQL fulltext functions: `FULLTEXT(coll, attribute, query)`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hades_mcp.embedded.analyzers import lower
from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.storage.words_table import LONGEST

if TYPE_CHECKING:
    from hades_mcp.embedded.storage.words_table import WordsTable

_MOST_WORDS = 32  # of one query, as in ArangoDB; what follows is not looked at
_OPERATIONS = "+|-"
_BAD_PARAMETER = 10


@dataclass(frozen=True, slots=True)
class Term:
    """One part of a query: `+` and, `|` or, `-` not, with a word or the beginning of one."""

    operation: str
    word: str
    prefix: bool


def read_terms(query: str) -> list[Term]:
    """Read `quick,-brown,|prefix:fo`: the terms in order, and-ed where nothing else is said."""
    terms = [term for part in query.split(",") if (term := _read_term(part.strip()))]
    return terms[:_MOST_WORDS]


def find_rows(table: WordsTable, query: str) -> list[int]:
    """Return the rows that a query finds, in order; the terms apply from left to right."""
    found: set[int] = set()
    for position, term in enumerate(read_terms(query)):
        rows = table.rows_with(term.word, prefix=term.prefix)
        if term.operation == "-":
            found -= rows
        elif term.operation == "|" or position == 0:
            found |= rows
        else:
            found &= rows
    return sorted(found)


def _read_term(part: str) -> Term | None:
    operation = part[:1] if part[:1] and part[0] in _OPERATIONS else ""
    part = part.removeprefix(operation)
    kind, colon, word = part.rpartition(":")
    word = lower(word.strip())[:LONGEST]
    if not word and operation:
        raise ArangoError(_BAD_PARAMETER, "fulltext query has an operator without a word")
    if not word:
        return None
    return Term(operation or "+", word, prefix=bool(colon) and kind.strip().lower() == "prefix")
