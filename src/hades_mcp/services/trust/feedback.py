"""Feedback: what helped and what did not, as evidence for trust and as labels for training."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from hades_mcp.errors import InvalidArgument, LimitReached, NotFound
from hades_mcp.redaction import redact_text
from hades_mcp.services.callers import caller
from hades_mcp.services.layout import CHUNKS, CONTEXT_ENTRIES, DOCUMENTS, FEEDBACK
from hades_mcp.services.names import document_id
from hades_mcp.services.owners import may_use_entry
from hades_mcp.services.refusals import translated
from hades_mcp.services.statements import rows
from hades_mcp.services.transactions import atomically
from hades_mcp.services.trust.formula import trust_of
from hades_mcp.services.trust.watch import WATCHED, Reason, TrustWatch

if TYPE_CHECKING:
    from arango.database import StandardDatabase, TransactionDatabase

    from hades_mcp.traces.metrics import Metrics
    from hades_mcp.traces.store import TraceStore
    from hades_mcp.types import JsonObject

LONGEST_NOTE = 2_000

_TRACE = re.compile(r"call_\w+|[0-9a-f]{8,32}")
"""What looks like the id of a call or of a trace (or the start of one)."""

_READ = "FOR d IN @@c FILTER d._key == @key RETURN {evidence: d.evidence}"
_UPDATE = "UPDATE @key WITH {evidence: @evidence} IN @@c"
_OF_CHUNK = "FOR c IN @@c FILTER c._key == @key RETURN CONCAT(@documents, '/', c.document)"

Kind = Literal["stored", "trace"]


@dataclass(frozen=True, slots=True)
class Judged:
    """What feedback did.

    Args:
        target: The `_id` or the trace's id it was put on.
        kind: Whether a stored thing was judged or a recorded run.
        trust: Of a stored thing from now on; None for a run.
        before: Of a stored thing until now.
        alert: Why somebody was warned, if so.
    """

    target: str
    kind: Kind
    trust: float | None = None
    before: float | None = None
    alert: Reason | None = None


class FeedbackService:
    """Takes feedback, and lets it count.

    Args:
        db: The database, with its layout made.
        traces: The recorded runs.
        metrics: Where trust is measured.
    """

    def __init__(self, db: StandardDatabase, traces: TraceStore, metrics: Metrics) -> None:
        self._db = db
        self._traces = traces
        self.watch = TrustWatch(db, metrics)

    @translated
    def give(self, target: str, *, helped: bool, note: str = "") -> Judged:
        """Store feedback, and count it: in a thing's evidence, or as a label of a recorded run.

        What helped is confirmed by it: its age begins anew.

        Args:
            target: `_id` or title of a document, `_id` of a context entry or passage, id of a trace
                or of a call.
            helped: Whether it did.
            note: Why, in words.

        Raises:
            UnknownName: There is no such thing; the nearest title is suggested.
            InvalidArgument: The target has no trust.
            NotFound: There is no such entry, trace or call.
            LimitReached: The note is too long.
        """
        if len(note) > LONGEST_NOTE:
            raise LimitReached(
                f"The note has {len(note):,} characters.", hint=f"Use at most {LONGEST_NOTE:,}."
            )
        if _TRACE.fullmatch(target):
            return self._label(target, helped=helped, note=note)
        thing = self._thing(target)
        collection, _, key = thing.partition("/")
        now = time.time()

        def work(tx: TransactionDatabase) -> tuple[float, float]:
            found = rows(tx, _READ, {"@c": collection, "key": key})
            if not found:
                raise _gone(thing)
            evidence = _counted(found[0]["evidence"], now, helped=helped)
            rows(tx, _UPDATE, {"@c": collection, "key": key, "evidence": evidence})
            before, after = trust_of(found[0], now), trust_of({"evidence": evidence}, now)
            record = {"target": thing, "before": before, "after": after}
            tx.collection(FEEDBACK).insert(_record("stored", now, note, helped=helped) | record)
            return before, after

        before, after = atomically(self._db, [collection, FEEDBACK], work)
        alert = self.watch.judged(thing, before, after)
        return Judged(thing, "stored", round(after, 2), round(before, 2), alert)

    def _label(self, target: str, *, helped: bool, note: str) -> Judged:
        now = time.time()
        label: JsonObject = {"helped": helped, "at": round(now, 3), "principal": str(caller())}
        label |= {"note": note} if note else {}
        label |= {"call": target} if target.startswith("call_") else {}
        trace = self._traces.label(target, label)
        record = _record("trace", now, note, helped=helped) | {"target": target, "trace": trace}
        self._db.collection(FEEDBACK).insert(record)
        return Judged(trace, "trace")

    def _thing(self, target: str) -> str:
        collection, slash, key = target.partition("/")
        if slash and collection == CHUNKS:
            bind = {"@c": CHUNKS, "key": key, "documents": DOCUMENTS}
            return str(next(iter(rows(self._db, _OF_CHUNK, bind)), target))
        if slash and collection == CONTEXT_ENTRIES and not may_use_entry(self._db, key):
            raise _gone(target)
        if slash and collection in WATCHED:
            return target
        thing = document_id(self._db, target)
        if thing.partition("/")[0] not in WATCHED:
            raise InvalidArgument(
                f"{thing!r} has no trust.",
                hint=f"Give a document, or an id that begins with {CONTEXT_ENTRIES}/.",
            )
        return thing


def _gone(thing: str) -> NotFound:
    return NotFound(f"There is no {thing!r} (any more).", hint="Search again.")


def _counted(evidence: Any, now: float, *, helped: bool) -> dict[str, Any]:
    """Return the evidence with one voice more; what made no sense in it is put right."""
    known = evidence if isinstance(evidence, dict) else {}
    voice = "up" if helped else "down"
    number = known.get(voice)
    heard = number if isinstance(number, int) and number > 0 else 0
    return known | {voice: heard + 1} | ({"at": round(now, 3)} if helped else {})


def _record(kind: Kind, now: float, note: str, *, helped: bool) -> dict[str, Any]:
    said = {"kind": kind, "helped": helped, "note": redact_text(note)}
    return said | {"at": now, "principal": str(caller())}
