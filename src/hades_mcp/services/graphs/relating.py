"""Relations: edges that people and models draw between documents, recorded and undoable."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from hades_mcp.errors import InvalidArgument
from hades_mcp.services.journal import JOURNAL_WRITES, Journal
from hades_mcp.services.layout import RELATIONS
from hades_mcp.services.statements import rows
from hades_mcp.services.transactions import atomically
from hades_mcp.services.trust.formula import evidence_of

if TYPE_CHECKING:
    from arango.database import StandardDatabase, TransactionDatabase

LONGEST_KIND = 64
LONGEST_NOTE = 2000
"""Characters."""

_READ = "FOR e IN @@c FILTER e._key == @key RETURN e"


@dataclass(frozen=True, slots=True)
class Relation:
    """An edge of the collection `relations`.

    Args:
        id: Its `_id`.
        source: `_id` of the document it begins at.
        target: `_id` of the document it ends at.
        kind: What it says.
        made: What the call did: made, changed (another note) or unchanged.
        undo: What `hades undo` takes; empty when nothing was done.
    """

    id: str
    source: str
    target: str
    kind: str
    made: str
    undo: str = ""


def related(
    db: StandardDatabase, ends: tuple[str, str], kind: str, note: str, evidence: str
) -> Relation:
    """Draw an edge between two documents unless it is there; recorded in the journal.

    Two documents have one edge of each kind and direction: drawn again, it gets the new note.

    Args:
        db: The database.
        ends: `_id`s of the document it begins at, and of the one it ends at.
        kind: What it says, such as `contradicts`.
        note: Why, for whoever reads it; empty leaves the one there is.
        evidence: Who says so: see `services.trust`.

    Raises:
        InvalidArgument: A text is empty or too long, or both ends are one document.
    """
    kind = " ".join(kind.split())
    if not kind or len(kind) > LONGEST_KIND:
        raise InvalidArgument(
            f"kind has {len(kind)} characters.",
            hint=f"Use a word or two, such as 'contradicts'; {LONGEST_KIND} at most.",
        )
    if len(note) > LONGEST_NOTE:
        raise InvalidArgument(
            f"note has {len(note)} characters.", hint=f"Use {LONGEST_NOTE} at most."
        )
    if ends[0] == ends[1]:
        raise InvalidArgument(
            f"Both ends are {ends[0]}.", hint="Name two documents: start and target."
        )
    edge = {
        "_key": relation_key(ends, kind),
        "_from": ends[0],
        "_to": ends[1],
        "type": kind,
    }
    return atomically(
        db,
        [RELATIONS, *JOURNAL_WRITES],
        partial(_write, Journal(db), edge, note.strip(), evidence),
    )


def relation_key(ends: tuple[str, str], kind: str) -> str:
    """Return the `_key` of the edge of a kind between two documents, by their `_id`s."""
    return blake2b("\0".join((*ends, kind)).encode(), digest_size=10).hexdigest()


def _write(
    journal: Journal, edge: dict[str, Any], note: str, evidence: str, tx: TransactionDatabase
) -> Relation:
    identifier = f"{RELATIONS}/{edge['_key']}"
    there = rows(tx, _READ, {"@c": RELATIONS, "key": edge["_key"]})
    relation = partial(Relation, identifier, edge["_from"], edge["_to"], edge["type"])
    if there and note in {"", there[0].get("note", "")}:
        return relation("unchanged")
    said = f"{edge['_from']} -{edge['type']}-> {edge['_to']}"
    with journal.recording(tx, "graph_relate", note=said) as recording:
        recording.before([identifier])
        if there:
            tx.collection(RELATIONS).update({"_key": edge["_key"], "note": note})
        else:
            fresh = {"note": note, "evidence": evidence_of(evidence, time.time())}
            tx.collection(RELATIONS).insert(edge | fresh)
    return relation("changed" if there else "made", recording.handle)
