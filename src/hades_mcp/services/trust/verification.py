"""Verification by execution: what is stored is run, and believed more or less for what it gives.

Three things can be run: an entry of a context whose source is `aql: QUERY`, a document with an
attribute `check`, and an example of an installed library. The last run counts, not how often.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hades_mcp.errors import LimitReached, QueryError, Unavailable
from hades_mcp.redaction import redact_text
from hades_mcp.services.callers import caller
from hades_mcp.services.layout import CONTEXT_ENTRIES, DOCUMENTS, FEEDBACK, LIBRARY
from hades_mcp.services.library.running import run_examples
from hades_mcp.services.owners import of_others
from hades_mcp.services.refusals import translated
from hades_mcp.services.statements import rows
from hades_mcp.services.transactions import atomically
from hades_mcp.services.trust.formula import executed, trust_of
from hades_mcp.services.trust.stating import states

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from arango.database import StandardDatabase, TransactionDatabase

    from hades_mcp.services.queries.service import QueryService
    from hades_mcp.services.trust.watch import Reason, TrustWatch

AQL_SOURCE = "aql:"
"""How the source of an entry begins that a query gave; the query follows."""

_LONGEST_REASON = 200

_ENTRIES = """
FOR e IN @@c
  FILTER STARTS_WITH(e.source, @aql) AND e.context NOT IN @hidden
  FILTER e.expires == null OR e.expires > @now
  RETURN {id: e._id, query: SUBSTRING(e.source, LENGTH(@aql)), says: e.content}
"""
_ENTRY = _ENTRIES.replace("FILTER", "FILTER e._key == @key AND", 1)
_DOCUMENT = """
FOR d IN @@c
  FILTER IS_OBJECT(d.check) AND IS_STRING(d.check.query) AND IS_ARRAY(d.check.expected)
  RETURN {
    id: d._id, query: d.check.query, bind: d.check.bind_vars, expected: d.check.expected
  }
"""
_INSTALLED = "FOR d IN @@c RETURN DISTINCT d.library"
_READ = "FOR d IN @@c FILTER d._key == @key RETURN {evidence: d.evidence}"
# evidence is replaced whole: merged, a reason that no longer holds would stay
_UPDATE = "UPDATE @key WITH {evidence: @evidence} IN @@c OPTIONS {mergeObjects: false}"


@dataclass(frozen=True, slots=True)
class Verified:
    """What running a stored thing came to.

    Args:
        id: Its `_id`.
        passed: Whether it gave what it says.
        trust: From now on.
        before: Until now.
        reason: Why it did not.
        alert: Why somebody was warned, if so.
    """

    id: str
    passed: bool
    trust: float
    before: float
    reason: str = ""
    alert: Reason | None = None


class VerificationService:
    """Runs what can be run, and lets the outcome count.

    Args:
        db: The database, with its layout made.
        queries: Runs the queries, guarded as if a model had asked: only what AQL may read.
        watch: Told of every outcome.
        home: Where the user's own libraries are.
    """

    def __init__(
        self, db: StandardDatabase, queries: QueryService, watch: TrustWatch, home: Path
    ) -> None:
        self._db = db
        self._queries = queries
        self._watch = watch
        self._home = home

    @translated
    def entry(self, identifier: str) -> Verified | None:
        """Run the query an entry of a context has for its source; None where that says nothing.

        Args:
            identifier: Its `_id`.
        """
        bind = {"key": identifier.partition("/")[2]}
        for row in rows(self._db, _ENTRY, self._of_entries() | bind):
            return self._stated(row)
        return None

    @translated
    def run(self) -> list[Verified]:
        """Run everything that can be run; what could not be finished is left as it was.

        What is in the contexts of others is left to them.

        Raises:
            ConfigError: A library's file is broken.
        """
        return list(self._run())

    def _run(self) -> Iterator[Verified]:
        entries = [self._stated(row) for row in rows(self._db, _ENTRIES, self._of_entries())]
        documents = [self._expected(row) for row in rows(self._db, _DOCUMENT, {"@c": DOCUMENTS})]
        yield from (done for done in (*entries, *documents) if done is not None)
        for library in rows(self._db, _INSTALLED, {"@c": LIBRARY}):
            for key, reason in run_examples(self._home, library).items():
                done = self._record(f"{LIBRARY}/{key}", reason)
                if done is not None:
                    yield done

    def _stated(self, row: dict[str, Any]) -> Verified | None:
        try:
            found = self._queries.read(row["query"])
        except QueryError as error:
            return self._record(row["id"], error.message)
        except (LimitReached, Unavailable):
            return None
        stated = states(row["says"], found.rows)
        if stated is None or found.truncated:
            return None
        return self._record(row["id"], "" if stated else "the query gives something else")

    def _expected(self, row: dict[str, Any]) -> Verified | None:
        try:
            found = self._queries.read(row["query"], row["bind"] or {})
        except QueryError as error:
            return self._record(row["id"], error.message)
        except (LimitReached, Unavailable):
            return None
        same = not found.truncated and found.rows == row["expected"]
        return self._record(row["id"], "" if same else "the query gives other rows")

    def _record(self, thing: str, reason: str) -> Verified | None:
        collection, _, key = thing.partition("/")
        now, by = time.time(), str(caller())
        reason = redact_text(reason)[:_LONGEST_REASON]

        def work(tx: TransactionDatabase) -> tuple[float, float] | None:
            found = rows(tx, _READ, {"@c": collection, "key": key})
            if not found:
                return None  # gone meanwhile, or of a library that is not installed
            known = found[0]["evidence"]
            evidence = (known if isinstance(known, dict) else {}) | executed(reason, by)
            rows(tx, _UPDATE, {"@c": collection, "key": key, "evidence": evidence})
            before, after = trust_of(found[0], now), trust_of({"evidence": evidence}, now)
            if before != after:
                tx.collection(FEEDBACK).insert(
                    {
                        "kind": "check",
                        "target": thing,
                        "helped": not reason,
                        "note": reason,
                        "before": before,
                        "after": after,
                        "at": now,
                        "principal": by,
                    }
                )
            return before, after

        changed = atomically(self._db, [collection, FEEDBACK], work)
        if changed is None:
            return None
        before, after = changed
        alert = self._watch.checked(thing, before, after, passed=not reason)
        return Verified(thing, not reason, round(after, 2), round(before, 2), reason, alert)

    def _of_entries(self) -> dict[str, Any]:
        hidden = list(of_others(self._db))
        return {"@c": CONTEXT_ENTRIES, "aql": AQL_SOURCE, "now": time.time(), "hidden": hidden}
