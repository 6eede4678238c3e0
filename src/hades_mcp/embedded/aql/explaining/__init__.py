"""What the optimizer made of a query, in the shape of ArangoDB's `POST /_api/explain`."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.aql.depth import room_for
from hades_mcp.embedded.aql.explaining.nodes import Explainer
from hades_mcp.embedded.aql.prepared import prepare
from hades_mcp.embedded.aql.rules import RULES, enabled
from hades_mcp.embedded.storage.database import Database

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hades_mcp.embedded.aql.executor.profile import Profile
    from hades_mcp.embedded.aql.prepared import PreparedQuery
    from hades_mcp.embedded.storage.transaction import Transaction


def explain(
    target: Database | Transaction | None,
    text: str,
    bind_vars: Mapping[str, Any] | None = None,
    *,
    rules: Sequence[str] = (),
) -> dict[str, Any]:
    """Explain a query without running it.

    Args:
        target: The database, or a transaction on it; None for a query that uses no collection.
        text: The query.
        bind_vars: Values of its parameters.
        rules: Optimizer rules to switch, such as `-all`.

    Returns:
        `{"plan": {"nodes", "rules", "collections", "variables", …}, "cacheable", "warnings",
        "stats"}`. Estimates are rough; ArangoDB's are other ones.

    Raises:
        ArangoError: For a query that cannot run.
    """
    if isinstance(target, Database):
        with target.transaction() as transaction:
            return explain(transaction, text, bind_vars, rules=rules)
    started = time.monotonic()
    prepared = prepare(text, bind_vars, transaction=target, rules=rules)
    return {
        "plan": plan_json(prepared, target, bind_vars=bind_vars),
        "cacheable": not prepared.modifies and not prepared.warnings,
        "warnings": [{"code": each.number, "message": each.message} for each in prepared.warnings],
        "stats": {
            "rulesExecuted": len(enabled(RULES, rules)),
            "rulesSkipped": len(RULES) - len(enabled(RULES, rules)),
            "plansCreated": 1,
            "rules": {},
            "peakMemoryUsage": 0,
            "executionTime": time.monotonic() - started,
        },
    }


def plan_json(
    prepared: PreparedQuery,
    transaction: Transaction | None,
    profile: Profile | None = None,
    *,
    bind_vars: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return a plan as the HTTP API shows it.

    Args:
        prepared: The query.
        transaction: What it is run in.
        profile: If given, the plan's `profiled` tells what each node gave and took.
        bind_vars: Values of the parameters, shown in their place.
    """

    def count(collection: str) -> int:
        return 0 if transaction is None else transaction.collection(collection).count()

    def index(collection: str, index_id: str) -> dict[str, Any]:
        assert transaction is not None  # noqa: S101  else there were no index
        found = transaction.collection(collection)
        shown = found.index(index_id).definition()
        wanted = shown.get("estimates", shown["type"] in {"primary", "edge"})
        share = found.selectivity(found.index(index_id)) if wanted else None
        return shown if share is None else {**shown, "selectivityEstimate": share}

    explainer = Explainer(count, index, prepared.width, bind_vars or {})
    with room_for(prepared.depth):
        nodes = explainer.listing(prepared.plan)
    profiled = {} if profile is None else {"profiled": explainer.profiled(profile)}
    access = dict.fromkeys(prepared.read, "read") | dict.fromkeys(prepared.written, "write")
    return {
        "nodes": nodes,
        "rules": list(prepared.rules),
        "collections": [{"name": name, "type": access[name]} for name in sorted(access)],
        "variables": list(explainer.variables.values()),
        "estimatedCost": nodes[-1]["estimatedCost"],
        "estimatedNrItems": nodes[-1]["estimatedNrItems"],
        "isModificationQuery": prepared.modifies,
        **profiled,
    }
